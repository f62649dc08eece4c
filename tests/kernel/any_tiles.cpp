// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/kernel/any_tiles.hpp>
#include <lacuna/kernel/spmm/panel.hpp>
#include <lacuna/kernel/spmm/row_tile.hpp>
#include <lacuna/pack.hpp>

#include "support/conformance.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEST_CASE("any_tiles: what a kernel says of a matrix, and its code for tiles of 1, 2, 4 and 8 registers") {
  lacuna_test::random r(1);
  auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 40, 30),
                                          lacuna_test::random_mask(r, 40, 30, lacuna_test::coverage::ragged));
  auto const view = a.view();
  auto const tiles = la::kernel::tiles_of<la::kernel::row_tile<arch>, 8, arch, float>(view);
  CHECK(tiles.all.a == &view);
  CHECK(tiles.all.rows == 40);
  CHECK(tiles.inputs == 30);
  CHECK(tiles.all.stored == a.stored());
  CHECK(tiles.widest == 8);
  CHECK(tiles.narrowest == 1);
  for (int const registers : {1, 2, 4, 8}) CHECK(tiles.run_of(registers) != nullptr);
  CHECK(tiles.run_of(1) != tiles.run_of(8));

  auto const narrow = la::kernel::tiles_of<la::kernel::row_tile<arch>, 2, arch, float>(view);
  CHECK(narrow.widest == 2);
  CHECK(narrow.run_of(2) != nullptr);
  CHECK(narrow.run_of(4) == nullptr);
}

namespace {

struct by_columns {
  template <class View>
  [[nodiscard]] static int widest(View const&, la::index columns) {
    return columns == 7 ? 2 : 4;
  }
};

}  // namespace

TEST_CASE("any_tiles: a kernel may ask how many columns the product has") {
  CHECK(la::kernel::widest_tile<by_columns>(0, 7) == 2);
  CHECK(la::kernel::widest_tile<by_columns>(0, 8) == 4);
}

TEST_CASE("any_tiles: a panel finishes its rows, and reads X in place where the kernel takes a pitch") {
  using kernel = la::kernel::spmm<la::panel_layout, arch>;
  lacuna_test::random r(2);
  auto const a = la::pack<la::panel<float>>(lacuna_test::random_dense<float>(r, 40, 30),
                                            lacuna_test::random_mask(r, 40, 30, lacuna_test::coverage::ragged));
  auto const view = a.view();
  auto const tiles = la::kernel::tiles_of<kernel, kernel::registers, arch, float>(view);
  CHECK(tiles.finishes_rows);
  CHECK(tiles.spreads);
  CHECK(tiles.block == a.block());
  CHECK(tiles.reads == kernel::reads(view));
  CHECK((tiles.reads >= 0) == (kernel::any_pitch || (kernel::takes_pitch && a.strip_height() == 2)));
  if (tiles.reads >= 0) CHECK(tiles.reads - a.stored() / 30 == (kernel::any_pitch || a.stored() % 30 == 0 ? 0 : 1));
}
