// SPDX-License-Identifier: MIT
//
// How panels are cut, and every way in which their arrays can be wrong.
#include <lacuna/format/panel.hpp>
#include <lacuna/format/panel_layout.hpp>
#include <lacuna/pack.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::message_of;

namespace {

/// 3x6 in tiles of 4 columns and strips of 2 rows, sound until spoilt: slots (0, 0), (0, 3), (1, 3), (2, 0), (2, 3) in
/// tile 0, (1, 5) in tile 1.
struct arrays {
  la::index rows = 3;
  la::index cols = 6;
  la::index strip_height = 2;
  la::index tile = 4;
  la::index block = 8;
  std::vector<la::panel_strip> strips{{0, 0, 0, 0}, {1, 1, 1, 1}, {4, 5, 0, 0}, {4, 5, 0, 0}, {5, 6, 0, 0}};
  std::vector<la::panel_slot> slots{{1, 1}, {la::panel_layout::no_row, 0}, {0, 0}, {2, 0}, {0, 0},
                                    {2, 0}, {la::panel_layout::no_row, 0}, {1, 1}};
  std::vector<std::uint16_t> columns{3, 3, 0, 0, 1};
  std::vector<float> values{1, 2, 3, 4, 5, 6};

  [[nodiscard]] la::panel<float> make() const {
    return {rows, cols, strip_height, tile, block, strips, slots, columns, values};
  }
  [[nodiscard]] std::string message() const {
    return message_of([&] { return make(); });
  }
  template <class F>
  [[nodiscard]] static std::string after(F const& spoil) {
    arrays a;
    spoil(a);
    return a.message();
  }
};

bool is(la::detail::panel_tile const& t, la::index height, la::index tile) {
  return t.strip_height == height && t.tile == tile;
}

}  // namespace

TEST_CASE("panel_layout: sound arrays") {
  CHECK(arrays().message() == "no error");
  auto const w = la::to_dense(arrays().make());
  CHECK(w(0, 0) == 4);
  CHECK(w(0, 3) == 2);
  CHECK(w(1, 3) == 1);
  CHECK(w(1, 5) == 6);
  CHECK(w(2, 0) == 5);
  CHECK(w(2, 3) == 3);
  STATIC_REQUIRE(sizeof(la::panel_strip) == 12);
  STATIC_REQUIRE(sizeof(la::panel_slot) == 4);
}

TEST_CASE("panel_layout: the grid counts blocks, tiles and strips, fewer at the edge") {
  la::detail::panel_grid const grid{300, 130, 4, 64, 128};
  CHECK(grid.blocks() == 3);
  CHECK(grid.tiles() == 3);
  CHECK(grid.height(1) == 128);
  CHECK(grid.height(2) == 44);
  CHECK(grid.width(1) == 64);
  CHECK(grid.width(2) == 2);
  CHECK(grid.strips(1) == 32);
  CHECK(grid.strips(2) == 11);
  CHECK(grid.first_strip(1, 2) == 3 * 32 + 2 * 32);
  CHECK(grid.first_strip(2, 1) == 6 * 32 + 11);
  CHECK(grid.strips() == 6 * 32 + 3 * 11);
  CHECK(la::detail::panel_grid{0, 5}.strips() == 0);
  CHECK(la::detail::panel_grid{5, 0}.strips() == 0);
}

TEST_CASE("panel_layout: an extent is what all steps of a strip take") {
  la::panel_slot const slots[] = {{0, 3}, {1, 0}, {2, 1}, {3, 0}};
  auto const e = la::detail::extent_of({0, 0, 5, 7}, slots, 4);
  CHECK(e.columns == 5 * 2 + 7 * 4 + 4);
  CHECK(e.values == 5 * 4 + 7 * 4 + 4);
  CHECK(la::detail::extent_of({0, 0, 0, 7}, slots, 1).columns == 10);
}

