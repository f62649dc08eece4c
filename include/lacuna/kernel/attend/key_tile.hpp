// SPDX-License-Identifier: MIT
//
// Up to 64 keys that a block of queries meets at once: which they are, and where their rows stand.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/tile.hpp>

#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Neighbouring slots of a tile: keys [first, first + count), or those at `ids`.
struct key_piece {
  std::int32_t const* ids;  // null: neighbouring keys
  index first;
  index slot;
  index count;
  bool partial;  // the mask is asked
};

/// What a walk over runs and tokens fills: short runs share a tile.
struct key_slots {
  index count = 0;  // slots in use, at most attend_tile::keys
  index pieces = 0;
  bool partial = false;  // some piece is
  bool biased = false;   // some bias is not 0
  key_piece piece[attend_tile::keys];
  float bias[attend_tile::keys + attend_tile::spare];

  LACUNA_INLINE void clear() noexcept {
    count = pieces = 0;
    partial = biased = false;
  }
  [[nodiscard]] LACUNA_INLINE index room() const noexcept { return attend_tile::keys - count; }
  /// At most room() keys; their biases are filled by the caller.
  LACUNA_INLINE void add(std::int32_t const* ids, index first, index n, bool masked) noexcept {
    piece[pieces++] = {ids, first, count, n, masked};
    count += n;
    partial = partial || masked;
  }
};

/// Something for each slot of a tile, such as the address of its key. Behind the last slot the last one is repeated:
/// register tiles reach beyond.
template <class T>
struct of_slots {
  static constexpr index size = attend_tile::keys + 2 * attend_tile::spare;
  T slot[size];

  LACUNA_INLINE void close(index count) noexcept {
    for (index s = count; s != size; ++s) slot[s] = slot[count - 1];
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
