// SPDX-License-Identifier: MIT
//
// Quads of four of eight rows on AVX-512 with permutations of bytes (VBMI).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/pick_quads.hpp>

#if defined(__AVX512VBMI__)

#include <immintrin.h>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// Positions are those of the first column with four more for each of the next: an addition in place of a table of 64
/// bytes for every mask.
template <avx512 Arch>
struct pick_quads<Arch> {
  using batch_type = batch<std::uint8_t, Arch>;
  static constexpr bool pays = vnni512<Arch> && lacuna::detail::tuned_for_zen;

  [[nodiscard]] LACUNA_INLINE static __m512i chosen(std::uint8_t mask) noexcept {
    auto const first = _mm512_set1_epi32(static_cast<int>(places_of_rows[mask]));
    return _mm512_add_epi32(first, _mm512_load_si512(columns.byte));
  }
  [[nodiscard]] LACUNA_INLINE static batch_type run(batch_type low, batch_type high, __m512i places) noexcept {
    return _mm512_permutex2var_epi8(low, places, high);
  }

 private:
  struct steps {
    alignas(64) std::uint8_t byte[64] = {};
    constexpr steps() noexcept {
      for (int at = 0; at != 64; ++at) byte[at] = static_cast<std::uint8_t>(at / 4 * 4);
    }
  };
  static constexpr steps columns{};
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
