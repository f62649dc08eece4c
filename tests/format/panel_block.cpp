// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/panel_block.hpp>
#include <lacuna/pack.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

TEST_CASE("panel_block: the columns of words of bits, one by one") {
  std::uint64_t const words[]{0, 0x8000000000000001, 0, 6};
  la::detail::panel_columns columns(words);
  for (la::index const expected : {64, 127, 193, 194}) CHECK(columns.take() == expected);
  la::detail::panel_word word(0x8000000000000005);
  for (la::index const expected : {0, 2, 63}) CHECK(word.take() == expected);
}

namespace {

/// How often a block differs from what the mask keeps of w: tile by tile, the slots of each row.
template <class S>
la::index count_wrong(S const& source, la::detail::panel_grid const& grid, la::dense<float> const& w,
                      la::mask const& keep) {
  la::detail::panel_block<float, S> block(source, grid);
  la::index wrong = 0;
  for (la::index b = 0; b != grid.blocks(); ++b) {
    block.load(b);
    wrong += block.height() != grid.height(b);
    for (la::index t = 0; t != grid.tiles(); ++t) {
      block.advance(t);
      for (la::index i = 0; i != grid.height(b); ++i) {
        la::index count = 0;
        auto const row = b * grid.block + i;
        auto const values = block.values(i);
        for (la::index j = 0; j != block.words() * 64; ++j) {
          auto const column = t * grid.tile + j;
          auto const kept = j < grid.width(t) && keep(row, column);
          wrong += ((block.columns(i)[j / 64] >> (j % 64) & 1u) != 0) != kept;
          count += kept;
          wrong += kept && (block.value(i, j) != w(row, column) || values(j) != w(row, column));
        }
        wrong += block.count(i) != count;
      }
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("panel_block: tile by tile, the slots of each row, from any source") {
  lacuna_test::random r(3);
  for (auto const how : lacuna_test::all_coverages)
    for (la::index const tile : {1, 5, 64, 70, 128, 300}) {
      CAPTURE(lacuna_test::name_of(how), tile);
      la::detail::panel_grid const grid{21, 200, 2, tile, 8};
      auto const w = lacuna_test::random_dense<float>(r, grid.rows, grid.cols);
      auto const keep = lacuna_test::random_mask(r, grid.rows, grid.cols, how);
      auto const csr = la::pack<la::csr<float>>(w, keep);
      auto const zeroed = la::to_dense(csr);
      constexpr auto by_rows = la::order::row_major;
      REQUIRE(count_wrong(csr, grid, w, keep) == 0);
      REQUIRE(count_wrong(la::detail::masked_rows<float const, by_rows>{w.view(), &keep}, grid, w, keep) == 0);
      REQUIRE(count_wrong(la::detail::nonzero_rows<float const, by_rows>{zeroed.view()}, grid, w, keep) == 0);
    }
}