TEST_CASE("panel_layout: pack chooses strips and tiles by tokens and density") {
  auto const chosen = [](la::index rows, double density, la::index tokens, la::index cols = 512) {
    return la::detail::choose_panel_tile(rows, cols, density, tokens, 1024, false);
  };
  CHECK(is(chosen(100, 0.5, 0), 2, 64));
  CHECK(is(chosen(100, 0.5, 49), 2, 64));
  CHECK(is(chosen(100, 0.10, 128), 2, 128));
  CHECK(is(chosen(100, 0.05, 128), 2, 256));
  CHECK(is(chosen(2000, 0.10, 128), 4, 128));
  CHECK(is(chosen(2000, 0.05, 128), 8, 256));
  CHECK(is(chosen(100, 0.02, 128), 2, 512));
  CHECK(is(chosen(2000, 0.02, 128), 2, 512));
  CHECK(is(chosen(2000, 0.029, 128), 4, 512));
  CHECK(is(chosen(100, 0.02, 512), 2, 512));  // read in place
  CHECK(is(chosen(1000, 0.02, 512), 4, 512));
  CHECK(is(chosen(100, 0.5, 1), 8, 256));
  CHECK(is(chosen(100, 0.5, 48), 8, 256));
  CHECK(is(chosen(100, 0.02, 48), 8, 512));
  // Many tokens, where rows of X are read often enough to be copied.
  CHECK(is(chosen(512, 0.5, 129), 4, 128));
  CHECK(is(chosen(512, 0.10, 512), 2, 256));
  CHECK(is(chosen(512, 0.05, 512), 4, 512));
  CHECK(is(chosen(100, 0.05, 512), 2, 128));
  CHECK(is(chosen(130, 0.05, 512), 4, 128));
  CHECK(is(chosen(130, 0.05, 256), 2, 128));
  CHECK(is(chosen(64, 0.2, 512), 2, 64));
  CHECK(is(chosen(2000, 0.5, 512), 2, 64));
  CHECK(is(chosen(2000, 0.2, 512), 4, 128));
  CHECK(is(chosen(2000, 0.10, 512), 4, 128));
  CHECK(is(chosen(2000, 0.05, 512), 4, 512));
  CHECK(is(chosen(2000, 0.05, 512, 513), 8, 256));
  CHECK(is(chosen(2000, 0.05, 512, 256), 8, 256));
  CHECK(is(chosen(2000, 0.02, 512, 513), 4, 512));
}

TEST_CASE("panel_layout: what pack chooses otherwise for Zen") {
  auto const chosen = [](la::index rows, double density, la::index tokens, la::index cols = 512) {
    return la::detail::choose_panel_tile(rows, cols, density, tokens, 1024, true);
  };
  CHECK(is(chosen(512, 0.5, 129), 2, 64));
  CHECK(is(chosen(512, 0.3, 512), 2, 64));
  CHECK(is(chosen(512, 0.2, 512), 4, 128));
  CHECK(is(chosen(512, 0.2, 128), 2, 64));
  CHECK(is(chosen(64, 0.2, 512), 2, 64));
  CHECK(is(chosen(512, 0.10, 512), 4, 128));
  CHECK(is(chosen(100, 0.10, 512), 2, 128));
  for (la::index const cols : {256, 512, 2048}) {
    CHECK(is(chosen(512, 0.05, 512, cols), 4, 256));
    CHECK(is(chosen(2000, 0.05, 512, cols), 4, 256));
  }
  CHECK(is(chosen(2000, 0.05, 128), 4, 256));
  CHECK(is(chosen(128, 0.05, 512), 4, 128));
  CHECK(is(chosen(128, 0.05, 256), 2, 256));
  CHECK(is(chosen(100, 0.05, 512), 2, 256));
  CHECK(is(chosen(2000, 0.02, 512), 2, 512));
  CHECK(is(chosen(2000, 0.029, 512), 4, 512));
  // The same as elsewhere.
  CHECK(is(chosen(512, 0.10, 128), 2, 128));
  CHECK(is(chosen(2000, 0.10, 128), 4, 128));
  CHECK(is(chosen(512, 0.05, 128), 2, 256));
  CHECK(is(chosen(512, 0.02, 512), 2, 512));
  CHECK(is(chosen(512, 0.5, 48), 8, 256));
  CHECK(is(chosen(2000, 0.5, 0), 2, 64));
}

TEST_CASE("panel_layout: pack chooses strips and tiles by tokens where registers hold few sums") {
  auto const chosen = [](la::index sums, double density, la::index tokens) {
    return la::detail::choose_panel_tile(2000, 512, density, tokens, sums);
  };
  for (la::index const sums : {256, 128}) {  // twice as many columns in registers, twice as many tokens
    auto const width = sums / 32;
    CHECK(is(chosen(sums, 0.5, width * 3 / 2), 8, 512));
    CHECK(is(chosen(sums, 0.5, width * 3 / 2 + 1), 4, 512));
    CHECK(is(chosen(sums, 0.5, width * 3), 4, 512));
    CHECK(is(chosen(sums, 0.5, width * 3 + 1), 2, sums < 256 ? 512 : 256));
    CHECK(is(chosen(sums, 0.03, 512), 2, sums < 256 ? 512 : 256));
    CHECK(is(chosen(sums, 0.02, 512), 2, 512));
    CHECK(is(chosen(sums, 0.5, 0), 2, sums < 256 ? 512 : 256));
  }
}

