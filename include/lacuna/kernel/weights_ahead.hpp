// SPDX-License-Identifier: MIT
//
// Weights of 16 bits for visits of some slots to a row of sums: widened a visit ahead, because a visit begins where the
// exit of the last one was a surprise, with nothing else to do while it waits for them.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/isa.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The first weights of two visits, to rows r and r + 1, in the type S of sums. There is nothing to prepare for weights
/// that are of that type, or widened as they are broadcast, and so are read where they stand.
template <class Arch, class T, class S>
struct weights_ahead {
  static constexpr int together = 32;
  alignas(simd::batch<S, Arch>) S wide[2][together];  // of an even row, of an odd one

  /// Widens those from `slot` on, `together` or as many as there are, for row r.
  template <class View>
  LACUNA_INLINE void prepare(View const& a, index slot, index r) noexcept {
    widen_next<Arch, together>(a.values().data() + slot, a.stored() - slot, wide[r % 2]);
  }
};
template <class Arch, class T, class S>
  requires(simd::broadcast<Arch, S, T>::at_once)
struct weights_ahead<Arch, T, S> {
  template <class View>
  LACUNA_INLINE void prepare(View const&, index, index) noexcept {}
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
