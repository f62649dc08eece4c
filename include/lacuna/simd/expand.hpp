// SPDX-License-Identifier: MIT
//
// Spreads packed elements over the lanes that a bit mask names.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/masked.hpp>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: the lanes whose bits are set take the elements packed[0], packed[1], ...
/// in order, the other lanes are 0. Reads exactly as many elements as bits are set. The opposite of compress; what
/// turns the values of a bitmap row back into a register (vpexpandd on AVX-512, a table of permutations on AVX2 and
/// NEON).
template <class Arch, class T>
struct expand {
  using batch_type = batch<T, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type load(T const* packed, lane_bits bits) noexcept {
    alignas(batch_type) T lane[batch_type::size];
    for (int l = 0; l != static_cast<int>(batch_type::size); ++l) lane[l] = ((bits >> l) & 1u) != 0 ? *packed++ : T{};
    return batch_type::load_aligned(lane);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
