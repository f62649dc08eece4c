// SPDX-License-Identifier: MIT
//
// A hint that memory will be read soon.
#pragma once

#include <lacuna/core/config.hpp>

namespace lacuna {

/// Asks for the cache line that holds p. Changes nothing, and never faults, whatever p is; does nothing where the
/// compiler has no word for it.
LACUNA_INLINE void prefetch_line([[maybe_unused]] void const* p) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(p);
#endif
}

}  // namespace lacuna
