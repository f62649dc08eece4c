// SPDX-License-Identifier: MIT
//
// Two neighbouring columns of a list by one load: rows of X that are read for one slot each wait for as many loads of
// columns, which are half as many so.
#pragma once

#include <lacuna/core/config.hpp>

#include <bit>
#include <cstdint>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

struct column_pair {
  index first;
  index second;
};

/// column[0] and column[1]; where they have four bytes, by one load.
template <class I>
[[nodiscard]] LACUNA_INLINE column_pair load_pair(I const* column) noexcept {
  if constexpr (sizeof(I) == 4 && std::endian::native == std::endian::little) {
    std::uint64_t both;
    std::memcpy(&both, column, sizeof both);
    return {static_cast<index>(both & 0xFFFFFFFFu), static_cast<index>(both >> 32)};
  } else {
    return {static_cast<index>(column[0]), static_cast<index>(column[1])};
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
