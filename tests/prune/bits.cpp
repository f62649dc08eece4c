// SPDX-License-Identifier: MIT
#include <lacuna/prune/bits.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdint>

namespace {

using lacuna::index;
using words = std::array<std::uint64_t, 4>;

bool bit(words const& w, index j) { return ((w[static_cast<std::size_t>(j / 64)] >> (j % 64)) & 1) != 0; }

TEST_CASE("bits: set_range sets its range and no other bit") {
  for (index first = 0; first <= 193; ++first)
    for (index last = first; last <= 193; ++last) {
      words w{};
      lacuna::detail::set_range(w.data(), first, last);
      bool right = true;
      for (index j = 0; j != 256; ++j) right = right && bit(w, j) == (j >= first && j < last);
      CAPTURE(first, last);
      REQUIRE(right);
    }
}

TEST_CASE("bits: set_bits adds up to 64 bits anywhere") {
  lacuna_test::random r(1);
  for (int repeat = 0; repeat != 2000; ++repeat) {
    index const count = 1 + r.below(64);
    index const position = r.below(257 - count);
    auto const bits = r.bits() >> (64 - count);
    words const before{r.bits() & r.bits(), r.bits() & r.bits(), r.bits() & r.bits(), r.bits() & r.bits()};
    auto w = before;
    lacuna::detail::set_bits(w.data(), position, bits);
    bool right = true;
    for (index j = 0; j != 256; ++j) {
      bool const set = j >= position && j < position + count && ((bits >> (j - position)) & 1) != 0;
      right = right && bit(w, j) == (set || bit(before, j));
    }
    REQUIRE(right);
  }
}

TEST_CASE("bits: get_bits reads bits from anywhere, and no word beyond them") {
  std::uint64_t const row[2] = {0x8000000000000005u, 0x8000000000000003u};
  for (lacuna::index first = 0; first != 128; ++first)
    for (lacuna::index count = 1; count <= 64 && first + count <= 128; ++count) {
      auto const bits = lacuna::detail::get_bits(row, first, count);
      for (lacuna::index b = 0; b != count; ++b)
        REQUIRE(((bits >> b) & 1u) == ((row[(first + b) / 64] >> ((first + b) % 64)) & 1u));
    }
}

}  // namespace
