// SPDX-License-Identifier: MIT
//
// What the last queries of a prompt see: which columns of the attention matrix, and which of its diagonals.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>

#include <span>

namespace lacuna::attention {

/// For each head, from the exact softmax of the last `last` queries: the mass of every key, and of every distance from
/// a query back to its key. `lacuna::probe` makes it, and `select` turns the heaviest into a plan. Source: H. Jiang et
/// al., "MInference 1.0", 2024 (vertical-slash heads: the last 64 queries).
class probe_last {
 public:
  /// Zeros. Throws shape_error if a count is negative.
  LACUNA_INLINE probe_last(index heads, index keys, index last = 64) : heads_(heads), keys_(keys), last_(last) {
    if (heads < 0 || keys < 0 || last < 0)
      detail::fail<shape_error>("probe_last: ", heads, " heads, ", keys, " keys, ", last,
                                " queries, expected none below 0");
    mass_ = buffer<float>(detail::checked_multiply(2 * heads, keys, "probe_last"));
  }

  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return heads_; }
  [[nodiscard]] LACUNA_INLINE index keys() const noexcept { return keys_; }
  /// Queries that were asked; the masses of a head add up to as many, or less where some see nothing.
  [[nodiscard]] LACUNA_INLINE index last() const noexcept { return last_; }
  /// Mass of each key.
  [[nodiscard]] LACUNA_INLINE std::span<float const> columns(index head) const noexcept {
    return mass_.span().subspan(static_cast<std::size_t>(2 * head * keys_), static_cast<std::size_t>(keys_));
  }
  [[nodiscard]] LACUNA_INLINE std::span<float> columns(index head) noexcept {
    return mass_.span().subspan(static_cast<std::size_t>(2 * head * keys_), static_cast<std::size_t>(keys_));
  }
  /// Mass of each distance: element o is that of the keys o places before their query.
  [[nodiscard]] LACUNA_INLINE std::span<float const> diagonals(index head) const noexcept {
    return mass_.span().subspan(static_cast<std::size_t>((2 * head + 1) * keys_), static_cast<std::size_t>(keys_));
  }
  [[nodiscard]] LACUNA_INLINE std::span<float> diagonals(index head) noexcept {
    return mass_.span().subspan(static_cast<std::size_t>((2 * head + 1) * keys_), static_cast<std::size_t>(keys_));
  }

 private:
  buffer<float> mass_;
  lacuna::detail::moved_along<index> heads_;
  lacuna::detail::moved_along<index> keys_;
  index last_;
};

}  // namespace lacuna::attention
