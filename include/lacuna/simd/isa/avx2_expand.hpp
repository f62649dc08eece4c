// SPDX-License-Identifier: MIT
//
// Spreading and packing lanes on AVX2, which has a permutation across lanes and masked loads, but neither expand nor
// compress: tables of permutations.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/compress.hpp>
#include <lacuna/simd/dot4.hpp>
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/expand_bytes.hpp>
#include <lacuna/simd/isa/avx2_widen.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/unroll.hpp>
#include <lacuna/simd/widen.hpp>
#include <lacuna/simd/word_places.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// For each of the 256 masks of 8 lanes, two things in one register: the sign bit is set in as many lanes as the mask
/// has ones, the first ones, which is what a masked load of the packed elements wants; and the three lowest bits are
/// the packed element that a lane takes, 7 where it takes none, which is one that was not loaded, a zero. 8 KB,
/// resident in L1 while in use.
[[nodiscard]] constexpr std::array<std::array<std::uint32_t, 8>, 256> avx2_expansions() noexcept {
  std::array<std::array<std::uint32_t, 8>, 256> table{};
  for (std::uint32_t bits = 0; bits != 256; ++bits) {
    std::uint32_t next = 0;
    for (std::uint32_t lane = 0; lane != 8; ++lane) table[bits][lane] = ((bits >> lane) & 1u) != 0 ? next++ : 7;
    for (std::uint32_t lane = 0; lane != next; ++lane) table[bits][lane] |= 0x80000000u;
  }
  return table;
}

alignas(32) inline constexpr auto avx2_expansion_table = avx2_expansions();

[[nodiscard]] LACUNA_INLINE __m256i avx2_expansion(lane_bits bits) noexcept {
  return _mm256_load_si256(reinterpret_cast<__m256i const*>(avx2_expansion_table.data() + (bits & 0xFFu)));
}

/// Four operations: a load of the table, a masked load, which is two, and a permutation, the only one on port 5.
template <avx2 Arch>
struct expand<Arch, float> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(float const* packed, lane_bits bits) noexcept {
    auto const how = avx2_expansion(bits);
    return _mm256_permutevar8x32_ps(_mm256_maskload_ps(packed, how), how);
  }
};

/// For each of the 256 masks of 8 lanes, how a shuffle of bytes spreads packed 16-bit elements: into the upper halves
/// of 32-bit lanes, which makes floats of bf16, 8 KB, or into 16-bit lanes, 4 KB. Other bytes are 0.
template <std::size_t Bytes>
[[nodiscard]] constexpr std::array<std::array<std::uint8_t, 8 * Bytes>, 256> avx2_half_expansions() noexcept {
  std::array<std::array<std::uint8_t, 8 * Bytes>, 256> table{};
  for (unsigned bits = 0; bits != 256; ++bits) {
    unsigned next = 0;
    for (auto& byte : table[bits]) byte = 0x80;
    for (unsigned lane = 0; lane != 8; ++lane)
      if (((bits >> lane) & 1u) != 0) {
        table[bits][(lane + 1) * Bytes - 2] = static_cast<std::uint8_t>(next++);
        table[bits][(lane + 1) * Bytes - 1] = static_cast<std::uint8_t>(next++);
      }
  }
  return table;
}

template <std::size_t Bytes>
alignas(32) inline constexpr auto avx2_half_expansion_table = avx2_half_expansions<Bytes>();

/// 16-bit values are widened before they are spread, where there is an instruction for it; after it, where a whole
/// register of them can be read.
template <avx2 Arch, half Half>
  requires requires(__m128i halves) { widen<Arch, Half>::from(halves); }
struct expand<Arch, Half> {
  using batch_type = batch<float, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type load(Half const* packed, lane_bits bits) noexcept {
    auto const values = widen<Arch, Half>::from(avx2_load_halves(packed, std::popcount(bits & 0xFFu)));
    return _mm256_permutevar8x32_ps(values, avx2_expansion(bits));
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load_whole(Half const* packed, lane_bits bits) noexcept {
    auto const values = _mm_loadu_si128(reinterpret_cast<__m128i const*>(packed));
    if constexpr (std::same_as<Half, bf16>) {
      auto const* const how = avx2_half_expansion_table<4>.data()[bits & 0xFFu].data();
      return _mm256_castsi256_ps(_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(values),
                                                     _mm256_load_si256(reinterpret_cast<__m256i const*>(how))));
    } else {
      auto const* const how = avx2_half_expansion_table<2>.data()[bits & 0xFFu].data();
      return widen<Arch, Half>::from(_mm_shuffle_epi8(values, _mm_load_si128(reinterpret_cast<__m128i const*>(how))));
    }
  }
};

