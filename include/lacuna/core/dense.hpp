// SPDX-License-Identifier: MIT
//
// Dense matrices: a view in either memory order with any stride, an owner, and the trait that adapts foreign types.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>
#include <lacuna/core/scalar.hpp>

#include <concepts>
#include <type_traits>

namespace lacuna {

/// Which index moves along contiguous memory: the column (row_major) or the row (col_major).
enum class order : unsigned char { row_major, col_major };

/// The other order.
[[nodiscard]] LACUNA_INLINE constexpr order flipped(order o) noexcept {
  return o == order::row_major ? order::col_major : order::row_major;
}

/// Borrows a rows x cols matrix of T (const-qualified for reading). Element (i, j) stands at data[i * stride + j] in
/// row_major, at data[i + j * stride] in col_major. The stride counts elements and is at least the length of a line,
/// unless there is but one line; views do not check it.
template <class T, order Order = order::row_major>
class dense_view {
 public:
  using value_type = std::remove_const_t<T>;
  static constexpr order memory_order = Order;

  LACUNA_INLINE constexpr dense_view() noexcept = default;
  LACUNA_INLINE constexpr dense_view(T* data, index rows, index cols, index stride) noexcept
      : data_(data), rows_(rows), cols_(cols), stride_(stride) {}
  /// Lines without gaps.
  LACUNA_INLINE constexpr dense_view(T* data, index rows, index cols) noexcept
      : dense_view(data, rows, cols, Order == order::row_major ? cols : rows) {}
  /// A view to write through can be read through. A template, so that it is never taken for the copy constructor.
  template <std::same_as<std::remove_const_t<T>> U>
  LACUNA_INLINE constexpr dense_view(dense_view<U, Order> const& other) noexcept
    requires std::is_const_v<T>
      : dense_view(other.data(), other.rows(), other.cols(), other.stride()) {}

  [[nodiscard]] LACUNA_INLINE constexpr T* data() const noexcept { return data_; }
  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return cols_; }
  /// Elements from one line (row in row_major, column in col_major) to the next.
  [[nodiscard]] LACUNA_INLINE constexpr index stride() const noexcept { return stride_; }
  [[nodiscard]] LACUNA_INLINE constexpr index row_stride() const noexcept {
    return Order == order::row_major ? stride_ : 1;
  }
  [[nodiscard]] LACUNA_INLINE constexpr index col_stride() const noexcept {
    return Order == order::row_major ? 1 : stride_;
  }
  [[nodiscard]] LACUNA_INLINE constexpr T& operator()(index i, index j) const noexcept {
    return data_[i * row_stride() + j * col_stride()];
  }

 private:
  T* data_ = nullptr;
  index rows_ = 0;
  index cols_ = 0;
  index stride_ = 0;
};

template <class T>
dense_view(T*, index, index, index) -> dense_view<T, order::row_major>;
template <class T>
dense_view(T*, index, index) -> dense_view<T, order::row_major>;

/// The same memory read as the transposed matrix: O(1), nothing moves.
template <class T, order Order>
[[nodiscard]] LACUNA_INLINE constexpr dense_view<T, flipped(Order)> transpose(dense_view<T, Order> m) noexcept {
  return {m.data(), m.cols(), m.rows(), m.stride()};
}

/// Owns a rows x cols matrix, zeroed, without gaps between lines, aligned to 64 bytes. Moved from, it is 0x0.
template <scalar T, order Order = order::row_major>
class dense {
 public:
  using value_type = T;
  static constexpr order memory_order = Order;

  LACUNA_INLINE dense() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE dense(dense const&) = default;
  LACUNA_INLINE dense(dense&&) noexcept = default;
  LACUNA_INLINE dense& operator=(dense const&) = default;
  LACUNA_INLINE dense& operator=(dense&&) noexcept = default;
  LACUNA_INLINE ~dense() = default;
  /// Zeroed. Throws shape_error if a count is negative, format_error if the size does not fit.
  LACUNA_INLINE dense(index rows, index cols) : rows_(rows), cols_(cols) {
    if (rows < 0 || cols < 0)
      detail::fail<shape_error>("dense: ", rows, " rows and ", cols, " columns, expected none below 0");
    values_ = buffer<T>(detail::checked_multiply(rows, cols, "dense"));
  }

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE index stride() const noexcept { return Order == order::row_major ? cols_ : rows_; }
  [[nodiscard]] LACUNA_INLINE T* data() noexcept { return values_.data(); }
  [[nodiscard]] LACUNA_INLINE T const* data() const noexcept { return values_.data(); }
  [[nodiscard]] LACUNA_INLINE T& operator()(index i, index j) noexcept { return view()(i, j); }
  [[nodiscard]] LACUNA_INLINE T const& operator()(index i, index j) const noexcept { return view()(i, j); }
  [[nodiscard]] LACUNA_INLINE dense_view<T, Order> view() noexcept { return {data(), rows_, cols_, stride()}; }
  [[nodiscard]] LACUNA_INLINE dense_view<T const, Order> view() const noexcept {
    return {data(), rows_, cols_, stride()};
  }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return values_.bytes(); }

  /// Same shape and equal elements (so a NaN makes it unequal).
  friend LACUNA_INLINE bool operator==(dense const& a, dense const& b) noexcept {
    if (a.rows_ != b.rows_ || a.cols_ != b.cols_) return false;
    for (index i = 0; i != a.values_.size(); ++i)
      if (!(a.values_[i] == b.values_[i])) return false;
    return true;
  }

 private:
  buffer<T> values_;
  detail::moved_along<index> rows_;
  detail::moved_along<index> cols_;
};

/// Tells how a type is read and written as a dense matrix: `static dense_view<T, Order> view(M&)`, with T const when M
/// is. Specialise it for your own type; interop/eigen.hpp does it for Eigen's.
template <class M>
struct dense_access;

template <class T, order Order>
struct dense_access<dense_view<T, Order>> {
  LACUNA_INLINE static constexpr dense_view<T, Order> view(dense_view<T, Order> const& m) noexcept { return m; }
};

template <class T, order Order>
struct dense_access<dense<T, Order>> {
  LACUNA_INLINE static dense_view<T, Order> view(dense<T, Order>& m) noexcept { return m.view(); }
  LACUNA_INLINE static dense_view<T const, Order> view(dense<T, Order> const& m) noexcept { return m.view(); }
};

/// Anything that dense_access can view.
template <class M>
concept dense_matrix = requires(M& m) { dense_access<std::remove_cvref_t<M>>::view(m); };

/// The dense_view of any dense matrix; O(1), nothing is copied.
template <dense_matrix M>
[[nodiscard]] LACUNA_INLINE constexpr auto view_of(M&& m) {
  return dense_access<std::remove_cvref_t<M>>::view(m);
}

/// The element type of a dense matrix, without const.
template <dense_matrix M>
using element_t = typename decltype(view_of(std::declval<M&>()))::value_type;

}  // namespace lacuna
