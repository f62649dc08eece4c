// SPDX-License-Identifier: MIT
#include <lacuna/kernel/sell_window.hpp>
#include <lacuna/pack.hpp>

#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEST_CASE("sell_window: several columns of X, window by window") {
  using F = la::tiled_sell<float, 32, 2>;
  using window = la::kernel::sell_window<arch, la::view_t<F>, 3>;
  lacuna_test::random r(1);
  for (auto const how : lacuna_test::all_coverages) {
    auto const a = la::pack<F>(lacuna_test::random_dense<float>(r, 75, 70), lacuna_test::random_mask(r, 75, 70, how));
    auto const x = lacuna_test::random_dense<float, la::order::col_major>(r, 70, 3);
    la::dense<float> y(75, 3);
    window sums;
    for (la::index w = 0; w != a.windows(); ++w) {
      sums.multiply(a.view(), w, [&](la::index t) {
        auto const width = a.view().grid().width(t);
        return std::array<window::table, 3>{window::table(&x(t * 32, 0), width), window::table(&x(t * 32, 1), width),
                                            window::table(&x(t * 32, 2), width)};
      });
      for (la::index i = w * 32; i != 75 && i != (w + 1) * 32; ++i)
        for (la::index c = 0; c != 3; ++c) y(i, c) = sums.sums(c)[i - w * 32];
    }
    CAPTURE(lacuna_test::name_of(how));
    CHECK(lacuna_test::check_product(a, x, y) == std::string());
  }
}

namespace {

/// One column, weights of T, tiles of 64, windows of 48 rows, the last of 27.
template <class T>
void check_column() {
  using F = la::tiled_sell<T, 64, 3>;
  using window = la::kernel::sell_window<arch, la::view_t<F>, 1>;
  lacuna_test::random r(2);
  for (auto const how : lacuna_test::all_coverages) {
    auto const a = la::pack<F>(lacuna_test::random_dense<T>(r, 75, 150), lacuna_test::random_mask(r, 75, 150, how));
    auto const x = lacuna_test::random_dense<float, la::order::col_major>(r, 150, 1);
    la::dense<float> y(75, 1);
    window sums;
    for (la::index w = 0; w != a.windows(); ++w) {
      sums.multiply(a.view(), w, [&](la::index t) {
        return std::array<typename window::table, 1>{typename window::table(&x(t * 64, 0), a.view().grid().width(t))};
      });
      for (la::index i = w * 48; i != 75 && i != (w + 1) * 48; ++i) y(i, 0) = sums.sums(0)[i - w * 48];
    }
    CAPTURE(lacuna_test::name_of(how));
    CHECK(lacuna_test::check_product(a, x, y) == std::string());
  }
}

}  // namespace

TEST_CASE("sell_window: one column, by pairs of registers where the processor has them") {
  check_column<float>();
  check_column<la::bf16>();
  check_column<la::f16>();
}