TEST_CASE("panel_layout: the grid is what is chosen for the matrix, unless the options say otherwise") {
  auto const chosen = [](la::index rows, la::pack_options const& options) {
    return la::detail::choose_panel_grid(rows, 1000, rows * 100, options);
  };
  for (la::index const tokens : {0, 8, 32, 128, 512}) {
    auto const best = la::detail::choose_panel_tile(2000, 1000, 0.1, tokens);
    auto const grid = chosen(2000, {.tokens = tokens});
    CHECK(is(best, grid.strip_height, grid.tile));
  }
  CHECK(chosen(1023, {}).block == 128);
  CHECK(chosen(1024, {}).block == 256);
  CHECK(la::detail::choose_panel_grid(5, 0, 0, {}).tile == 512);
  auto const fixed = chosen(2000, {.strip_height = 8, .tile = 3});
  CHECK(is({fixed.strip_height, fixed.tile}, 8, 3));
}

TEST_CASE("panel_layout: options out of range are told") {
  auto const message = [](la::pack_options const& options) {
    return message_of<la::value_error>([&] { return la::pack<la::panel<float>>(la::dense<float>(2, 2), options); });
  };
  for (la::index const height : {3, 5, 6, 7, 9, 16})
    CHECK(message({.strip_height = height}) ==
          "pack<panel>: strip_height is " + std::to_string(height) + ", expected 1, 2, 4, 8, or 0 for a choice");
  CHECK(message({.strip_height = -2}) == "pack: strip_height is -2, expected 0 or more");
  CHECK(message({.tile = -1}) == "pack: tile is -1, expected 0 or more");
  CHECK(message({.tile = 32769}) == "pack<panel>: tile is 32769, expected 1..32768, or 0 for a choice");
  auto const large = la::index{1} << 40;
  CHECK(message_of([&] {
          return la::detail::choose_panel_grid(large, large, 0, {.tile = 1}).tile;
        }).starts_with("pack<panel>: "));
}

TEST_CASE("panel_layout: wrong counts are told") {
  CHECK(arrays{-3, 6}.message() == "panel: -3 rows and 6 columns, expected none below 0");
  CHECK(arrays{3, -6}.message() == "panel: 3 rows and -6 columns, expected none below 0");
  for (la::index const height : {-2, 0, 3, 16})
    CHECK(arrays{3, 6, height}.message() ==
          "panel: strip_height is " + std::to_string(height) + ", expected 1, 2, 4 or 8");
  CHECK(arrays{3, 6, 2, 0}.message() == "panel: tile is 0, expected 1..32768");
  CHECK(arrays{3, 6, 2, 32769}.message() == "panel: tile is 32769, expected 1..32768");
  for (la::index const block : {-8, 0, 4, 12, 32776})
    CHECK(arrays{3, 6, 2, 4, block}.message() ==
          "panel: block is " + std::to_string(block) + ", expected a multiple of 8 up to 32768");
  auto const largest = la::index{1} << 62;
  CHECK(arrays{largest, largest, 1, 1}.message().find("does not fit a signed 64-bit size") != std::string::npos);
  CHECK(arrays{0x7FFFFFFFFFFFFFFF, 1}.message().find("does not fit a signed 64-bit size") != std::string::npos);
}

TEST_CASE("panel_layout: wrong numbers of strips and slots are told") {
  CHECK(arrays::after([](arrays& a) { a.strips.pop_back(); }) == "panel: the grid has 4 strips and needs 4 + 1, got 4");
  CHECK(arrays::after([](arrays& a) { a.strips.clear(); }) == "panel: the grid has 4 strips and needs 4 + 1, got 0");
  CHECK(arrays::after([](arrays& a) { a.slots.pop_back(); }) == "panel: 4 strips of 2 rows need 8 slots, got 7");
  CHECK(arrays::after([](arrays& a) { a.slots.push_back({}); }) == "panel: 4 strips of 2 rows need 8 slots, got 9");
}

