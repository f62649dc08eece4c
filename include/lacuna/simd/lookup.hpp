// SPDX-License-Identifier: MIT
//
// A table in registers, and elements of it at the positions that bytes in memory name.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: a register of positions, one for each lane of T, from bytes; in the form
/// that `lookup` and `gather` want them, so that several tables share the work.
template <class Arch, class T>
struct positions {
  using batch_type = batch<T, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);

  std::uint8_t at[static_cast<std::size_t>(lanes)];

  /// Lane l is p[l].
  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p) noexcept {
    positions result;
    for (int l = 0; l != lanes; ++l) result.at[l] = p[l];
    return result;
  }
  /// Lane l is p[l] where l < count <= lanes, else 0; bytes behind the first `count` are not read.
  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p, index count) noexcept {
    positions result;
    for (int l = 0; l != lanes; ++l) result.at[l] = l < count ? p[l] : std::uint8_t{0};
    return result;
  }
  /// Lane l is from[at[l]], an element in memory.
  [[nodiscard]] LACUNA_INLINE batch_type gather(T const* from) const noexcept {
    return [&]<std::size_t... l>(std::index_sequence<l...>) LACUNA_INLINE_LAMBDA {
      return batch_type(from[at[l]]...);
    }(std::make_index_sequence<static_cast<std::size_t>(lanes)>{});
  }
};

/// A seam operation, with its portable body, which keeps the table in memory: N elements, 1 <= N <= 256, of which the
/// first `count` come from memory and the others are 0. Reads no element behind them. table[at]: lane l is the element
/// at position l, each less than N. A loop that looks up more often than it fills tables has no gather: one permutation
/// over two registers on AVX-512 (32 floats, 16 doubles), two and a choice between them on AVX2 (16 floats), one
/// for each four registers on NEON (16 floats).
template <class Arch, class T, int N>
struct lookup {
  static_assert(1 <= N && N <= 256);
  static constexpr int lanes = static_cast<int>(batch<T, Arch>::size);
  static constexpr int registers = (N + lanes - 1) / lanes;

  alignas(batch<T, Arch>) T table[static_cast<std::size_t>(registers * lanes)];

  LACUNA_INLINE lookup(T const* from, index count) noexcept {
    for (index l = 0; l != registers * lanes; ++l) table[l] = l < count ? from[l] : T{0};
  }
  [[nodiscard]] LACUNA_INLINE batch<T, Arch> operator[](positions<Arch, T> at) const noexcept {
    return at.gather(table);
  }
};

/// Fills `registers` registers with the first `count` elements from memory, zeros behind them.
template <class Arch, class T, std::size_t Registers>
LACUNA_INLINE void load_table(batch<T, Arch> (&table)[Registers], T const* from, index count) noexcept {
  constexpr auto lanes = static_cast<index>(batch<T, Arch>::size);
  unroll<static_cast<int>(Registers)>([&](auto r) LACUNA_INLINE_LAMBDA {
    auto const left = count - r * lanes;
    table[r] = left >= lanes ? batch<T, Arch>::load_unaligned(from + r * lanes)
               : left > 0    ? masked<Arch, T>::load(from + r * lanes, first_lanes(left))
                             : batch<T, Arch>(T{0});
  });
}

}  // namespace lacuna::simd::inline LACUNA_ISA
