// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/pick_quads.hpp>

#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>

namespace simd = lacuna::simd;
using arch = simd::default_arch;
using byte_register = lacuna_test::batch<std::uint8_t>;

TEST_CASE("pick_quads: the rows of every mask of eight, in their order") {
  constexpr int bytes = static_cast<int>(byte_register::size);
  using pick = simd::pick_quads<arch>;
  lacuna_test::random r(1);
  std::uint8_t rows[8][bytes / 4], quads[2][bytes], got[bytes];
  for (int k = 0; k != 8; ++k)
    for (int c = 0; c != bytes / 4; ++c) quads[k / 4][4 * c + k % 4] = rows[k][c] = static_cast<std::uint8_t>(r.bits());
  auto const low = byte_register::load_unaligned(quads[0]), high = byte_register::load_unaligned(quads[1]);
  for (unsigned mask = 0; mask != 256; ++mask) {
    pick::run(low, high, pick::chosen(static_cast<std::uint8_t>(mask))).store_unaligned(got);
    lacuna::index wrong = 0;
    int b = 0;
    for (unsigned left = mask; left != 0 && b != 4; left &= left - 1, ++b)
      for (int c = 0; c != bytes / 4; ++c) wrong += got[4 * c + b] != rows[std::countr_zero(left)][c];
    CAPTURE(mask);
    REQUIRE(wrong == 0);
  }
}
