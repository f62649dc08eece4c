// SPDX-License-Identifier: MIT
//
// Dense vectors: a view with a stride, and the trait that adapts std::span, std::vector and foreign types.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace lacuna {

/// Borrows `size` elements of T, `stride` elements apart (1: contiguous).
template <class T>
class vector_view {
 public:
  using value_type = std::remove_const_t<T>;

  LACUNA_INLINE constexpr vector_view() noexcept = default;
  LACUNA_INLINE constexpr vector_view(T* data, index size, index stride = 1) noexcept
      : data_(data), size_(size), stride_(stride) {}
  /// A view to write through can be read through. A template, so that it is never taken for the copy constructor.
  template <std::same_as<std::remove_const_t<T>> U>
  LACUNA_INLINE constexpr vector_view(vector_view<U> const& other) noexcept
    requires std::is_const_v<T>
      : vector_view(other.data(), other.size(), other.stride()) {}

  [[nodiscard]] LACUNA_INLINE constexpr T* data() const noexcept { return data_; }
  [[nodiscard]] LACUNA_INLINE constexpr index size() const noexcept { return size_; }
  [[nodiscard]] LACUNA_INLINE constexpr index stride() const noexcept { return stride_; }
  [[nodiscard]] LACUNA_INLINE constexpr T& operator[](index i) const noexcept { return data_[i * stride_]; }

 private:
  T* data_ = nullptr;
  index size_ = 0;
  index stride_ = 1;
};

/// A vector as a matrix of one column. Its rows are `stride` apart, so any stride can be viewed.
template <class T>
[[nodiscard]] LACUNA_INLINE constexpr dense_view<T, order::row_major> as_column(vector_view<T> v) noexcept {
  return {v.data(), v.size(), 1, v.stride()};
}

/// Row i of a dense matrix where it lies, a token of tokens x features: `spmv(A, row(x, t), row(y, t))`. Expects
/// 0 <= i < rows. O(1).
template <dense_matrix M>
[[nodiscard]] LACUNA_INLINE constexpr auto row(M&& m, index i) {
  auto const view = view_of(m);
  LACUNA_ASSERT(i >= 0 && i < view.rows());
  return vector_view<std::remove_pointer_t<decltype(view.data())>>(view.data() + i * view.row_stride(), view.cols(),
                                                                   view.col_stride());
}

/// Column j of a dense matrix where it lies. Expects 0 <= j < cols. O(1).
template <dense_matrix M>
[[nodiscard]] LACUNA_INLINE constexpr auto column(M&& m, index j) {
  return row(transpose(view_of(m)), j);
}

/// Tells how a type is read and written as a vector: `static vector_view<T> view(V&)`, with T const when V is.
template <class V>
struct vector_access;

template <class T>
struct vector_access<vector_view<T>> {
  LACUNA_INLINE static constexpr vector_view<T> view(vector_view<T> const& v) noexcept { return v; }
};

namespace detail {

/// Contiguous memory that is no matrix: std::span, std::vector, std::array, lacuna::buffer.
template <class V>
concept contiguous = requires(V& v) {
  { *v.data() } -> std::convertible_to<typename std::remove_cvref_t<V>::value_type const&>;
  { v.size() } -> std::convertible_to<std::size_t>;
} && !requires(V& v) { v.rows(); } && scalar<typename std::remove_cvref_t<V>::value_type>;

}  // namespace detail

template <detail::contiguous V>
struct vector_access<V> {
  template <class U>
  LACUNA_INLINE static constexpr auto view(U& v) noexcept {
    return vector_view<std::remove_reference_t<decltype(*v.data())>>(v.data(), static_cast<index>(v.size()));
  }
};

/// Anything that vector_access can view.
template <class V>
concept dense_vector = requires(V& v) { vector_access<std::remove_cvref_t<V>>::view(v); };

/// The vector_view of any vector; O(1), nothing is copied.
template <dense_vector V>
[[nodiscard]] LACUNA_INLINE constexpr auto vector_of(V&& v) {
  return vector_access<std::remove_cvref_t<V>>::view(v);
}

}  // namespace lacuna
