// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/shorten.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>

namespace simd = lacuna::simd;
using lacuna_test::guarded;
using lacuna_test::lane_masks;
using lacuna_test::lanes_of;
using lacuna_test::placement;
using arch = simd::default_arch;

TEMPLATE_TEST_CASE("shorten: every lane or those that count, extremes included, and nothing else", "", std::int8_t,
                   std::uint8_t, std::int16_t, std::uint16_t) {
  using Int = TestType;
  constexpr int lanes = lanes_of<std::int32_t>;
  std::array<std::int32_t, static_cast<std::size_t>(lanes)> source;
  for (int l = 0; l != lanes; ++l)
    source[static_cast<std::size_t>(l)] = l % 3 == 0   ? std::int32_t{std::numeric_limits<Int>::min()} + l
                                          : l % 3 == 1 ? std::int32_t{std::numeric_limits<Int>::max()} - l
                                                       : l;
  auto const value = lacuna_test::batch<std::int32_t>::load_unaligned(source.data());
  for (auto const where : lacuna_test::both_placements) {
    guarded<Int> memory(lanes, where);
    lacuna::index wrong = 0;
    simd::shorten<arch, Int>::store(memory.data(), value);
    for (int l = 0; l != lanes; ++l) wrong += memory[l] != source[static_cast<std::size_t>(l)];
    for (auto const bits : lane_masks(lanes)) {
      if (bits == 0) continue;
      std::fill(memory.begin(), memory.end(), Int{99});
      auto* const p = where == placement::upper ? memory.data() + lanes - std::bit_width(bits)
                                                : memory.data() - std::countr_zero(bits);
      simd::shorten<arch, Int>::store(p, value, bits);
      for (auto const* at = memory.begin(); at != memory.end(); ++at) {
        auto const l = at - p;
        bool const counted = l >= 0 && l < lanes && ((bits >> l) & 1u) != 0;
        wrong += *at != (counted ? source[static_cast<std::size_t>(l)] : 99);
      }
    }
    CHECK(wrong == 0);
    CHECK(memory.intact());
  }
}
