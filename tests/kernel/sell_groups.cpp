// SPDX-License-Identifier: MIT
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/sell_groups.hpp>

#include "support/int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

TEST_CASE("sell_groups: the lengths of four diagonals at a time, and zeros for those that a cell lacks") {
  using format = la::tiled_sell<std::int8_t, 16, 1>;
  lacuna_test::random r(1);
  for (la::index const cols : {0, 1, 3, 4, 5, 16, 70}) {
    auto const a = lacuna_test::int8_matrix<format>(r, 75, cols);
    auto const view = a.view();
    la::index wrong = 0, slots = 0;
    for (la::index w = 0; w != view.windows(); ++w)
      for (la::index t = 0; t != view.tiles(); ++t) {
        auto const* const cell = view.cells().data() + view.grid().cell(w, t);
        la::index next = cell[0].diagonal;
        la::kernel::visit_sell_groups(view, cell, [&](la::index const(&length)[4]) {
          wrong += next >= la::index{cell[1].diagonal};
          for (la::index const some : length) {
            wrong += some != (next < la::index{cell[1].diagonal} ? view.diagonals().data()[next] : 0);
            slots += some;
            ++next;
          }
        });
        wrong += next < la::index{cell[1].diagonal};
      }
    CAPTURE(cols);
    CHECK(wrong == 0);
    CHECK(slots == a.stored());
  }
}
