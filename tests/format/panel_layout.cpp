// SPDX-License-Identifier: MIT
//
// Every way in which the arrays of a panel matrix can be wrong.
#include <lacuna/format/panel.hpp>
#include <lacuna/format/panel_layout.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::message_of;

namespace {

/// Two strips of two tiles, sound until spoilt: slots (0, 0), (1, 0), (1, 3), (2, 5).
struct arrays {
  la::index rows = 3;
  la::index cols = 6;
  la::index strip_height = 2;
  la::index tile = 4;
  std::vector<la::panel_cell> cells{{0, 0, 0}, {2, 2, 3}, {2, 2, 3}, {2, 2, 3}, {3, 3, 4}};
  std::vector<la::panel_run> runs{{2, 1}, {3, 1}, {1, 1}};
  std::vector<std::uint16_t> columns{3, 0, 1};
  std::vector<float> values{3, 1, 2, 4};

  [[nodiscard]] std::string message() const {
    return message_of([&] { return la::panel<float>(rows, cols, strip_height, tile, cells, runs, columns, values); });
  }
};

}  // namespace

TEST_CASE("panel_layout: sound arrays") {
  CHECK(arrays().message() == "no error");
  CHECK(la::panel_run(0xAB, 65536).pattern() == 0xAB);
  CHECK(la::panel_run(0xAB, 65536).count() == 65536);
  STATIC_REQUIRE(sizeof(la::panel_run) == 4);
  STATIC_REQUIRE(sizeof(la::panel_cell) == 12);
}

TEST_CASE("panel_layout: wrong counts are told") {
  CHECK(arrays{-3, 6}.message() == "panel: -3x6 has a negative count");
  CHECK(arrays{3, -6}.message() == "panel: 3x-6 has a negative count");
  CHECK(arrays{3, 6, 0}.message() == "panel: strip_height is 0, expected 1..8");
  CHECK(arrays{3, 6, 9}.message() == "panel: strip_height is 9, expected 1..8");
  CHECK(arrays{3, 6, 2, 0}.message() == "panel: tile is 0, expected 1..65536");
  CHECK(arrays{3, 6, 2, 65537}.message() == "panel: tile is 65537, expected 1..65536");
  auto const largest = la::index{1} << 62;
  CHECK(arrays{largest, largest, 1, 1}.message().find("does not fit a signed 64-bit size") != std::string::npos);
}

TEST_CASE("panel_layout: wrong cells are told") {
  arrays a;
  a.cells.pop_back();
  CHECK(a.message() == "panel: 2 strips of 2 tiles need 2 * 2 + 1 cells, got 4");
  a.cells.clear();
  CHECK(a.message() == "panel: 2 strips of 2 tiles need 2 * 2 + 1 cells, got 0");
  for (la::panel_cell const first : {la::panel_cell{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}) {
    a = {};
    a.cells[0] = first;
    CHECK(a.message() == "panel: the first cell does not start at run 0, column 0, value 0");
  }
  for (la::panel_cell const third : {la::panel_cell{1, 2, 3}, {2, 1, 3}, {2, 2, 2}}) {
    a = {};
    a.cells[2] = third;
    CHECK(a.message() == "panel: cell 2 starts before cell 1");
  }
}

TEST_CASE("panel_layout: arrays that do not end with the last cell are told") {
  arrays a;
  a.runs.push_back({1, 1});
  CHECK(a.message() == "panel: the cells end at 3 runs, but there are 4");
  a = {};
  a.columns.pop_back();
  CHECK(a.message() == "panel: the cells end at 3 columns, but there are 2");
  a = {};
  a.values.push_back(0);
  CHECK(a.message() == "panel: the cells end at 4 values, but there are 5");
}

TEST_CASE("panel_layout: wrong runs are told") {
  arrays a;
  a.runs[0] = {0, 1};
  CHECK(a.message() == "panel: strip 0, tile 0: run 0 has pattern 0, expected 1..3");
  a.runs[0] = {4, 1};
  CHECK(a.message() == "panel: strip 0, tile 0: run 0 has pattern 4, expected 1..3");
  a = {};
  a.runs[2] = {2, 1};  // the last strip has one row
  CHECK(a.message() == "panel: strip 1, tile 1: run 0 has pattern 2, expected 1..1");
  a = {};
  a.runs[1] = {2, 1};
  CHECK(a.message() == "panel: strip 0, tile 0: run 1 has pattern 2 after 2, expected increasing patterns");
  a.runs[0] = {3, 1};
  CHECK(a.message() == "panel: strip 0, tile 0: run 1 has pattern 2 after 3, expected increasing patterns");
  a = {};
  a.runs[0] = {2, 0};
  CHECK(a.message() == "panel: strip 0, tile 0: run 0 has no columns");
}

TEST_CASE("panel_layout: runs that do not add up are told") {
  arrays a;
  a.runs[0] = {2, 2};
  CHECK(a.message() == "panel: strip 0, tile 0 has 2 columns, but its runs have 3");
  a = {};
  a.runs[0] = {1, 1};
  a.runs[1] = {2, 1};
  CHECK(a.message() == "panel: strip 0, tile 0 has 3 values, but its runs have 2");
  a = {};
  a.cells[1] = a.cells[2] = a.cells[3] = {2, 3, 3};  // a column with no run
  a.cells[4] = {3, 4, 4};
  a.columns = {3, 0, 1, 1};
  CHECK(a.message() == "panel: strip 0, tile 0 has 3 columns, but its runs have 2");
}

TEST_CASE("panel_layout: wrong columns are told") {
  arrays a;
  a.columns[0] = 4;
  CHECK(a.message() == "panel: strip 0, tile 0 has column 4, expected columns below 4");
  a = {};
  a.columns[2] = 2;  // the last tile has two columns
  CHECK(a.message() == "panel: strip 1, tile 1 has column 2, expected columns below 2");
  a = {};
  a.columns[0] = 0;
  CHECK(a.message() == "panel: strip 0, tile 0 has column 0 in two patterns, the second 3");
  a = {};
  a.cells = {{0, 0, 0}, {1, 2, 2}, {1, 2, 2}, {1, 2, 2}, {1, 2, 2}};
  a.runs = {{1, 2}};
  a.columns = {2, 1};
  a.values = {1, 2};
  CHECK(a.message() == "panel: strip 0, tile 0 has column 1 after 2 in pattern 1, expected increasing order");
  a.columns = {2, 2};
  CHECK(a.message() == "panel: strip 0, tile 0 has column 2 after 2 in pattern 1, expected increasing order");
  a.columns = {1, 2};
  CHECK(a.message() == "no error");
}
