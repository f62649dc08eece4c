// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/block_table.hpp>
#include <lacuna/core/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>

namespace at = lacuna::attention;

TEST_CASE("block_table: what was written stays when it grows, and what is new is 0") {
  at::block_table<std::int32_t> table(3, 5);
  std::int32_t next = 1;
  for (lacuna::index blocks = 0; blocks <= 40; ++blocks) {
    table.grow(blocks);
    REQUIRE(table.blocks() == blocks);
    REQUIRE(table.capacity() >= blocks);
    std::int32_t expected = 1;
    for (lacuna::index b = 0; b != blocks; ++b)
      for (lacuna::index h = 0; h != 3; ++h)
        for (lacuna::index i = 0; i != 5; ++i) {
          auto& number = table.block(h, b)[i];
          if (b + 1 == blocks) {
            REQUIRE(number == 0);
            number = next++;
          } else {
            REQUIRE(number == expected++);
          }
        }
  }
}

TEST_CASE("block_table: growing is amortised, reserving exact") {
  at::block_table<float> table(1, 1);
  int moves = 0;
  for (lacuna::index n = 1; n <= 1000; ++n) {
    auto const before = table.capacity();
    table.grow(n);
    moves += table.capacity() != before;
  }
  CHECK(moves <= 11);
  at::block_table<float> reserved(2, 4);
  reserved.reserve(100);
  auto const* const at_first = reserved.block(0, 0);
  reserved.grow(100);
  CHECK(reserved.block(0, 0) == at_first);
  CHECK(reserved.bytes() == 2 * 4 * 100 * 4);
}

TEST_CASE("block_table: nothing by nothing, and more than there is") {
  at::block_table<float> none(0, 0);
  none.grow(10);
  CHECK(none.blocks() == 10);
  at::block_table<float> wide(1 << 20, 1 << 20);
  CHECK_THROWS_AS(wide.grow(std::numeric_limits<lacuna::index>::max() / 4), lacuna::format_error);
}
