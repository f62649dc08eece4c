// SPDX-License-Identifier: MIT
#include <lacuna/format/bitmap_layout.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;

TEST_CASE("bitmap_layout: sizes") {
  STATIC_REQUIRE(la::bitmap_layout::row_bytes(0) == 0);
  STATIC_REQUIRE(la::bitmap_layout::row_bytes(8) == 1);
  STATIC_REQUIRE(la::bitmap_layout::row_bytes(9) == 2);
  STATIC_REQUIRE(la::bitmap_layout::strips(0) == 0);
  STATIC_REQUIRE(la::bitmap_layout::strips(16) == 1);
  STATIC_REQUIRE(la::bitmap_layout::strips(17) == 2);
}

TEST_CASE("bitmap_layout: offsets count the bits before each strip of 16 rows") {
  std::vector<std::uint8_t> const bits(40 * 3, 0x81);
  auto const offsets = la::detail::strip_offsets(40, 24, bits.data());
  REQUIRE(offsets.size() == 3);
  CHECK(offsets[0] == 0);
  CHECK(offsets[1] == 16 * 3 * 2);
  CHECK(offsets[2] == 32 * 3 * 2);
  CHECK(la::detail::strip_offsets(0, 24, nullptr).size() == 0);
  CHECK(la::detail::strip_offsets(40, 0, nullptr)[2] == 0);
}
