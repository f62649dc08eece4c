// SPDX-License-Identifier: MIT
#include <lacuna/simd/expand_bytes.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>

namespace simd = lacuna::simd;
using lacuna_test::guarded;

TEST_CASE("packed_bytes: what every eight lanes of a mask take, and not one byte more") {
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements)
    for (int n = 0; n != 400; ++n) {
      auto bits = r.bits() & 0xFFFFFFFFu;
      for (int k = 0; k != n % 6; ++k) bits &= r.bits();
      guarded<std::uint8_t> packed(std::popcount(bits), where);
      for (auto& byte : packed) byte = static_cast<std::uint8_t>(r.bits());
      packed.make_read_only();
      simd::packed_bytes source(packed.data(), bits);
      lacuna::index taken = 0, wrong = 0;
      for (int lane = 0; lane != 32; lane += 8) {
        auto const eight = source.next();
        for (int l = 0; l != 8; ++l) {
          auto const order = eight.order[l];
          if (((bits >> (lane + l)) & 1u) == 0)
            wrong += order != 255;
          else
            wrong += order > 7 || (eight.bytes >> (8 * order) & 0xFFu) != packed[taken++];
        }
      }
      REQUIRE(wrong == 0);
    }
}
