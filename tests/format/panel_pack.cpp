// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/panel_pack.hpp>
#include <lacuna/pack.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

namespace la = lacuna;

namespace {

/// The rows of a strip and their columns in one tile, increasing; places without a row have none.
struct strip_rows {
  std::vector<la::index> row;
  std::vector<std::vector<la::index>> columns;
};

strip_rows rows_of(la::detail::panel_arrays<float> const& a, la::detail::panel_grid const& grid, la::mask const& keep,
                   la::index s, la::index first_row, la::index first_column, la::index width) {
  strip_rows strip;
  for (la::index h = 0; h != grid.strip_height; ++h) {
    auto const row = a.slots[s * grid.strip_height + h].row;
    strip.row.push_back(row == la::panel_layout::no_row ? -1 : first_row + row);
    auto& list = strip.columns.emplace_back();
    for (la::index j = 0; strip.row.back() >= 0 && j != width; ++j)
      if (keep(strip.row.back(), first_column + j)) list.push_back(j);
  }
  return strip;
}

/// What the rows of each pair share, at most as much as every pair does: taken out of their columns.
std::vector<std::vector<la::index>> take_shared(strip_rows& strip) {
  std::vector<std::vector<la::index>> shared;
  for (std::size_t p = 0; p + 1 < strip.columns.size(); p += 2) {
    auto const& a = strip.columns[p];
    auto const& b = strip.columns[p + 1];
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(shared.emplace_back()));
  }
  std::size_t least = shared.empty() ? 0 : shared[0].size();
  for (auto const& list : shared) least = std::min(least, list.size());
  for (std::size_t p = 0; p != shared.size(); ++p) {
    shared[p].resize(least);
    for (std::size_t h = 2 * p; h != 2 * p + 2; ++h)
      std::erase_if(strip.columns[h],
                    [&](la::index j) { return std::binary_search(shared[p].begin(), shared[p].end(), j); });
  }
  return shared;
}

/// The arrays that the strips ask for, in order.
struct expected_arrays {
  std::vector<la::index> columns;
  std::vector<float> values;

  void add_strip(la::panel_strip const& got, la::panel_slot const* slots, strip_rows strip, la::dense<float> const& w,
                 la::index first_column) {
    auto const value = [&](std::size_t h, la::index j) { values.push_back(w(strip.row[h], first_column + j)); };
    auto const shared = take_shared(strip);
    auto const both = shared.empty() ? std::size_t{0} : shared[0].size();
    auto own = strip.columns[0].size();
    for (auto const& list : strip.columns) own = std::min(own, list.size());
    REQUIRE(got.shared == both);
    REQUIRE(got.own == own);
    for (std::size_t e = 0; e != both; ++e)
      for (std::size_t h = 0; h != strip.row.size(); ++h) {
        if (h % 2 == 0) columns.push_back(shared[h / 2][e]);
        value(h, shared[h / 2][e]);
      }
    for (std::size_t e = 0; e != own; ++e)
      for (std::size_t h = 0; h != strip.row.size(); ++h) {
        columns.push_back(strip.columns[h][e]);
        value(h, strip.columns[h][e]);
      }
    for (std::size_t h = 0; h != strip.row.size(); ++h) {
      REQUIRE(slots[h].rest == strip.columns[h].size() - own);
      for (std::size_t e = own; e != strip.columns[h].size(); ++e) {
        columns.push_back(strip.columns[h][e]);
        value(h, strip.columns[h][e]);
      }
    }
  }
};

void check_arrays(lacuna_test::random& r, la::detail::panel_grid const& grid, lacuna_test::coverage how) {
  auto const w = lacuna_test::random_dense<float>(r, grid.rows, grid.cols);
  auto const keep = lacuna_test::random_mask(r, grid.rows, grid.cols, how);
  auto const a = la::detail::build_panel<float>(la::pack<la::csr<float>>(w, keep), grid, keep.count());
  la::detail::masked_rows<float const, la::order::row_major> const in_place{w.view(), &keep};
  auto const same = la::detail::build_panel<float>(in_place, grid, keep.count());
  REQUIRE(std::equal(a.columns.begin(), a.columns.end(), same.columns.begin(), same.columns.end()));
  REQUIRE(std::equal(a.values.begin(), a.values.end(), same.values.begin(), same.values.end()));
  expected_arrays expected;
  la::index s = 0;
  for (la::index b = 0; b != grid.blocks(); ++b)
    for (la::index t = 0; t != grid.tiles(); ++t)
      for (la::index n = 0; n != grid.strips(b); ++n, ++s) {
        REQUIRE(a.strips[s].column == expected.columns.size());
        REQUIRE(a.strips[s].value == expected.values.size());
        expected.add_strip(a.strips[s], &a.slots[s * grid.strip_height],
                           rows_of(a, grid, keep, s, b * grid.block, t * grid.tile, grid.width(t)), w, t * grid.tile);
      }
  REQUIRE(s + 1 == a.strips.size());
  REQUIRE(a.strips[s] == la::panel_strip{static_cast<std::uint32_t>(expected.columns.size()),
                                         static_cast<std::uint32_t>(expected.values.size()), 0, 0});
  REQUIRE(std::equal(a.columns.begin(), a.columns.end(), expected.columns.begin(), expected.columns.end()));
  REQUIRE(std::equal(a.values.begin(), a.values.end(), expected.values.begin(), expected.values.end()));
}

}  // namespace

TEST_CASE("panel_pack: strips hold first what pairs share, then as many of each row as all have, then the rest") {
  lacuna_test::random r(13);
  for (auto const how : lacuna_test::all_coverages)
    for (la::index const height : {1, 2, 4, 8})
      for (la::index const rows : {1, 8, 21})
        for (la::index const tile : {33, 70}) {  // one word of bits for a row, and two
          CAPTURE(lacuna_test::name_of(how), height, rows, tile);
          check_arrays(r, {rows, 100, height, tile, 16}, how);
        }
}

TEST_CASE("panel_pack: the slots of a source are counted, whatever it is") {
  lacuna_test::random r(15);
  auto const w = lacuna_test::random_dense<float>(r, 9, 70);
  auto const keep = lacuna_test::random_mask(r, 9, 70, 0.3);
  auto const csr = la::pack<la::csr<float>>(w, keep);
  CHECK(la::detail::count_slots(csr) == keep.count());
  CHECK(la::detail::count_slots(la::detail::masked_rows<float const, la::order::row_major>{w.view(), &keep}) ==
        keep.count());
}

TEST_CASE("panel_pack: rows of equal count stand together, so consecutive strips run equal numbers of steps") {
  lacuna_test::random r(14);
  la::detail::panel_grid const grid{128, 64, 2, 64, 128};
  auto const keep = lacuna_test::random_mask(r, 128, 64, 0.5);
  auto const source = la::pack<la::csr<float>>(la::dense<float>(128, 64), keep);
  auto const a = la::detail::build_panel<float>(source, grid, keep.count());
  la::index rests = 0;
  la::index shared = 0;
  for (la::index s = 0; s != 64; ++s) {
    rests += a.slots[2 * s].rest + a.slots[2 * s + 1].rest;
    shared += a.strips[s].shared;
    auto const count = [&](la::index n) { return a.strips[n].shared + a.strips[n].own; };
    if (s != 0) REQUIRE(count(s - 1) <= count(s));
    if (s != 0 && count(s - 1) == count(s)) REQUIRE(a.strips[s - 1].shared <= a.strips[s].shared);
  }
  CHECK(rests < 40);        // only the odd rows out of each count have a rest
  CHECK(shared > 64 * 18);  // of 32 in a row; two random rows share 16
}
