// SPDX-License-Identifier: MIT
#include <lacuna/format/arrays.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

namespace la = lacuna;
namespace ld = lacuna::detail;
using lacuna_test::message_of;

TEST_CASE("arrays: zeros of both signs are zero, a NaN and a subnormal are not") {
  CHECK(ld::is_zero(0.0f));
  CHECK(ld::is_zero(-0.0));
  CHECK(ld::is_zero(la::bf16::from_bits(0x8000)));
  CHECK(ld::is_zero(std::int8_t{0}));
  CHECK_FALSE(ld::is_zero(std::numeric_limits<float>::quiet_NaN()));
  CHECK_FALSE(ld::is_zero(std::numeric_limits<double>::denorm_min()));
  CHECK_FALSE(ld::is_zero(la::f16::from_bits(1)));
  CHECK_FALSE(ld::is_zero(std::int8_t{-128}));
}

TEST_CASE("arrays: nonzeros are counted") {
  std::vector<float> const values{0, -0.0f, 1, std::numeric_limits<float>::quiet_NaN()};
  CHECK(ld::count_nonzeros(std::span<float const>(values)) == 2);
  CHECK(ld::count_nonzeros(std::span<float const>()) == 0);
}

TEST_CASE("arrays: equality of length and elements") {
  std::vector<int> const a{1, 2, 3};
  std::vector<int> const b{1, 2, 4};
  std::span<int const> const all(a);
  CHECK(ld::equal_arrays(all, all));
  CHECK_FALSE(ld::equal_arrays(all, std::span<int const>(b)));
  CHECK_FALSE(ld::equal_arrays(all, all.subspan(1)));
  CHECK(ld::equal_arrays(std::span<int const>(), std::span<int const>()));
}

TEST_CASE("arrays: the element type of pointers and containers") {
  STATIC_REQUIRE(std::is_same_v<ld::element_of<std::vector<float>>, float>);
  STATIC_REQUIRE(std::is_same_v<ld::element_of<std::span<int const>>, int>);
  STATIC_REQUIRE(std::is_same_v<ld::element_of<double const*>, double>);
}

TEST_CASE("arrays: what does not fit an index type is told") {
  ld::require_fits<std::uint8_t>("x", "column", 255);
  ld::require_fits<std::uint8_t>("x", "column", -1);  // the last column of none
  CHECK(message_of([] {
          ld::require_fits<std::uint8_t>("x", "column", 256);
          return 0;
        }) == "x: column 256 does not fit the index type, whose largest value is 255");
  CHECK(message_of([] {
          ld::require_fits<std::int8_t>("x", "column", 128);
          return 0;
        }) == "x: column 128 does not fit the index type, whose largest value is 127");
  ld::require_fits<std::uint64_t>("x", "column", std::numeric_limits<la::index>::max());
}
