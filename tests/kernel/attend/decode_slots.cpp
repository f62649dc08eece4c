// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/decode_slots.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

TEST_CASE("decode_slots: the first bits of a word") {
  CHECK(la::kernel::first_bits(0) == 0);
  CHECK(la::kernel::first_bits(5) == 31);
  CHECK(la::kernel::first_bits(64) == ~std::uint64_t{0});
}

TEST_CASE("decode_slots: rows are cut into groups of 4, 2 and 1") {
  for (la::index rows = 0; rows != 12; ++rows) {
    la::index next = 0, groups = 0;
    la::kernel::for_each_height<4>(rows, [&](la::index r, auto height, auto first) {
      CHECK(r == next);
      CHECK(decltype(first)::value == (r == 0));
      next += decltype(height)::value;
      ++groups;
    });
    CHECK(next == rows);
    CHECK(groups == rows / 4 + (rows % 4 + 1) / 2);
  }
}
