// SPDX-License-Identifier: MIT
#include <lacuna/core/executor.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/sell_cells.hpp>
#include <lacuna/kernel/spmm/tiled_sell_int8.hpp>

#include "support/int8_products.hpp"
#include "support/quick.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tests_of_sell_cells {

namespace la = lacuna;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// By the kernel of cells, whatever spmm would take.
struct by_cells {
  template <class View, class X, la::order OX, la::order OY>
  static void run(View const& a, la::dense_view<X const, OX> const& x, la::dense_view<std::int32_t, OY> const& y) {
    la::threads pool(1 + static_cast<int>(a.cols() % 2));
    run_with(pool, a, x, y, la::identity_epilogue{});
  }
  template <class E, int Tile, int Lanes, class X, class Y, class Epilogue>
  static void run_with(E& exec, la::tiled_sell_view<std::int8_t, Tile, Lanes> const& a, X const& x, Y const& y,
                       Epilogue const& ep) {
    using kernel = la::kernel::sell_cells<Tile, Lanes, arch>;
    using view = la::tiled_sell_view<std::int8_t, Tile, Lanes>;
    if constexpr (kernel::template accepts<view>)
      la::kernel::multiply_quads<kernel>(la::kernel::any_executor(exec), a, x, y, ep);
    else
      lacuna_test::int8_spmm::run_with(exec, a, x, y, ep);
  }
};

template <int Tile, int Lanes, la::order OX, la::order OY>
std::string problem(unsigned seed) {
  lacuna_test::int8_sizes const tried{{0, 1, 2, 15, 16, 17, 64, 131, 300},
                                      {0, 1, 3, 4, 9, 67, 300},
                                      {9, 16, 31, 32, 33, 64, 65, 130, 1, 0},
                                      lacuna_test::quick() ? 17 : 5};
  return tried.problem(seed, lacuna_test::int8_matrix_problem<by_cells, la::tiled_sell<std::int8_t, Tile, Lanes>, OX,
                                                              OY, std::uint8_t, std::int8_t>);
}

}  // namespace

TEST_CASE("sell_cells: any tiles and windows, in all orders, in one thread and two, exact") {
  CHECK(problem<256, 16, row, row>(11) == "");
  CHECK(problem<64, 4, col, row>(12) == "");
  CHECK(problem<10, 1, row, col>(13) == "");
  CHECK(problem<256, 4, col, col>(14) == "");
}

TEST_CASE("sell_cells: no rows, and no columns") {
  using format = la::tiled_sell<std::int8_t, 64, 4>;
  lacuna_test::random r(6);
  for (la::index const rows : {0, 5})
    CHECK(lacuna_test::int8_matrix_problem<by_cells, format, row, row, std::uint8_t, std::int8_t>(
              r, rows, 70, 5 - rows, lacuna_test::both_placements[0]) == "");
}

TEST_CASE("sell_cells: with an epilogue and in many threads as in one") {
  CHECK(lacuna_test::int8_epilogue_problem<la::tiled_sell<std::int8_t, 64, 4>, by_cells>(7) == "");
}

TEST_CASE("sell_cells: sums wrap around where they leave int32") {
  using format = la::tiled_sell<std::int8_t>;
  for (la::index const n : {9, 32}) {
    CHECK(lacuna_test::wrapping_problem<format, std::uint8_t, by_cells>(n) == "");
    CHECK(lacuna_test::wrapping_problem<format, std::int8_t, by_cells>(n) == "");
  }
}

TEST_CASE("sell_cells: runs of a cell have rows of equal count, and its quads are those of the rows") {
  lacuna_test::random r(5);
  auto const a = lacuna_test::int8_matrix<la::tiled_sell<std::int8_t, 64, 1>>(r, 75, 150);
  auto const view = a.view();
  using view_type = la::view_t<la::tiled_sell<std::int8_t, 64, 1>>;
  la::index slots = 0, wrong = 0;
  for (la::index w = 0; w != view.windows(); ++w)
    for (la::index t = 0; t != view.tiles(); ++t) {
      auto const* const cell = view.cells().data() + view.grid().cell(w, t);
      la::kernel::sell_quads<view_type> const quads(view, cell);
      auto const* const place = view.places().data() + view.grid().places(w, t);
      la::index next = 0, before = 65;
      la::kernel::visit_sell_runs(view, cell, [&](la::index first, la::index last, la::index count) {
        wrong += first != next || first >= last || count >= before;
        next = last, before = count;
        for (la::index p = first; p != last; ++p) {
          la::index i = w * 16;
          for (la::index h = 0; h != view.grid().height(w); ++h) i += place[h] == p ? h : 0;
          std::vector<std::array<la::index, 2>> expected;
          a.visit_row(i, [&](la::index k, std::int8_t v) {
            if (k / 64 == t) expected.push_back({k % 64, v});
          });
          wrong += expected.size() != static_cast<std::size_t>(count);
          for (la::index e = 0; e != count; ++e) {
            auto const at =
                e < count / 4 * 4 ? quads.base[e / 4] + 4 * p + e % 4 : quads.tail(count) + count % 4 * p + e % 4;
            std::array<la::index, 2> const found{view.columns()[static_cast<std::size_t>(at)],
                                                 view.values()[static_cast<std::size_t>(at)]};
            wrong += expected[static_cast<std::size_t>(e)] != found;
            ++slots;
          }
        }
      });
    }
  CHECK(wrong == 0);
  CHECK(slots == a.stored());
}

}  // namespace tests_of_sell_cells
