// SPDX-License-Identifier: MIT
//
// The register tile of several rows of f16 sums, which are added to sums of float from time to time.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// Rows x N registers of f16 sums, each of as many lanes as `Floats` registers of float: see halves. All are 0 at
/// first.
template <class Arch, int Rows, int N, int Floats>
struct half_rows {
  using register_type = halves<Arch, Floats>;
  using float_type = typename register_type::float_type;
  static constexpr int rows = Rows;
  static constexpr int lanes = register_type::lanes;
  static constexpr int width = N * lanes;

  register_type value[static_cast<std::size_t>(Rows)][static_cast<std::size_t>(N)];

  LACUNA_INLINE half_rows() noexcept {
    unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
      unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { value[r][n] = register_type::zero(); });
    });
  }
  /// Row r += weight r * x[0 .. width), rounded once, where weight r stands twice in weights[r * Stride].
  template <int Stride>
  LACUNA_INLINE void multiply_add(std::uint32_t const* weights, f16 const* x) noexcept {
    register_type line[static_cast<std::size_t>(N)];
    unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
      line[n] = register_type::load(x + n * lanes);
      if constexpr (Rows > 1) line[n].pin();
    });
    unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
      auto const w = register_type::broadcast(weights[r * Stride]);
      unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { value[r][n].multiply_add(w, line[n]); });
    });
  }
  /// Row R += weight * x[0 .. width), rounded once, where the weight stands twice in `twice`.
  template <int R>
  LACUNA_INLINE void multiply_add_row(std::uint32_t twice, f16 const* x) noexcept {
    auto const w = register_type::broadcast(twice);
    unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { value[R][n].multiply_add(w, register_type::load(x + n * lanes)); });
  }
  /// sums[0 .. width) = or (Add) += row R. `sums` is aligned to a register of float.
  template <int R, bool Add>
  LACUNA_INLINE void put_row(float* sums) const noexcept {
    unroll<N * Floats>([&](auto n) LACUNA_INLINE_LAMBDA {
      auto* const to = sums + n * static_cast<int>(float_type::size);
      auto const wide = value[R][n / Floats].floats(n % Floats);
      if constexpr (Add)
        (float_type::load_aligned(to) + wide).store_aligned(to);
      else
        wide.store_aligned(to);
    });
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
