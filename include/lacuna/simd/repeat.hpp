// SPDX-License-Identifier: MIT
//
// A few neighbours in memory, over and over in a register.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/bits_as.hpp>

#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: lane l is p[l % Count], Count a power of two and at most the lanes there
/// are. Reads p[0 .. Count) and no more. Where the processor can, a load does it alone, on no port that multiplies.
template <class Arch, class T, int Count>
struct repeat {
  using batch_type = batch<T, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);
  static_assert(Count > 0 && Count <= lanes && (Count & (Count - 1)) == 0);

  [[nodiscard]] LACUNA_INLINE static batch_type load(T const* p) noexcept {
    if constexpr (Count == lanes) {
      return batch_type::load_unaligned(p);
    } else if constexpr (Count == 1) {
      return batch_type(*p);
    } else if constexpr (Count * sizeof(T) == 8 && has_batch<Arch, double>) {
      double pair;
      std::memcpy(&pair, p, sizeof pair);
      return bits_as<T>(batch<double, Arch>(pair));
    } else if constexpr (Count * sizeof(T) == 4 && has_batch<Arch, std::int32_t>) {
      std::int32_t four;
      std::memcpy(&four, p, sizeof four);
      return bits_as<T>(batch<std::int32_t, Arch>(four));
    } else {
      alignas(batch_type) T lane[batch_type::size];
      for (int l = 0; l != lanes; ++l) lane[l] = p[l % Count];
      return batch_type::load_aligned(lane);
    }
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
