// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/bsr_int8.hpp>

#include "support/few_int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

namespace {

template <int R, int C, class I = std::uint32_t>
using blocks = la::bsr<std::int8_t, R, C, I, std::uint32_t>;

template <int R, int C, class I = std::uint32_t>
[[nodiscard]] std::string problem(unsigned seed) {
  return lacuna_test::few_int8_problem<blocks<R, C, I>, R, C>(seed);
}
template <int R, int C>
using few = la::kernel::few_quads<la::view_t<blocks<R, C>>, la::simd::default_arch>;

}  // namespace

TEST_CASE("few columns of int8 bsr: blocks of one column") {
  CHECK(problem<4, 1>(1) == "");
  CHECK(problem<16, 1, std::uint16_t>(2) == "");
}

TEST_CASE("few columns of int8 bsr: blocks of four columns") {
  CHECK(problem<4, 4>(12) == "");
  CHECK(problem<24, 4>(13) == "");
}

TEST_CASE("few columns of int8 bsr: blocks of several fours, and of no fours") {
  CHECK(problem<1, 16, std::uint16_t>(21) == "");
  CHECK(problem<2, 8>(23) == "");
  CHECK(problem<3, 5>(24) == "");
  CHECK(problem<1, 128>(25) == "");
}

TEST_CASE("few columns of int8 bsr: which blocks are gathered") {
  if constexpr (few<4, 1>::available) {
    STATIC_REQUIRE_FALSE(few<4, 1>::in_fours);
    STATIC_REQUIRE_FALSE(few<3, 5>::in_fours);
    STATIC_REQUIRE_FALSE(few<2, 12>::in_fours);
    STATIC_REQUIRE_FALSE(few<1, 128>::in_fours);  // more than X is readable behind its end
    STATIC_REQUIRE(few<1, 16>::in_fours);
    STATIC_REQUIRE(few<1, 64>::in_fours);
    STATIC_REQUIRE(few<32, 4>::in_fours);
  }
}
