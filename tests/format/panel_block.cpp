// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/panel_block.hpp>
#include <lacuna/pack.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;

TEST_CASE("panel_block: tile by tile, the slots of each row and what two rows have in common") {
  lacuna_test::random r(3);
  for (auto const how : lacuna_test::all_coverages)
    for (la::index const tile : {1, 5, 64, 70, 128, 300}) {
      CAPTURE(lacuna_test::name_of(how), tile);
      la::detail::panel_grid const grid{21, 200, 2, tile, 8};
      auto const w = lacuna_test::random_dense<float>(r, grid.rows, grid.cols);
      auto const keep = lacuna_test::random_mask(r, grid.rows, grid.cols, how);
      auto const source = la::pack<la::csr<float>>(w, keep);
      la::detail::panel_block<float> block(grid, grid.block * grid.cols);
      la::index wrong = 0;
      for (la::index b = 0; b != grid.blocks(); ++b) {
        block.load(source, b);
        REQUIRE(block.height() == grid.height(b));
        for (la::index t = 0; t != grid.tiles(); ++t) {
          block.advance(t);
          for (la::index i = 0; i != grid.height(b); ++i) {
            la::index k = 0;
            la::index common = 0;
            auto const other = (i + 1) % grid.height(b);
            for (la::index j = 0; j != grid.width(t); ++j) {
              auto const kept = keep(b * 8 + i, t * tile + j);
              wrong += block.has(i, j) != kept;
              common += kept && keep(b * 8 + other, t * tile + j);
              if (!kept) continue;
              wrong += block.column(i, k) != j || block.value(i, k) != w(b * 8 + i, t * tile + j);
              ++k;
            }
            wrong += block.count(i) != k || block.common(i, other) != common;
          }
        }
      }
      REQUIRE(wrong == 0);
    }
}
