// SPDX-License-Identifier: MIT
#include <lacuna/kernel/quads.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <numeric>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

template <int R, int C>
void check_sums(la::index rows, la::index cols) {
  lacuna_test::random r(1);
  auto const a =
      la::pack<la::bsr<std::int8_t, R, C>>(lacuna_test::random_dense<std::int8_t>(r, rows, cols),
                                           lacuna_test::random_mask(r, rows, cols, lacuna_test::coverage::ragged));
  using kernel = la::kernel::spmm_quads<la::bsr_layout<R, C>, arch>;
  if constexpr (kernel::template accepts<la::bsr_view<std::int8_t, R, C>>) {
    std::vector<std::int32_t> sums(static_cast<std::size_t>(kernel::lines(a) * R), 77);
    kernel::weight_sums(a.view(), -128, sums.data(), 0, kernel::lines(a));
    la::index wrong = 0;
    for (la::index i = 0; i != rows; ++i) {
      std::int32_t sum = 0;
      a.visit_row(i, [&](la::index, std::int8_t w) { sum += w; });
      wrong += sums[static_cast<std::size_t>(i)] != -128 * sum;
    }
    CAPTURE(R, C, rows, cols);
    CHECK(wrong == 0);
  }
}

}  // namespace

TEST_CASE("quads: sums of the weights of each row, for blocks that fit registers and others") {
  check_sums<32, 4>(70, 100);
  check_sums<4, 4>(41, 211);
  check_sums<1, 4>(5, 333);
  check_sums<3, 4>(10, 99);
  check_sums<2, 8>(7, 201);
  check_sums<16, 12>(33, 65);
}

TEST_CASE("quads: columns to be decoded that 32 bits do not count are an error") {
  constexpr la::index cols = la::index{1} << 31;
  la::dense_view<std::uint8_t const> const x(nullptr, cols, 100);
  la::dense<float> y(2, 100);
  auto const said = [&]<class Layout, class View>(Layout, View const& a) {
    if constexpr (la::kernel::spmm_quads<Layout, arch>::template accepts<View>) {
      auto const* const expected = "product of int8: A is 2x2147483648, expected at most 2147483647 columns";
      using lacuna_test::message_of;
      CHECK(message_of<la::shape_error>([&] { return la::spmm(a, x, y), 0; }) == expected);
      CHECK(message_of<la::shape_error>([&] { return la::linear(la::transpose(x), a, la::transpose(y.view())), 0; }) ==
            expected);
    }
  };
  said(la::bitmap_layout{}, la::bitmap_view<std::int8_t>(2, cols, {}, {}, {}));
  using cells = la::tiled_sell_view<std::int8_t>;
  said(cells::layout{}, cells(2, cols, {}, {}, {}, {}, {}));
}
