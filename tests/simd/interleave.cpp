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

TEST_CASE("interleave_lines: quads in the order of the line") {
  using byte_register = simd::batch<std::uint8_t, arch>;
  constexpr int bytes = static_cast<int>(byte_register::size);
  lacuna_test::random r(2);
  std::uint8_t from[4][bytes], ordered[bytes], got[bytes];
  byte_register line[4];
  for (int b = 0; b != 4; ++b) {
    for (auto& byte : from[b]) byte = static_cast<std::uint8_t>(r.bits());
    simd::interleave_lines<arch>::order(from[b], ordered);
    line[b] = byte_register::load_unaligned(ordered);
  }
  simd::interleave_lines<arch>::run(line);
  lacuna::index wrong = 0;
  for (int j = 0; j != 4; ++j) {
    line[j].store_unaligned(got);
    for (int i = 0; i != bytes; ++i) wrong += got[i] != from[i % 4][(j * bytes + i) / 4];
  }
  CHECK(wrong == 0);
}

TEST_CASE("transpose_fours: four rows of four bytes") {
  lacuna_test::random r(3);
  for (auto const where : lacuna_test::both_placements)
    for (lacuna::index const stride : {4, 5, 16}) {
      guarded<std::int8_t> from(3 * stride + 4, where), to(16, where);
      for (auto& byte : from) byte = static_cast<std::int8_t>(r.bits());
      from.make_read_only();
      simd::transpose_fours<arch>::run(from.data(), stride, to.data());
      lacuna::index wrong = 0;
      for (lacuna::index i = 0; i != 16; ++i) wrong += to[i] != from[i % 4 * stride + i / 4];
      CHECK(wrong == 0);
    }
}