/// For each of the 256 masks of 8 lanes, which lane each packed element comes from: 2 KB.
[[nodiscard]] constexpr std::array<std::uint64_t, 256> compress_indices() noexcept {
  std::array<std::uint64_t, 256> table{};
  for (unsigned bits = 0; bits != 256; ++bits) {
    unsigned next = 0;
    for (std::uint64_t lane = 0; lane != 8; ++lane)
      if (((bits >> lane) & 1u) != 0) table[bits] |= lane << (8 * next++);
  }
  return table;
}

inline constexpr auto compress_index_table = compress_indices();

/// The permutation that packs 8 lanes of 32 bits.
[[nodiscard]] LACUNA_INLINE __m256i avx2_packing(lane_bits bits) noexcept {
  auto const bytes = static_cast<long long>(compress_index_table.data()[bits & 0xFFu]);
  return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(bytes));
}

template <avx2 Arch>
struct compress<Arch, float> {
  LACUNA_INLINE static void store(float* packed, batch<float, Arch> value, lane_bits bits) noexcept {
    _mm256_storeu_ps(packed, _mm256_permutevar8x32_ps(value, avx2_packing(bits)));
  }
};

template <avx2 Arch>
struct compress<Arch, std::uint32_t> {
  LACUNA_INLINE static void store(std::uint32_t* packed, batch<std::uint32_t, Arch> value, lane_bits bits) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(packed), _mm256_permutevar8x32_epi32(value, avx2_packing(bits)));
  }
};

template <avx2 Arch>
struct word_places<Arch> {
  LACUNA_INLINE static void store(std::uint32_t* to, std::uint64_t word, std::uint32_t first) noexcept {
    auto base = _mm256_set1_epi32(static_cast<int>(first));
    unroll<8>([&](auto b) LACUNA_INLINE_LAMBDA {
      auto const byte = word >> (8 * b) & 0xFFu;
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_add_epi32(avx2_packing(byte), base));
      base = _mm256_add_epi32(base, _mm256_set1_epi32(8));
      to += std::popcount(byte);
    });
  }
};

/// Four times eight bytes.
[[nodiscard]] LACUNA_INLINE __m256i avx2_joined(__m128i const (&eight)[4]) noexcept {
  return _mm256_set_m128i(_mm_unpacklo_epi64(eight[2], eight[3]), _mm_unpacklo_epi64(eight[0], eight[1]));
}

/// The next 32 bytes.
[[nodiscard]] LACUNA_INLINE __m256i avx2_expand_bytes(packed_bytes& source) noexcept {
  __m128i eight[4];
  for (auto& e : eight) {
    auto const next = source.next();
    e = _mm_shuffle_epi8(_mm_cvtsi64_si128(static_cast<long long>(next.bytes)),
                         _mm_loadl_epi64(reinterpret_cast<__m128i const*>(next.order)));
  }
  return avx2_joined(eight);
}

template <avx2 Arch, byte Byte>
struct expand<Arch, Byte> {
  [[nodiscard]] static batch<Byte, Arch> load(Byte const* packed, lane_bits bits) noexcept {
    packed_bytes source(packed, bits & 0xFFFFFFFFu);
    return avx2_expand_bytes(source);
  }
  /// The same where a whole register of packed bytes can be read.
  [[nodiscard]] LACUNA_INLINE static batch<Byte, Arch> load_whole(Byte const* packed, lane_bits bits) noexcept {
    __m128i eight[4];
    for (auto& e : eight) {
      auto const* const order = byte_expansion_table[bits & 0xFFu].data();
      e = _mm_shuffle_epi8(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(packed)),
                           _mm_loadl_epi64(reinterpret_cast<__m128i const*>(order)));
      packed += std::popcount(bits & 0xFFu);
      bits >>= 8;
    }
    return avx2_joined(eight);
  }
};

#if defined(__AVX512F__) && !defined(__AVX512VBMI2__)

template <avx512 Arch, byte Byte>
struct expand<Arch, Byte> {
  [[nodiscard]] static batch<Byte, Arch> load(Byte const* packed, lane_bits bits) noexcept {
    packed_bytes source(packed, bits);
    auto const low = avx2_expand_bytes(source);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), avx2_expand_bytes(source), 1);
  }
};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
