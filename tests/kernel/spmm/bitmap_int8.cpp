// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/bitmap_int8.hpp>

#include "support/int8_products.hpp"
#include "support/quick.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tests_of_bitmap_int8 {

namespace la = lacuna;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// Rows around the blocks, columns of A around quads, and of X around the tiles of all instruction sets.
template <la::order OX, la::order OY>
std::string problem(unsigned seed) {
  lacuna_test::int8_sizes const tried{{0, 1, 2, 63, 64, 131},
                                      {0, 1, 3, 4, 9, 67, 200},
                                      {1, 2, 5, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 130, 0},
                                      lacuna_test::quick() ? 17 : 5};
  using format = la::bitmap<std::int8_t>;
  return tried.problem(
      seed, lacuna_test::int8_matrix_problem<lacuna_test::int8_tiles, format, OX, OY, std::uint8_t, std::int8_t>);
}

}  // namespace

TEST_CASE("bitmap int8 spmm: takes int8 and no other, unless bytes have to be widened") {
  using kernel = la::kernel::spmm_quads<la::bitmap_layout, arch>;
  STATIC_REQUIRE(kernel::accepts<la::bitmap_view<std::int8_t>> ==
                 (la::simd::has_batch<arch, std::int8_t> &&
                  (la::simd::biased_dot4<arch>::biased || !la::simd::wide_dot4<arch>::pays)));
  STATIC_REQUIRE_FALSE(kernel::accepts<la::bitmap_view<float>>);
}

TEST_CASE("bitmap int8 spmm: groups of rows with an offset, in all orders, exact") {
  CHECK(problem<row, row>(1) == "");
  CHECK(problem<col, row>(2) == "");
}

TEST_CASE("bitmap int8 spmm: columns of some rows are decoded without touching those of others") {
  using kernel = la::kernel::spmm_quads<la::bitmap_layout, arch>;
  lacuna_test::random r(3);
  auto const a = lacuna_test::int8_matrix<la::bitmap<std::int8_t>>(r, 40, 150);
  std::vector<std::int32_t> columns(static_cast<std::size_t>(kernel::columns_stored(a.view())));
  la::kernel::quads_matrix<la::bitmap_view<std::int8_t>> const matrix{a.view(), 38, nullptr, columns.data()};
  la::index wrong = 0;
  for (la::index cut = 0; cut <= 40; ++cut) {
    for (auto& c : columns) c = -1;
    kernel::decode(a.view(), columns.data(), cut, 40);
    kernel::decode(a.view(), columns.data(), 0, cut);
    for (la::index i = 0; i != 40; ++i) {
      auto const list = kernel::slots(matrix, i);
      auto slot = list.first;
      a.visit_row(i, [&](la::index k, std::int8_t value) {
        wrong += list.columns[slot] != k || list.values[slot] != value;
        ++slot;
      });
      wrong += slot != list.last;
    }
  }
  CHECK(wrong == 0);
}

}  // namespace tests_of_bitmap_int8
