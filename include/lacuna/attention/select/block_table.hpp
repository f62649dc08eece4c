// SPDX-License-Identifier: MIT
//
// What indexes of keys are made of: for each head a growing row of blocks of equal size.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/moved_along.hpp>

#include <cstring>

namespace lacuna::attention {

/// heads x blocks x width numbers. Block b of head h stands at block(h, b), the next one of the head `width` further.
/// Growing is amortised: appending one block at a time copies each number O(1) times. New blocks are zeros.
template <class T>
class block_table {
 public:
  LACUNA_INLINE block_table() noexcept = default;
  LACUNA_INLINE block_table(index heads, index width) noexcept : heads_(heads), width_(width) {}

  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return heads_; }
  [[nodiscard]] LACUNA_INLINE index blocks() const noexcept { return blocks_; }
  [[nodiscard]] LACUNA_INLINE index width() const noexcept { return width_; }
  /// Blocks of a head that there is room for.
  [[nodiscard]] LACUNA_INLINE index capacity() const noexcept { return capacity_; }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return data_.bytes(); }
  [[nodiscard]] LACUNA_INLINE T* block(index head, index b) noexcept {
    return data_.data() + (head * capacity_ + b) * width_;
  }
  [[nodiscard]] LACUNA_INLINE T const* block(index head, index b) const noexcept {
    return data_.data() + (head * capacity_ + b) * width_;
  }
  /// Room for so many blocks of each head: none is allocated until there are more. Throws format_error if the size does
  /// not fit.
  LACUNA_INLINE void reserve(index blocks) {
    if (blocks <= capacity_) return;
    buffer<T> larger(
        detail::checked_multiply(heads_, detail::checked_multiply(blocks, width_, "index of keys"), "index of keys"));
    for (index h = 0; h != heads_; ++h)
      if (auto const used = blocks_ * width_; used != 0)
        std::memcpy(static_cast<void*>(larger.data() + h * blocks * width_), block(h, 0),
                    static_cast<std::size_t>(used) * sizeof(T));
    data_ = static_cast<buffer<T>&&>(larger);
    capacity_ = blocks;
  }
  /// So many blocks of each head, at least as many as there are.
  LACUNA_INLINE void grow(index blocks) {
    if (blocks > capacity_) reserve(blocks < 2 * capacity_ ? 2 * capacity_ : blocks);
    blocks_ = blocks;
  }

 private:
  buffer<T> data_;
  index heads_ = 0;
  index width_ = 0;
  lacuna::detail::moved_along<index> blocks_;
  lacuna::detail::moved_along<index> capacity_;
};

}  // namespace lacuna::attention
