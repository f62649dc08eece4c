// SPDX-License-Identifier: MIT
//
// Dot products of integers of 4 bits in memory with bytes.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/dot4.hpp>

#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body, for runs of Run bytes that hold 2 Run integers of 4 bits, -8 to 7: Run
/// lower halves, then Run upper halves. A register takes size / (2 Run) runs, up to four.
///   load(p): from size / 2 bytes at p, for each run the lower halves in order, then the upper ones, `unit` times each
///     integer: 16 where a byte of them is what a shift and a mask leave;
///   inputs(p): 2 Run bytes at each of p, those of run r where load has its integers;
///   add(sum, x, w): lane l is sum[l] plus the dot of the four bytes of x there, as dot4_byte<Arch>, with those of w:
///     exact, as long as sums stay below 2^31;
///   open(sum), link(chain, x, w), close(sum, chain): the same for a chain of up to `links` pairs of x and w, opened
///   with
///     the sum that it is closed with: without vpdpbusd an addition of 16 bits for each, and one of 32 for all;
///   totals(dot): lane j * runs + r is the sum of the lanes of run r of dot[j], which wraps around at 2^31.
/// Operations for a register of 64 integers on AVX-512 with VNNI: a shift, a mask and the dot, and for its total 3 with
/// one run, 2.8 with two, 2.5 with four.
template <class Arch, int Run>
struct int4_bytes {
  using byte = dot4_byte<Arch>;
  using codes_type = batch<std::int8_t, Arch>;
  using bytes_type = batch<byte, Arch>;
  using sums_type = batch<std::int32_t, Arch>;
  static constexpr int size = static_cast<int>(codes_type::size);
  static constexpr int runs = size / (2 * Run);
  static constexpr int lanes = size / 4;
  static constexpr int unit = 16;
  static constexpr int links = 8;
  using chain_type = sums_type;
  static_assert(runs * 2 * Run == size && runs <= 4 && Run % 4 == 0);

  [[nodiscard]] LACUNA_INLINE static codes_type load(std::uint8_t const* p) noexcept {
    alignas(codes_type) std::int8_t code[std::size_t{size}];
    for (int b = 0; b != size / 2; ++b) {
      auto* const to = code + b / Run * 2 * Run + b % Run;
      to[0] = static_cast<std::int8_t>(static_cast<std::uint8_t>(p[b] << 4));
      to[Run] = static_cast<std::int8_t>(static_cast<std::uint8_t>(p[b] & 0xF0));
    }
    return codes_type::load_aligned(code);
  }
  [[nodiscard]] LACUNA_INLINE static bytes_type inputs(std::uint8_t const* const (&p)[std::size_t{runs}]) noexcept {
    alignas(bytes_type) std::uint8_t all[std::size_t{size}];
    for (int b = 0; b != size; ++b) all[b] = p[b / (2 * Run)][b % (2 * Run)];
    return bits_as<byte>(batch<std::uint8_t, Arch>::load_aligned(all));
  }
  [[nodiscard]] LACUNA_INLINE static sums_type add(sums_type sum, bytes_type x, codes_type w) noexcept {
    return dot4<Arch, byte>::add(sum, x, w);
  }
  [[nodiscard]] LACUNA_INLINE static chain_type open(sums_type sum) noexcept { return sum; }
  [[nodiscard]] LACUNA_INLINE static chain_type link(chain_type chain, bytes_type x, codes_type w) noexcept {
    return add(chain, x, w);
  }
  [[nodiscard]] LACUNA_INLINE static sums_type close(sums_type, chain_type chain) noexcept { return chain; }
  [[nodiscard]] LACUNA_INLINE static sums_type totals(sums_type const (&dot)[std::size_t{lanes / runs}]) noexcept {
    alignas(sums_type) std::int32_t lane[std::size_t{lanes}], total[std::size_t{lanes}] = {};
    for (int j = 0; j != lanes / runs; ++j) {
      dot[j].store_aligned(lane);
      for (int l = 0; l != lanes; ++l) {
        auto& to = total[j * runs + l * runs / lanes];
        to = static_cast<std::int32_t>(static_cast<std::uint32_t>(to) + static_cast<std::uint32_t>(lane[l]));
      }
    }
    return sums_type::load_aligned(total);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
