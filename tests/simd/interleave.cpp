// SPDX-License-Identifier: MIT
#include <lacuna/simd/interleave.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace simd = lacuna::simd;
using lacuna_test::guarded;
using arch = simd::default_arch;

TEST_CASE("interleave: 16 bytes of four lines, and not one more") {
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements) {
    guarded<std::uint8_t> a(16, where), b(16, where), c(16, where), d(16, where);
    guarded<std::uint8_t>* const line[] = {&a, &b, &c, &d};
    for (auto* const l : line) {
      for (auto& byte : *l) byte = static_cast<std::uint8_t>(r.bits());
      l->make_read_only();
    }
    for (int const flip : {0, 0x80}) {
      guarded<std::uint8_t> to(64, where);
      simd::interleave<arch>::run(a.data(), b.data(), c.data(), d.data(), static_cast<std::uint8_t>(flip), to.data());
      lacuna::index wrong = 0;
      for (lacuna::index i = 0; i != 64; ++i) wrong += to[i] != ((*line[i % 4])[i / 4] ^ flip);
      CHECK(wrong == 0);
      CHECK(to.intact());
    }
  }
}
