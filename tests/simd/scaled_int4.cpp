// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/scaled_int4.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace simd = lacuna::simd;
using lacuna_test::guarded;
using weights = simd::scaled_int4<simd::default_arch>;

TEST_CASE("scaled_int4: each of sixteen places once, every code, rounded once, from eight bytes") {
  constexpr int lanes = lacuna_test::lanes_of<float>;
  unsigned places = 0;
  for (int l = 0; l != 16; ++l) places |= 1u << weights::at(l);
  REQUIRE(places == 0xFFFFu);
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements)
    for (float const scale : {1.0f, -0.1f, 0x1.FFFFFEp-3f, 1e-40f}) {
      guarded<std::uint8_t> codes(8, where);
      for (int n = 0; n != 100; ++n) {
        for (auto& byte : codes) byte = static_cast<std::uint8_t>(n < 16 ? n * 17 : static_cast<int>(r.below(256)));
        simd::batch<float, simd::default_arch> w[weights::registers];
        weights(scale).load(codes.data(), w);
        lacuna::index wrong = 0;
        for (int l = 0; l != 16; ++l) {
          auto const nibble = weights::at(l);
          int const byte = codes[nibble / 2];
          int const code = ((nibble % 2 == 0 ? byte & 15 : byte >> 4) ^ 8) - 8;
          wrong += lacuna_test::lanes<float>(w[l / lanes])[static_cast<std::size_t>(l % lanes)] !=
                   scale * static_cast<float>(code);
        }
        REQUIRE(wrong == 0);
      }
    }
}
