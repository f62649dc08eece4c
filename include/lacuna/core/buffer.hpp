// SPDX-License-Identifier: MIT
//
// The one owner of memory: aligned, zeroed, with a readable tail.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/large_pages.hpp>

#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

namespace lacuna::detail {

/// Marks the constructor of a buffer whose elements its caller writes, all of them, before anybody reads one.
struct unwritten_t {};
inline constexpr unwritten_t unwritten{};

}  // namespace lacuna::detail

namespace lacuna {

/// A fixed number of trivially copyable elements, zeroed, aligned to 64 bytes (a cache line and the widest register),
/// from 4 MB on to 2 MB and on large pages where the system has them, and followed by at least 64 readable zero bytes.
/// Copying copies; moving leaves the source empty. Throws format_error if the size in bytes does not fit and
/// std::bad_alloc if there is no memory.
template <class T>
class buffer {
  static_assert(std::is_trivially_copyable_v<T>, "lacuna: a buffer holds plain values");

 public:
  using value_type = T;
  static constexpr std::size_t alignment = 64;

  LACUNA_INLINE buffer() noexcept = default;
  /// n zeroed elements.
  LACUNA_INLINE explicit buffer(index n) : data_(allocate(n)), size_(n) {}
  /// n elements that the caller writes, which saves a pass over them; only what is behind them is zero.
  LACUNA_INLINE buffer(index n, detail::unwritten_t) : data_(allocate_unwritten(n)), size_(n) {}
  /// A copy of the elements.
  LACUNA_INLINE explicit buffer(std::span<T const> source)
      : buffer(static_cast<index>(source.size()), detail::unwritten) {
    if (size_ != 0) std::memcpy(data_, source.data(), static_cast<std::size_t>(size_) * sizeof(T));
  }
  LACUNA_INLINE buffer(buffer const& other) : buffer(std::span<T const>(other.data_, other.unsigned_size())) {}
  LACUNA_INLINE buffer(buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  LACUNA_INLINE buffer& operator=(buffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  LACUNA_INLINE ~buffer() {
    if (data_ != nullptr) detail::deallocate(data_, unsigned_size() * sizeof(T) + alignment);
  }

  [[nodiscard]] LACUNA_INLINE T* data() noexcept { return data_; }
  [[nodiscard]] LACUNA_INLINE T const* data() const noexcept { return data_; }
  /// Number of elements.
  [[nodiscard]] LACUNA_INLINE index size() const noexcept { return size_; }
  /// Size in bytes, tail not counted.
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return size_ * static_cast<index>(sizeof(T)); }
  [[nodiscard]] LACUNA_INLINE T& operator[](index i) noexcept { return data_[i]; }
  [[nodiscard]] LACUNA_INLINE T const& operator[](index i) const noexcept { return data_[i]; }
  [[nodiscard]] LACUNA_INLINE T* begin() noexcept { return data_; }
  [[nodiscard]] LACUNA_INLINE T* end() noexcept { return data_ + size_; }
  [[nodiscard]] LACUNA_INLINE T const* begin() const noexcept { return data_; }
  [[nodiscard]] LACUNA_INLINE T const* end() const noexcept { return data_ + size_; }
  [[nodiscard]] LACUNA_INLINE std::span<T const> span() const noexcept { return {data_, unsigned_size()}; }
  [[nodiscard]] LACUNA_INLINE std::span<T> span() noexcept { return {data_, unsigned_size()}; }

 private:
  [[nodiscard]] LACUNA_INLINE std::size_t unsigned_size() const noexcept { return static_cast<std::size_t>(size_); }

  /// Bytes of n elements and of what is behind them.
  LACUNA_INLINE static std::size_t bytes_of(index n) {
    LACUNA_ASSERT(n >= 0);
    auto const used = detail::checked_multiply(n, static_cast<index>(sizeof(T)), "buffer");
    return static_cast<std::size_t>(detail::checked_add(used, alignment, "buffer"));
  }
  LACUNA_INLINE static T* allocate(index n) {
    return n == 0 ? nullptr : static_cast<T*>(detail::allocate_zeroed(bytes_of(n)));
  }
  LACUNA_INLINE static T* allocate_unwritten(index n) {
    if (n == 0) return nullptr;
    auto* const data = static_cast<T*>(detail::allocate(bytes_of(n)));
    std::memset(static_cast<void*>(data + n), 0, alignment);
    return data;
  }

  T* data_ = nullptr;
  index size_ = 0;
};

}  // namespace lacuna
