// SPDX-License-Identifier: MIT
//
// Loads and stores of some lanes of a register; memory opposite the others is not touched.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// Some lanes of a register: lane l is among them where bit l is set.
using lane_bits = std::uint64_t;

/// The first `count` lanes, 0 <= count < 64.
[[nodiscard]] LACUNA_INLINE constexpr lane_bits first_lanes(index count) noexcept {
  return (lane_bits{1} << count) - 1;
}

/// A seam operation, with its portable body; simd/isa/ specialises it where there are instructions for it.
/// load: lane l is p[l] where bit l is set, else 0. store: p[l] is lane l where bit l is set, else untouched.
/// Neither reads nor writes, nor faults on, an element whose bit is not set. Bits behind the last lane are ignored.
template <class Arch, class T>
struct masked {
  using batch_type = batch<T, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);

  [[nodiscard]] LACUNA_INLINE static batch_type load(T const* p, lane_bits bits) noexcept {
    alignas(batch_type) T lane[batch_type::size];
    for (int l = 0; l != lanes; ++l) lane[l] = ((bits >> l) & 1u) != 0 ? p[l] : T{};
    return batch_type::load_aligned(lane);
  }
  LACUNA_INLINE static void store(T* p, batch_type value, lane_bits bits) noexcept {
    alignas(batch_type) T lane[batch_type::size];
    value.store_aligned(lane);
    for (int l = 0; l != lanes; ++l)
      if (((bits >> l) & 1u) != 0) p[l] = lane[l];
  }
};

/// a in the lanes whose bits are set, b in the others. Bits behind the last lane are ignored.
template <class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> choose_lanes(lane_bits bits, batch<T, Arch> a, batch<T, Arch> b) noexcept {
  constexpr auto size = batch<T, Arch>::size;
  if constexpr (size < 64) bits &= (lane_bits{1} << size) - 1;
  return xsimd::select(xsimd::batch_bool<T, Arch>::from_mask(bits), a, b);
}

}  // namespace lacuna::simd::inline LACUNA_ISA
