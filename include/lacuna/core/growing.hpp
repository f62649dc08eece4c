// SPDX-License-Identifier: MIT
//
// Memory that grows at its end.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>

#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

[[noreturn]] LACUNA_COLD inline void fail_to_allocate() {
#if LACUNA_EXCEPTIONS
  throw std::bad_alloc();
#else
  std::abort();
#endif
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna {

/// Plain values one behind the other, as many as are appended: the owner of arrays whose size is known when they are
/// done. Throws std::bad_alloc if there is no memory; moving leaves the source empty.
template <class T>
class growing {
  static_assert(std::is_trivially_copyable_v<T>, "lacuna: growing holds plain values");

 public:
  using value_type = T;

  LACUNA_INLINE growing() noexcept = default;
  /// n copies of a value.
  LACUNA_INLINE explicit growing(index n, T value = {}) {
    reserve(n);
    for (index i = 0; i != n; ++i) memory_[i] = value;
    size_ = n;
  }
  /// A copy of the elements.
  LACUNA_INLINE explicit growing(std::span<T const> source) { append(source); }
  LACUNA_INLINE growing(growing const& other) : growing(other.span()) {}
  LACUNA_INLINE growing(growing&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)),
        room_(std::exchange(other.room_, 0)),
        size_(std::exchange(other.size_, 0)) {}
  LACUNA_INLINE growing& operator=(growing other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(room_, other.room_);
    std::swap(size_, other.size_);
    return *this;
  }
  LACUNA_INLINE ~growing() { std::free(memory_); }

  [[nodiscard]] LACUNA_INLINE index size() const noexcept { return size_; }
  [[nodiscard]] LACUNA_INLINE bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] LACUNA_INLINE T const* data() const noexcept { return memory_; }
  [[nodiscard]] LACUNA_INLINE T* data() noexcept { return memory_; }
  [[nodiscard]] LACUNA_INLINE T const& operator[](index i) const noexcept { return memory_[i]; }
  [[nodiscard]] LACUNA_INLINE T& operator[](index i) noexcept { return memory_[i]; }
  [[nodiscard]] LACUNA_INLINE std::span<T const> span() const noexcept {
    return {memory_, static_cast<std::size_t>(size_)};
  }

  /// Room for n elements without another allocation.
  LACUNA_INLINE void reserve(index n) {
    if (n <= room_) return;
    auto const bytes = detail::checked_multiply(n, static_cast<index>(sizeof(T)), "growing");
    void* const larger = std::realloc(memory_, static_cast<std::size_t>(bytes));  // moves pages, not what is in them
    if (larger == nullptr) detail::fail_to_allocate();
    memory_ = static_cast<T*>(larger);
    room_ = n;
  }
  /// One more; O(1), taken over all of them.
  LACUNA_INLINE void push_back(T value) {
    if (size_ == room_) reserve(size_ < 8 ? 16 : 2 * size_);
    memory_[size_++] = value;
  }
  /// Several more, from elsewhere.
  LACUNA_INLINE void append(std::span<T const> more) {
    auto const count = static_cast<index>(more.size());
    if (count == 0) return;
    if (size_ + count > room_) reserve(count > size_ ? size_ + count : 2 * size_);
    std::memcpy(memory_ + size_, more.data(), more.size_bytes());
    size_ += count;
  }
  /// The first n of them stay.
  LACUNA_INLINE void shrink(index n) noexcept {
    LACUNA_ASSERT(n >= 0 && n <= size_);
    size_ = n;
  }

 private:
  T* memory_ = nullptr;
  index room_ = 0;
  index size_ = 0;
};

}  // namespace lacuna
