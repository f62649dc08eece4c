// SPDX-License-Identifier: MIT
//
// The register tile of several rows: sums that share each load of X.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>

namespace lacuna::simd::inline LACUNA_ISA {

/// Whether a tile of `rows` x `n` sums and the operands of a step fit in the registers of Arch: of the step's n
/// registers of X and `rows` weights the fewer stay while the others take turns in one register.
template <class Arch>
[[nodiscard]] LACUNA_INLINE constexpr bool fits_registers(int rows, int n) noexcept {
  return rows * n + (rows < n ? rows : n) + 1 <= register_count<Arch>;
}

/// The widest tile of `rows` rows: 8, 4, 3, 2 or 1 registers a row. 0 if none fits.
template <class Arch>
[[nodiscard]] LACUNA_INLINE constexpr int widest_tile(int rows) noexcept {
  for (int const n : {8, 4, 3, 2, 1})
    if (fits_registers<Arch>(rows, n) && (n == 1 || rows * n <= 24)) return n;
  return 0;
}

/// Rows x N registers of sums; the registers of a row stand for N * lanes neighbours in memory. A step loads N
/// registers of X once for all rows: (N + Rows) / (N * Rows) loads for each multiply-add, where single rows need
/// (N + 1) / N.
template <class Arch, class T, int Rows, int N>
struct tile_rows {
  using batch_type = batch<T, Arch>;
  static constexpr int rows = Rows;
  static constexpr int lanes = static_cast<int>(batch_type::size);
  static constexpr int width = N * lanes;

  batch_type value[static_cast<std::size_t>(Rows)][static_cast<std::size_t>(N)];

  LACUNA_INLINE tile_rows() noexcept {
    unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
      unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { value[r][n] = batch_type(T{0}); });
    });
  }
  /// Row r += weights[r * Stride] * x[0 ... width). x is aligned to a register.
  template <int Stride>
  LACUNA_INLINE void multiply_add(T const* weights, T const* x) noexcept {
    if constexpr (N <= Rows) {
      batch_type line[static_cast<std::size_t>(N)];
      unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
        line[n] = batch_type::load_unaligned(x + n * lanes);
        if constexpr (Rows > 1) pin(line[n]);
      });
      unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
        batch_type const w(weights[r * Stride]);
        unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { value[r][n] = fma(w, line[n], value[r][n]); });
      });
    } else {
      batch_type w[static_cast<std::size_t>(Rows)];
      unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA { w[r] = batch_type(weights[r * Stride]); });
      unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
        auto line = batch_type::load_unaligned(x + n * lanes);
        if constexpr (Rows > 1) pin(line);
        unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA { value[r][n] = fma(w[r], line, value[r][n]); });
      });
    }
  }
  LACUNA_INLINE tile_rows& operator+=(tile_rows const& other) noexcept {
    unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
      unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { value[r][n] = value[r][n] + other.value[r][n]; });
    });
    return *this;
  }
  /// Reads row R from p, which is aligned to a register.
  template <int R>
  LACUNA_INLINE void load_row(T const* p) noexcept {
    unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { value[R][n] = batch_type::load_aligned(p + n * lanes); });
  }
  /// Writes row R to p, which is aligned to a register.
  template <int R>
  LACUNA_INLINE void store_row(T* p) const noexcept {
    unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { value[R][n].store_aligned(p + n * lanes); });
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
