// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/tiled_sell_pack.hpp>
#include <lacuna/pack.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace la = lacuna;

TEST_CASE("tiled_sell_pack: cells hold what a stable sort by count gives") {
  lacuna_test::random r(13);
  for (auto const how : lacuna_test::all_coverages) {
    CAPTURE(lacuna_test::name_of(how));
    la::detail::tiled_sell_grid<33, 2> const grid{70, 100};
    auto const w = lacuna_test::random_dense<float>(r, grid.rows, grid.cols);
    auto const keep = lacuna_test::random_mask(r, grid.rows, grid.cols, how);
    auto const a = la::detail::build_tiled_sell<float>(la::pack<la::csr<float>>(w, keep), grid);
    la::index diagonal = 0;
    la::index slot = 0;
    la::index place = 0;
    for (la::index cell = 0; cell != grid.windows() * grid.tiles(); ++cell) {
      REQUIRE(a.cells[cell] ==
              la::tiled_sell_cell{static_cast<std::uint32_t>(diagonal), static_cast<std::uint32_t>(slot)});
      auto const first_row = cell / grid.tiles() * 32;
      auto const first_column = cell % grid.tiles() * 33;
      std::vector<std::vector<la::index>> columns(static_cast<std::size_t>(grid.height(cell / grid.tiles())));
      std::vector<la::index> order;
      for (std::size_t i = 0; i != columns.size(); ++i) {
        order.push_back(static_cast<la::index>(i));
        for (la::index j = 0; j != grid.width(cell % grid.tiles()); ++j)
          if (keep(first_row + order.back(), first_column + j)) columns[i].push_back(j);
      }
      auto const count = [&](la::index i) { return columns[static_cast<std::size_t>(i)].size(); };
      // No std::stable_sort: with libstdc++ 12 clang 19 warns inside it.
      std::sort(order.begin(), order.end(),
                [&](auto i, auto k) { return count(i) != count(k) ? count(i) > count(k) : i < k; });
      for (std::size_t i = 0; i != columns.size(); ++i) REQUIRE(order[a.places[place++]] == static_cast<la::index>(i));
      for (std::size_t d = 0; d != count(order[0]); ++d) {
        la::index length = 0;
        for (auto const i : order) {
          if (count(i) <= d) break;
          auto const j = columns[static_cast<std::size_t>(i)][d];
          REQUIRE(a.columns[slot] == j);
          REQUIRE(a.values[slot] == w(first_row + i, first_column + j));
          ++slot;
          ++length;
        }
        REQUIRE(a.diagonals[diagonal++] == length);
      }
    }
    REQUIRE(place == a.places.size());
    REQUIRE(diagonal == a.diagonals.size());
    REQUIRE(slot == a.columns.size());
    REQUIRE(slot == a.values.size());
  }
}
