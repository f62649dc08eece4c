// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/word_places.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>
#include <vector>

namespace simd = lacuna::simd;
using arch = simd::default_arch;

namespace {

/// Words of every number of ones, each bit alone among them, and whatever the high half of a mask may be confused with.
std::vector<std::uint64_t> words() {
  std::vector<std::uint64_t> all{0, ~std::uint64_t{0}, 0xFFFFFFFFu, 0xFFFFFFFF00000000u, 0x8000000080008080u};
  for (int bit = 0; bit != 64; ++bit) {
    all.push_back(std::uint64_t{1} << bit);
    all.push_back(~std::uint64_t{0} >> bit);
  }
  lacuna_test::random r(1);
  for (lacuna::index percent = 2; percent < 100; ++percent) {
    std::uint64_t word = 0;
    for (int bit = 0; bit != 64; ++bit) word |= std::uint64_t{r.below(100) < percent} << bit;
    all.push_back(word);
  }
  return all;
}

template <class Op>
lacuna::index wrong_places(lacuna_test::placement where) {
  lacuna_test::guarded<std::uint32_t> memory(64, where);
  lacuna::index wrong = 0;
  for (auto const word : words())
    for (std::uint32_t const first : {0u, 64u, 0xFFFFFFC0u}) {
      for (int p = 0; p != 64; ++p) memory.data()[p] = 7;
      Op::store(memory.data(), word, first);
      auto const* to = memory.data();
      for (std::uint32_t bit = 0; bit != 64; ++bit)
        if ((word >> bit & 1u) != 0) wrong += *to++ != first + bit;
      wrong += to - memory.data() != std::popcount(word);
    }
  return wrong + !memory.intact();
}

/// No instruction set.
struct portable {};

}  // namespace

TEST_CASE("word_places: the numbers of all ones, in order, writing within 64 numbers") {
  for (auto const where : lacuna_test::both_placements) {
    CHECK(wrong_places<simd::word_places<arch>>(where) == 0);
    CHECK(wrong_places<simd::word_places<portable>>(where) == 0);
  }
}
