// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/panel_pack.hpp>
#include <lacuna/pack.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace la = lacuna;

TEST_CASE("panel_pack: cells hold what a stable sort by pattern gives") {
  lacuna_test::random r(13);
  for (auto const how : lacuna_test::all_coverages) {
    CAPTURE(lacuna_test::name_of(how));
    la::detail::panel_grid const grid{21, 100, 5, 33};
    auto const w = lacuna_test::random_dense<float>(r, grid.rows, grid.cols);
    auto const keep = lacuna_test::random_mask(r, grid.rows, grid.cols, how);
    auto const a = la::detail::build_panel<float>(la::pack<la::csr<float>>(w, keep), grid);
    la::index run = 0;
    la::index column = 0;
    la::index value = 0;
    for (la::index cell = 0; cell != grid.strips() * grid.tiles(); ++cell) {
      REQUIRE(a.cells[cell] == la::panel_cell{static_cast<std::uint32_t>(run), static_cast<std::uint32_t>(column),
                                              static_cast<std::uint32_t>(value)});
      auto const first_row = cell / grid.tiles() * grid.strip_height;
      auto const first_column = cell % grid.tiles() * grid.tile;
      std::vector<std::pair<std::uint32_t, la::index>> sorted;  // pattern, column
      for (la::index j = 0; j != grid.width(cell % grid.tiles()); ++j) {
        std::uint32_t pattern = 0;
        for (la::index i = 0; i != grid.height(cell / grid.tiles()); ++i)
          pattern |= static_cast<std::uint32_t>(keep(first_row + i, first_column + j)) << i;
        if (pattern != 0) sorted.emplace_back(pattern, j);
      }
      std::sort(sorted.begin(), sorted.end());
      for (std::size_t s = 0; s != sorted.size(); ++s) {
        auto const [pattern, j] = sorted[s];
        if (s == 0 || sorted[s - 1].first != pattern) {
          auto const same = std::count_if(sorted.begin(), sorted.end(), [p = pattern](auto x) { return x.first == p; });
          REQUIRE(a.runs[run++] == la::panel_run(pattern, same));
        }
        REQUIRE(a.columns[column++] == j);
        for (la::index i = 0; i != grid.strip_height; ++i)
          if ((pattern >> i & 1u) != 0) REQUIRE(a.values[value++] == w(first_row + i, first_column + j));
      }
    }
    REQUIRE(run == a.runs.size());
    REQUIRE(column == a.columns.size());
    REQUIRE(value == a.values.size());
  }
}
