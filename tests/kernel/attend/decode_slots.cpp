// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/decode_slots.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <type_traits>

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

TEST_CASE("decode_slots: the first group asks for rows ahead, the others for none") {
  la::index asked = -1;
  auto const ahead = [&](la::index j) { asked = j; };
  la::kernel::ahead_from(std::true_type{}, 16, ahead)(3);
  CHECK(asked == 19);
  auto const none = la::kernel::ahead_from(std::false_type{}, 16, ahead);
  none(4);
  CHECK(asked == 19);
  STATIC_REQUIRE(std::is_same_v<decltype(none), la::kernel::nothing_ahead const>);
  STATIC_REQUIRE(
      std::is_same_v<decltype(la::kernel::ahead_from(std::true_type{}, 0, none)), la::kernel::nothing_ahead>);
}
