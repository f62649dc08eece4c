// SPDX-License-Identifier: MIT
//
// The register tile: a few registers along a line of Y, and the walk of a line in such tiles with its tail.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// How many tiles of N registers take multiply-adds in turn: so many, up to four, that they hide the latency of each,
/// and leave registers for other things.
template <class Arch, int N>
inline constexpr int tiles_in_turn = std::clamp((register_count<Arch> >= 32 ? 8 : 4) / N, 1, 4);

/// N registers of T that stand for N * lanes neighbours in memory; Masked: one register of which only some lanes count,
/// for the end of a line. The same kernel body serves both: it asks the tile to load, multiply-add and store.
template <class Arch, class T, int N, bool Masked = false>
struct tile {
  static_assert(!Masked || N == 1, "lacuna: only the last register of a line is masked");
  using batch_type = batch<T, Arch>;
  using lane_type = T;
  static constexpr int lanes = static_cast<int>(batch_type::size);
  static constexpr int registers = N;
  static constexpr bool all_count = !Masked;  // lanes

  batch_type value[static_cast<std::size_t>(N)];
  lane_bits bits;  // which lanes count, if Masked

  LACUNA_INLINE explicit tile(lane_bits counted = 0) noexcept : bits(counted) {
    unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA { value[r] = batch_type(T{0}); });
  }
  /// A tile of the same lanes of U, a type of T's size.
  template <class U>
  [[nodiscard]] LACUNA_INLINE tile<Arch, U, N, Masked> of() const noexcept {
    return tile<Arch, U, N, Masked>(bits);
  }
  /// Lane l of a register stands for an element of the line.
  [[nodiscard]] LACUNA_INLINE bool counts(index l) const noexcept { return !Masked || ((bits >> l) & 1u) != 0; }
  /// One register from memory; lanes that do not count are 0 and their memory is not read.
  [[nodiscard]] LACUNA_INLINE batch_type load(T const* p, int r) const noexcept {
    if constexpr (Masked)
      return masked<Arch, T>::load(p, bits);
    else
      return batch_type::load_unaligned(p + r * lanes);
  }
  /// One register of elements of any type from memory, converted exactly or rounded to nearest; lanes that do not count
  /// are 0 and their memory is not read.
  template <class U>
  [[nodiscard]] LACUNA_INLINE batch_type load_as(U const* p) const noexcept {
    if constexpr (std::same_as<U, T>) {
      return load(p, 0);
    } else if constexpr ((widens<U> || widens_byte<U>) && Masked) {
      return widen<Arch, U>::load(p, bits);
    } else if constexpr (widens<U> || widens_byte<U>) {
      return widen<Arch, U>::load(p);
    } else {
      return gather(p, 1);
    }
  }
  /// The same for elements `stride` apart, one by one.
  template <class U>
  [[nodiscard]] LACUNA_INLINE batch_type gather(U const* p, index stride) const noexcept {
    alignas(batch_type) T lane[batch_type::size] = {};
    for (index l = 0; l != lanes; ++l)
      if (counts(l)) lane[l] = detail::convert<T>(p[l * stride]);
    return batch_type::load_aligned(lane);
  }
  /// this += weight * p[0 ...]; integers have at most 16 bits.
  LACUNA_INLINE void multiply_add(T weight, T const* p) noexcept { multiply_add(batch_type(weight), p); }
  /// The same with the weight in every lane.
  LACUNA_INLINE void multiply_add(batch_type w, T const* p) noexcept {
    unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA {
      if constexpr (std::integral<T>)
        value[r] = short_fma<Arch>::run(w, load(p, r), value[r]);
      else
        value[r] = fma(w, load(p, r), value[r]);
    });
  }
  /// Writes register r of `result` to its place behind p.
  LACUNA_INLINE void store(T* p, batch_type result, int r) const noexcept {
    if constexpr (Masked)
      masked<Arch, T>::store(p, result, bits);
    else
      result.store_unaligned(p + r * lanes);
  }
  /// Writes one register to elements of any floating type, rounded once to nearest.
  template <class U>
  LACUNA_INLINE void store_as(U* p, batch_type result) const noexcept {
    if constexpr (std::same_as<U, T>) {
      store(p, result, 0);
    } else if constexpr (widens<U> && Masked) {
      widen<Arch, U>::store(p, result, bits);
    } else if constexpr (widens<U>) {
      widen<Arch, U>::store(p, result);
    } else {
      alignas(batch_type) T lane[batch_type::size];
      result.store_aligned(lane);
      for (index l = 0; l != lanes; ++l)
        if (counts(l)) p[l] = detail::convert<U>(lane[l]);
    }
  }
  /// Writes one register of integers to elements of 8 or 16 bits, which hold them.
  template <class Int>
  LACUNA_INLINE void store_integers(Int* p, batch<std::int32_t, Arch> whole) const noexcept {
    if constexpr (Masked)
      shorten<Arch, Int>::store(p, whole, bits);
    else
      shorten<Arch, Int>::store(p, whole);
  }

 private:
  template <class U>
  static constexpr bool widens = std::same_as<T, float> && (std::same_as<U, bf16> || std::same_as<U, f16>);
  template <class U>
  static constexpr bool widens_byte = std::same_as<T, std::int32_t> && byte<U>;
};

/// Walks the positions 0 .. n of a line: f(tile, first) for as many tiles of N registers as fit, then at most one each
/// of N/2, N/4, ... 1 registers, then one masked register for what is left. f takes the (zeroed) tile by value.
template <class Arch, class T, int N, class F>
LACUNA_INLINE void for_each_tile(index n, F&& f, index first = 0) {
  using full = tile<Arch, T, N>;
  constexpr index width = index{N} * full::lanes;
  for (; n - first >= width; first += width) f(full(), first);
  if constexpr (N > 1) {
    for_each_tile<Arch, T, N / 2>(n, f, first);
  } else if (first != n) {
    f(tile<Arch, T, 1, true>(first_lanes(n - first)), first);
  }
}

}  // namespace lacuna::simd::inline LACUNA_ISA
