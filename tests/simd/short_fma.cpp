// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/short_fma.hpp>

#include "support/lanes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>

namespace simd = lacuna::simd;
using lacuna_test::batch;
using arch = simd::default_arch;

TEST_CASE("short_fma: products of 16 bits are exact, sums wrap") {
  using ints = batch<std::int32_t>;
  constexpr std::int32_t numbers[] = {0, 1, -1, 2, 127, -128, 255, 32767, -32768, -32767};
  constexpr std::int32_t sums[] = {0, 5, -7, 2147483647, -2147483647 - 1};
  std::size_t at = 0;
  for (auto const w : numbers)
    for (auto const sum : sums) {
      std::int32_t x[ints::size], expected[ints::size];
      for (std::size_t l = 0; l != ints::size; ++l) {
        x[l] = numbers[(l + at++) % 10];
        expected[l] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum) + static_cast<std::uint32_t>(w * x[l]));
      }
      auto const got =
          lacuna_test::lanes<std::int32_t>(simd::short_fma<arch>::run(ints(w), ints::load_unaligned(x), ints(sum)));
      for (std::size_t l = 0; l != ints::size; ++l) REQUIRE(got[l] == expected[l]);
    }
}
