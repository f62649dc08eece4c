// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/spmm/tiled_sell_int8.hpp>

#include "support/int8_products.hpp"
#include "support/quick.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tests_of_tiled_sell_int8 {

namespace la = lacuna;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// Rows around windows, columns of A around quads and tiles, and of X around the tiles of all instruction sets.
template <int Tile, int Lanes, la::order OX, la::order OY>
std::string problem(unsigned seed) {
  lacuna_test::int8_sizes const tried{{0, 1, 2, 15, 16, 17, 64, 131, 300},
                                      {0, 1, 3, 4, 9, 67, 300},
                                      {9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 130, 0, 1, 2, 8},
                                      lacuna_test::quick() ? 17 : 5};
  using format = la::tiled_sell<std::int8_t, Tile, Lanes>;
  return tried.problem(
      seed, lacuna_test::int8_matrix_problem<lacuna_test::int8_tiles, format, OX, OY, std::uint8_t, std::int8_t>);
}

}  // namespace

TEST_CASE("tiled_sell int8 spmm: takes int8 and no other, unless bytes have to be widened") {
  using kernel = la::kernel::spmm_quads<la::tiled_sell_layout<256, 16>, arch>;
  STATIC_REQUIRE(kernel::accepts<la::tiled_sell_view<std::int8_t>> ==
                 (la::simd::has_batch<arch, std::int8_t> &&
                  (la::simd::biased_dot4<arch>::biased || !la::simd::wide_dot4<arch>::pays)));
  STATIC_REQUIRE_FALSE(kernel::accepts<la::tiled_sell_view<float, 256, 16>>);
}

TEST_CASE("tiled_sell int8 spmm: any tiles and windows, in all orders, exact") {
  CHECK(problem<256, 16, row, row>(1) == "");
  CHECK(problem<64, 4, col, row>(2) == "");
  CHECK(problem<10, 1, row, col>(3) == "");
  CHECK(problem<256, 4, col, col>(4) == "");
}

TEST_CASE("tiled_sell int8 spmm: in many threads as in one") {
  lacuna_test::random r(7);
  auto const a = lacuna_test::int8_matrix<la::tiled_sell<std::int8_t, 256, 4>>(r, 203, 133);
  auto const x = lacuna_test::int8_inputs<std::int8_t>(r, 133, 200);
  la::dense<std::int32_t> one(203, 200), many(203, 200);
  la::threads pool(3);
  la::spmm(a, x, one);
  la::spmm(pool, a, x, many);
  la::index wrong = 0;
  for (la::index i = 0; i != 203; ++i)
    for (la::index j = 0; j != 200; ++j) wrong += one(i, j) != many(i, j);
  CHECK(wrong == 0);
}

TEST_CASE("tiled_sell int8 spmm: rows are written out in the order of columns, window by window") {
  using kernel = la::kernel::spmm_quads<la::tiled_sell_layout<64, 1>, arch>;
  lacuna_test::random r(3);
  auto const a = lacuna_test::int8_matrix<la::tiled_sell<std::int8_t, 64, 1>>(r, 75, 150);
  auto const view = a.view();
  std::vector<std::int32_t> columns(static_cast<std::size_t>(kernel::columns_stored(view)));
  la::kernel::quads_matrix<la::view_t<la::tiled_sell<std::int8_t, 64, 1>>> const matrix{view, 38, nullptr,
                                                                                        columns.data()};
  la::index wrong = 0;
  for (la::index cut = 0; cut <= view.windows(); ++cut) {
    for (auto& c : columns) c = -1;
    kernel::decode(view, columns.data(), cut, view.windows());
    kernel::decode(view, columns.data(), 0, cut);
    la::index slot = 0;
    for (la::index i = 0; i != 75; ++i) {
      auto const list = kernel::slots(matrix, i);
      wrong += list.first != slot;
      a.visit_row(i, [&](la::index k, std::int8_t value) {
        wrong += list.columns[slot] != k || list.values[slot] != value;
        ++slot;
      });
      wrong += slot != list.last;
    }
  }
  CHECK(wrong == 0);
}

}  // namespace tests_of_tiled_sell_int8