TEST_CASE("panel_layout: strips that do not follow each other are told") {
  for (la::panel_strip const first : {la::panel_strip{1, 0, 0, 0}, {0, 1, 0, 0}})
    CHECK(arrays::after([&](arrays& a) { a.strips[0] = first; }) ==
          "panel: the first strip starts at column " + std::to_string(first.column) + ", value " +
              std::to_string(first.value) + ", expected 0 and 0");
  CHECK(arrays::after([](arrays& a) { a.strips[1].shared = 2; }) ==
        "panel: strip 1 ends at column 5, value 7, but the next starts at column 4, value 5");
  CHECK(arrays::after([](arrays& a) { a.strips[1].own = 0; }) ==
        "panel: strip 1 ends at column 2, value 3, but the next starts at column 4, value 5");
  CHECK(arrays::after([](arrays& a) { a.slots[2].rest = 1; }) ==
        "panel: strip 1 ends at column 5, value 6, but the next starts at column 4, value 5");
  CHECK(arrays::after([](arrays& a) { a.strips[3].value = 4; }) ==
        "panel: strip 2 ends at column 4, value 5, but the next starts at column 4, value 4");
  CHECK(arrays::after([](arrays& a) { a.strips[4].column = 0xFFFFFFFF; }) ==
        "panel: strip 3 ends at column 5, value 6, but the next starts at column 4294967295, value 6");
}

TEST_CASE("panel_layout: arrays that do not end with the last strip are told") {
  auto const expected = [](char const* counts) {
    std::string text = "panel: the strips end at column 5, value 6, but there are ";
    return text.append(counts);
  };
  CHECK(arrays::after([](arrays& a) { a.columns.pop_back(); }) == expected("4 columns and 6 values"));
  CHECK(arrays::after([](arrays& a) { a.columns.push_back(0); }) == expected("6 columns and 6 values"));
  CHECK(arrays::after([](arrays& a) { a.values.pop_back(); }) == expected("5 columns and 5 values"));
  for (la::panel_strip const last : {la::panel_strip{5, 6, 1, 0}, {5, 6, 0, 1}})
    CHECK(arrays::after([&](arrays& a) { a.strips[4] = last; }) ==
          "panel: the entry behind the last strip has " + std::to_string(last.shared) + " shared steps and " +
              std::to_string(last.own) + " own, expected none");
}

TEST_CASE("panel_layout: strips of one row share nothing") {
  arrays a{1, 4, 1, 4, 8, {{0, 0, 1, 0}, {0, 1, 0, 0}}, {{0, 0}}, {}, {1}};
  CHECK(a.message() == "panel: strip 0 shares 1 columns, expected 0 in strips of one row");
  a = {1, 4, 1, 4, 8, {{0, 0, 0, 1}, {1, 1, 0, 0}}, {{0, 0}}, {2}, {1}};
  CHECK(a.message() == "no error");
}

TEST_CASE("panel_layout: wrong rows are told") {
  CHECK(arrays::after([](arrays& a) { a.slots[2].row = 3; }) ==
        "panel: block 0, tile 0 has row 3, expected rows below 3");
  CHECK(arrays::after([](arrays& a) { a.slots[5].row = 0; }) == "panel: block 0, tile 1 has row 0 twice");
  CHECK(arrays::after([](arrays& a) { a.slots[4].row = la::panel_layout::no_row; }) ==
        "panel: block 0, tile 1 leaves 2 places without a row, expected 1");
  CHECK(arrays::after([](arrays& a) { a.slots[3].row = la::panel_layout::no_row; }) ==
        "panel: block 0, tile 0: strip 1 has columns in place 1, which has no row");
  CHECK(arrays::after([](arrays& a) { std::swap(a.slots[6].rest, a.slots[7].rest); }) ==
        "panel: block 0, tile 1: strip 1 has columns in place 0, which has no row");
}

TEST_CASE("panel_layout: wrong columns are told") {
  CHECK(arrays::after([](arrays& a) { a.columns[1] = 4; }) ==
        "panel: block 0, tile 0 has column 4, expected columns below 4");
  CHECK(arrays::after([](arrays& a) { a.columns[4] = 2; }) ==  // the last tile has two columns
        "panel: block 0, tile 1 has column 2, expected columns below 2");
  CHECK(arrays::after([](arrays& a) { a.columns[3] = 3; }) == "panel: row 2 has column 3 twice");
  arrays a;  // the same column in two rows of a cell, in the rest of one
  a.columns[0] = 0;
  CHECK(a.message() == "no error");
  a = {2,
       9,
       1,
       4,
       8,
       {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 2}, {2, 2, 0, 0}, {2, 2, 0, 0}, {2, 2, 0, 0}},
       {{0, 0}, {1, 0}, {1, 0}, {0, 0}, {0, 0}, {1, 0}},
       {3, 3},
       {1, 2}};
  CHECK(a.message() == "panel: row 0 has column 7 twice");
}
