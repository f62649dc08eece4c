// SPDX-License-Identifier: MIT
//
// Spreads packed elements over the lanes that a bit mask names.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/masked.hpp>

#include <bit>
#include <concepts>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: the lanes whose bits are set take the elements packed[0], packed[1], ...
/// in order, the other lanes are 0. Reads exactly as many elements as bits are set. The opposite of compress; what
/// turns the values of a bitmap row back into a register (vpexpandd on AVX-512, a table of permutations on AVX2 and
/// NEON). The portable bodies are functions that are called: kernels have sixteen expands in a step, which inlined made
/// 230 of the 440 KB of code of six products on SSE2.
template <class Arch, class T>
struct expand {
  using batch_type = batch<T, Arch>;

  [[nodiscard]] LACUNA_COLD static batch_type load(T const* packed, lane_bits bits) noexcept {
    alignas(batch_type) T lane[batch_type::size] = {};
    for (auto left = bits & (~lane_bits{0} >> (64 - batch_type::size)); left != 0; left &= left - 1)
      lane[std::countr_zero(left)] = *packed++;
    return batch_type::load_aligned(lane);
  }
};

/// Whether bytes are spread by instructions, some operations for eight or for a register, and not one by one.
template <class Arch>
inline constexpr bool expands_bytes = avx512<Arch> || avx2<Arch> || neon64<Arch>;

/// The two types that are stored in 16 bits.
template <class T>
concept half = std::same_as<T, bf16> || std::same_as<T, f16>;

/// The same for 16-bit values, which come out as floats.
template <class Arch, half Half>
struct expand<Arch, Half> {
  using batch_type = batch<float, Arch>;

  [[nodiscard]] LACUNA_COLD static batch_type load(Half const* packed, lane_bits bits) noexcept {
    alignas(batch_type) float lane[batch_type::size];
    for (int l = 0; l != static_cast<int>(batch_type::size); ++l)
      lane[l] = ((bits >> l) & 1u) != 0 ? static_cast<float>(*packed++) : 0.0f;
    return batch_type::load_aligned(lane);
  }
};

/// 16-bit values and bytes can be spread from whole registers of them by load_whole, which does what load does and may
/// read as many elements as the register that comes out has lanes. Nothing is loaded masked then, and a shuffle of
/// bytes spreads: bf16 on AVX2 in three operations instead of 18.
template <class Arch, class T>
concept expands_whole = requires(T const* packed) { expand<Arch, T>::load_whole(packed, lane_bits{}); };

/// Twice as many lanes at once, where 16-bit values can be spread before they are widened (`available`): load(packed,
/// bits, even, odd) gives those of even and of odd number, in half the time of two registers of neighbours.
template <class Arch, class T>
struct expand_pairs {
  static constexpr bool available = false;
};

}  // namespace lacuna::simd::inline LACUNA_ISA
