// SPDX-License-Identifier: MIT
//
// Every way in which the arrays of a tiled_sell matrix can be wrong.
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/format/tiled_sell_layout.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::message_of;

namespace {

/// Two windows of two tiles, sound until spoilt: slots (0, 3), (1, 0), (1, 2), (16, 5).
struct arrays {
  la::index rows = 17;
  la::index cols = 6;
  std::vector<la::tiled_sell_cell> cells{{0, 0}, {2, 3}, {2, 3}, {2, 3}, {3, 4}};
  std::vector<std::uint8_t> places{1, 0, 2, 3, 4, 5, 6, 7, 8, 9,  10, 11, 12, 13, 14, 15, 0,
                                   1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0,  0};
  std::vector<std::uint16_t> diagonals{2, 1, 1};
  std::vector<std::uint8_t> columns{0, 3, 2, 1};
  std::vector<float> values{1, 2, 3, 4};

  [[nodiscard]] std::string message() const {
    return message_of(
        [&] { return la::tiled_sell<float, 4, 1>(rows, cols, cells, places, diagonals, columns, values); });
  }
};

}  // namespace

TEST_CASE("tiled_sell_layout: sound arrays") {
  CHECK(arrays().message() == "no error");
  STATIC_REQUIRE(sizeof(la::tiled_sell_cell) == 8);
  STATIC_REQUIRE(la::tiled_sell_layout<4, 1>::window == 16);
  STATIC_REQUIRE(la::tiled_sell_layout<32, 16>::window == 256);
}

TEST_CASE("tiled_sell_layout: wrong counts are told") {
  CHECK(arrays{-3, 6}.message() == "tiled_sell: -3 rows and 6 columns, expected none below 0");
  CHECK(arrays{3, -6}.message() == "tiled_sell: 3 rows and -6 columns, expected none below 0");
  arrays a;
  a.places.pop_back();
  CHECK(a.message() == "tiled_sell: 17 rows of 2 tiles need 17 * 2 places, got 33");
  a = {};
  a.values.push_back(0);
  CHECK(a.message() == "tiled_sell: 4 columns need as many values, got 5");
  auto const largest = (la::index{1} << 62) + 1;
  CHECK(arrays{largest, largest}.message().find("does not fit a signed 64-bit size") != std::string::npos);
}

TEST_CASE("tiled_sell_layout: wrong cells are told") {
  arrays a;
  a.cells.pop_back();
  CHECK(a.message() == "tiled_sell: 2 windows of 2 tiles need 2 * 2 + 1 cells, got 4");
  a.cells.clear();
  CHECK(a.message() == "tiled_sell: 2 windows of 2 tiles need 2 * 2 + 1 cells, got 0");
  for (la::tiled_sell_cell const first : {la::tiled_sell_cell{1, 0}, {0, 1}}) {
    a = {};
    a.cells[0] = first;
    CHECK(a.message() == "tiled_sell: the first cell starts at diagonal " + std::to_string(first.diagonal) + ", slot " +
                             std::to_string(first.slot) + ", expected 0 and 0");
  }
  for (la::tiled_sell_cell const third : {la::tiled_sell_cell{1, 3}, {2, 2}}) {
    a = {};
    a.cells[2] = third;
    CHECK(a.message() == "tiled_sell: cell 2 starts at diagonal " + std::to_string(third.diagonal) + ", slot " +
                             std::to_string(third.slot) + ", before cell 1, which starts at " +
                             std::to_string(a.cells[1].diagonal) + " and " + std::to_string(a.cells[1].slot));
  }
  a = {};
  a.diagonals.push_back(1);
  CHECK(a.message() == "tiled_sell: the cells end at 3 diagonals, but there are 4");
  a = {};
  a.columns.pop_back();
  a.values.pop_back();
  CHECK(a.message() == "tiled_sell: the cells end at 4 slots, but there are 3");
}

TEST_CASE("tiled_sell_layout: wrong places are told") {
  arrays a;
  a.places[15] = 16;
  CHECK(a.message() == "tiled_sell: window 0, tile 0 puts row 15 at place 16, expected 0..15");
  a = {};
  a.places[33] = 1;  // the last window has one row
  CHECK(a.message() == "tiled_sell: window 1, tile 1 puts row 0 at place 1, expected 0..0");
  a = {};
  a.places[17] = 0;
  CHECK(a.message() == "tiled_sell: window 0, tile 1 puts two rows at place 0, the second 1");
}

TEST_CASE("tiled_sell_layout: wrong diagonals are told") {
  arrays a;
  a.diagonals = {1, 2, 1};
  CHECK(a.message() == "tiled_sell: window 0, tile 0: diagonal 1 has 2 slots, expected 1..1");
  a.diagonals = {17, 1, 1};
  CHECK(a.message() == "tiled_sell: window 0, tile 0: diagonal 0 has 17 slots, expected 1..16");
  a.diagonals = {2, 0, 1};
  CHECK(a.message() == "tiled_sell: window 0, tile 0: diagonal 1 has 0 slots, expected 1..2");
  a.diagonals = {2, 2, 1};
  CHECK(a.message() == "tiled_sell: window 0, tile 0 has 3 slots, but its diagonals have 4");
}

TEST_CASE("tiled_sell_layout: wrong columns are told") {
  arrays a;
  a.columns[1] = 4;
  CHECK(a.message() == "tiled_sell: window 0, tile 0 has column 4, expected columns below 4");
  a = {};
  a.columns[3] = 2;  // the last tile has two columns
  CHECK(a.message() == "tiled_sell: window 1, tile 1 has column 2, expected columns below 2");
  a = {};
  a.columns[2] = 0;
  CHECK(a.message() == "tiled_sell: window 0, tile 0 has column 0 after 0 at place 0, expected increasing order");
}
