// SPDX-License-Identifier: MIT
#include <lacuna/kernel/panel_steps.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace tests_of_panel_steps {

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

constexpr int inputs = 9;

/// Small whole numbers, so that sums are exact in any order.
template <int H, int N, class S, class W>
struct strip_case {
  using steps = la::kernel::panel_steps<arch, H, N, S>;
  static constexpr auto width = N * steps::lanes;

  /// Lines of X are `pitch` apart; nothing behind the last one, the columns and the values may be read.
  strip_case(lacuna_test::random& r, la::index line, int columns, int values, lacuna_test::placement where)
      : pitch(line), x((inputs - 1) * line + width, where), column(columns, where), value(values, where) {
    for (auto& v : x) v = small(r);
    for (auto& v : value) v = static_cast<W>(small(r));
    for (auto& k : column) k = static_cast<std::uint16_t>(r.below(inputs));
    column[0] = inputs - 1;
    for (auto& line_of_row : sum)
      for (auto& s : line_of_row) s = typename steps::batch(S{1});
  }
  static S small(lacuna_test::random& r) { return static_cast<S>(static_cast<int>(r.below(15)) - 7); }

  /// How many sums are not 1 and what `want(h, j)` adds.
  template <class Want>
  la::index wrong(Want const& want) const {
    la::index count = 0;
    for (int h = 0; h != H; ++h)
      for (la::index j = 0; j != width; ++j) {
        S lane[static_cast<std::size_t>(steps::lanes)];
        sum[h][j / steps::lanes].store_unaligned(lane);
        count += lane[j % steps::lanes] != S{1} + want(h, j);
      }
    return count;
  }
  S product(la::index v, la::index c, la::index j) const { return static_cast<S>(value[v]) * x[column[c] * pitch + j]; }

  la::index pitch;
  lacuna_test::guarded<S> x;
  lacuna_test::guarded<std::uint16_t> column;
  lacuna_test::guarded<W> value;
  typename steps::strip sum;
};

template <class Pitch, int H, int N, class S, class W>
void check_steps(lacuna_test::random& r, Pitch pitch, lacuna_test::placement where) {
  using tried = strip_case<H, N, S, W>;
  using steps = typename tried::steps;
  if constexpr (H > 1) {
    tried shared(r, pitch, H / 2, H, where);
    steps::add_shared(shared.sum, shared.x.data(), pitch, shared.column.data(), shared.value.data());
    CHECK(shared.wrong([&](int h, la::index j) { return shared.product(h, h / 2, j); }) == 0);
  }
  tried own(r, pitch, H, H, where);
  steps::add_own(own.sum, own.x.data(), pitch, own.column.data(), own.value.data());
  CHECK(own.wrong([&](int h, la::index j) { return own.product(h, h, j); }) == 0);
  if constexpr (steps::two_at_once) {
    tried twice(r, pitch, 4, 4, where);
    steps::add_own_twice(twice.sum, twice.x.data(), pitch, twice.column.data(), twice.value.data());
    CHECK(twice.wrong([&](int h, la::index j) { return twice.product(h, h, j) + twice.product(2 + h, 2 + h, j); }) ==
          0);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("panel_steps: each row has its own columns and weights, and nothing else is read", "", float, double,
                   la::bf16, la::f16) {
  using sum = la::accumulator_t<TestType>;
  if constexpr (la::simd::has_batch<arch, sum>) {
    lacuna_test::random r(1);
    auto const check = [&]<int H, int N>() {
      using steps = la::kernel::panel_steps<arch, H, N, sum>;
      for (auto const where : lacuna_test::both_placements) {
        check_steps<std::integral_constant<la::index, N * steps::lanes>, H, N, sum, TestType>(r, {}, where);
        check_steps<la::index, H, N, sum, TestType>(r, N * steps::lanes + 3, where);
      }
    };
    check.template operator()<1, 8>();
    check.template operator()<2, 1>();
    check.template operator()<2, 4>();
    check.template operator()<4, 2>();
    check.template operator()<8, 1>();
    check.template operator()<8, 2>();
  }
}

}  // namespace tests_of_panel_steps
