// SPDX-License-Identifier: MIT
//
// Neighbours in memory as a register of the type that sums have: widened if they are 16-bit numbers.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/tile.hpp>

#include <concepts>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Loads of elements of A, float or double or of 16 bits, as registers of accumulator_t<A>.
template <class Arch, class A>
struct line {
  using sum_type = accumulator_t<A>;
  using batch_type = simd::batch<sum_type, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type load(A const* p) noexcept {
    if constexpr (std::same_as<A, sum_type>)
      return batch_type::load_unaligned(p);
    else
      return simd::widen<Arch, A>::load(p);
  }
  /// Lanes whose bits are not set are 0, and their elements are not read.
  [[nodiscard]] LACUNA_INLINE static batch_type load(A const* p, simd::lane_bits bits) noexcept {
    if constexpr (std::same_as<A, sum_type>)
      return simd::masked<Arch, A>::load(p, bits);
    else
      return simd::widen<Arch, A>::load(p, bits);
  }
  /// Register r of a tile of sums whose first element stands opposite p.
  template <int N, bool Masked>
  [[nodiscard]] LACUNA_INLINE static batch_type load(simd::tile<Arch, sum_type, N, Masked> const& tile, A const* p,
                                                     int r) noexcept {
    if constexpr (Masked)
      return load(p, tile.bits);
    else
      return load(p + r * tile.lanes);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
