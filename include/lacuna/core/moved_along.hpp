// SPDX-License-Identifier: MIT
//
// Counts that leave an owner along with its memory.
#pragma once

#include <lacuna/core/config.hpp>

#include <type_traits>

namespace lacuna::detail {

/// A plain value that is T{} again once it was moved from. Owners keep their counts in it: a matrix, vector, statistic
/// or index that was moved from then is an empty one, and not one of so many rows without memory behind them.
template <class T>
class moved_along {
  static_assert(std::is_trivially_copyable_v<T>, "lacuna: moved_along holds a plain value");

 public:
  LACUNA_INLINE constexpr moved_along() noexcept = default;
  LACUNA_INLINE constexpr moved_along(T const& from) noexcept : value_(from) {}
  LACUNA_INLINE constexpr moved_along(moved_along const&) noexcept = default;
  LACUNA_INLINE constexpr moved_along& operator=(moved_along const&) noexcept = default;
  LACUNA_INLINE constexpr moved_along(moved_along&& other) noexcept : value_(other.take()) {}
  LACUNA_INLINE constexpr moved_along& operator=(moved_along&& other) noexcept {
    value_ = other.take();
    return *this;
  }
  LACUNA_INLINE ~moved_along() = default;

  [[nodiscard]] LACUNA_INLINE constexpr operator T const&() const noexcept { return value_; }
  [[nodiscard]] LACUNA_INLINE constexpr T const* operator->() const noexcept { return &value_; }

 private:
  // What std::exchange does, which may stay out of line, compiled for another processor.
  [[nodiscard]] LACUNA_INLINE constexpr T take() noexcept {
    T const taken = value_;
    value_ = T{};
    return taken;
  }

  T value_{};
};

}  // namespace lacuna::detail
