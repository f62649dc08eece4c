// SPDX-License-Identifier: MIT
#include <lacuna/format/nm_layout.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace la = lacuna;

TEST_CASE("nm_layout: a group has as many bits as a mask or its codes, whichever is less") {
  STATIC_REQUIRE((la::nm_layout<2, 4>::group_bits == 4 && la::nm_layout<2, 4>::is_mask));
  STATIC_REQUIRE((la::nm_layout<4, 8>::group_bits == 8 && la::nm_layout<4, 8>::is_mask));
  STATIC_REQUIRE((la::nm_layout<1, 4>::group_bits == 2 && !la::nm_layout<1, 4>::is_mask));
  STATIC_REQUIRE((la::nm_layout<2, 8>::group_bits == 6 && !la::nm_layout<2, 8>::is_mask));
  STATIC_REQUIRE((la::nm_layout<1, 16>::group_bits == 4 && !la::nm_layout<1, 16>::is_mask));
  STATIC_REQUIRE((la::nm_layout<3, 5>::group_bits == 5 && la::nm_layout<3, 5>::is_mask));
  STATIC_REQUIRE((la::nm_layout<1, 3>::group_bits == 2 && !la::nm_layout<1, 3>::is_mask));
  STATIC_REQUIRE((la::nm_layout<1, 1>::group_bits == 0 && !la::nm_layout<1, 1>::is_mask));
  STATIC_REQUIRE((la::nm_layout<32, 32>::group_bits == 32 && la::nm_layout<32, 32>::is_mask));
  STATIC_REQUIRE((la::nm_layout<6, 32>::group_bits == 30 && !la::nm_layout<6, 32>::is_mask));
}

TEST_CASE("nm_layout: sizes of a row") {
  using layout = la::nm_layout<2, 8>;
  STATIC_REQUIRE(layout::groups(0) == 0);
  STATIC_REQUIRE(layout::groups(8) == 1);
  STATIC_REQUIRE(layout::groups(9) == 2);
  STATIC_REQUIRE(layout::row_values(7) == 2);
  STATIC_REQUIRE(layout::row_values(9) == 3);
  STATIC_REQUIRE(layout::row_values(10) == 4);
  STATIC_REQUIRE(layout::row_bytes(0) == 0);
  STATIC_REQUIRE(layout::row_bytes(8) == 1);
  STATIC_REQUIRE(layout::row_bytes(9) == 2);
  STATIC_REQUIRE(layout::row_bytes(8 * 13) == 10);  // 78 bits
  STATIC_REQUIRE(layout::width(1, 11) == 3);
  STATIC_REQUIRE(layout::slots(1, 9) == 1);
  constexpr auto largest = std::numeric_limits<la::index>::max();
  STATIC_REQUIRE(la::nm_layout<32, 32>::row_bytes(largest) == largest / 8 + 1);
}

TEST_CASE("nm_layout: positions are encoded as masks or increasing codes") {
  STATIC_REQUIRE(la::nm_layout<2, 4>::encode(0b1010) == 0b1010);
  STATIC_REQUIRE(la::nm_layout<2, 8>::encode(0b1000'0010) == 0b111'001);
  STATIC_REQUIRE(la::nm_layout<1, 16>::encode(1u << 15) == 15);
  STATIC_REQUIRE(la::nm_layout<1, 1>::encode(1) == 0);
}

TEST_CASE("nm_layout: names for messages") {
  CHECK(std::string_view(la::detail::nm_name<2, 4>) == "nm<2, 4>");
  CHECK(std::string_view(la::detail::nm_name<10, 32>) == "nm<10, 32>");
  CHECK(std::string_view(la::detail::make_pattern_text("vnm", {16, 10, 32}).characters) == "vnm<16, 10, 32>");
}

TEST_CASE("nm_layout: the columns of a row of groups, in order") {
  std::uint8_t const masks[] = {0xCA, 0x03};
  std::vector<la::index> columns;
  auto const note = [&](la::index j) { columns.push_back(j); };
  la::detail::visit_nm_columns<2, 4>(masks, 10, note);
  CHECK(columns == std::vector<la::index>{1, 3, 6, 7, 8, 9});
  std::uint8_t const codes[] = {0b010'001, 0};
  columns.clear();
  la::detail::visit_nm_columns<2, 8>(codes, 9, note);
  CHECK(columns == std::vector<la::index>{1, 2, 8});
}

TEST_CASE("nm_layout: a group is filled at its lowest free positions") {
  CHECK(la::detail::filled_nm_group(0b0100, 2) == 0b0101);
  CHECK(la::detail::filled_nm_group(0b0011, 2) == 0b0011);
  CHECK(la::detail::filled_nm_group(0, 3) == 0b0111);
}
