// SPDX-License-Identifier: MIT
//
// A vector of which few elements matter: their places and values.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>
#include <lacuna/format/arrays.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace lacuna {

/// Borrows a sparse vector: element indices[s] of `size` elements is values[s], all others are 0. Indices increase.
/// Nothing is checked: `validate` does.
template <std::floating_point T>
class sparse_vector_view {
 public:
  using value_type = T;
  using index_type = std::uint32_t;

  LACUNA_INLINE constexpr sparse_vector_view() noexcept = default;
  LACUNA_INLINE constexpr sparse_vector_view(index size, std::span<index_type const> indices,
                                             std::span<T const> values) noexcept
      : size_(size), indices_(indices), values_(values) {}

  /// Elements of the vector, stored or not.
  [[nodiscard]] LACUNA_INLINE constexpr index size() const noexcept { return size_; }
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return static_cast<index>(values_.size()); }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<index_type const> indices() const noexcept { return indices_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<T const> values() const noexcept { return values_; }
  [[nodiscard]] LACUNA_INLINE constexpr sparse_vector_view view() const noexcept { return *this; }

 private:
  index size_ = 0;
  std::span<index_type const> indices_;
  std::span<T const> values_;
};

/// Owns a sparse vector, with room for more elements than it has at the moment, so that the active inputs of token
/// after token can be written to it without allocating. 4 + sizeof(T) bytes for each element it has room for.
/// `select_active` fills it, and spmv(W, x, y) takes it as x. Source: any text on sparse matrices; "packed form" in J.
/// Gilbert, C. Moler, R. Schreiber, "Sparse Matrices in MATLAB: Design and Implementation", 1992.
template <std::floating_point T>
class sparse_vector {
 public:
  using value_type = T;
  using index_type = std::uint32_t;

  /// A vector without elements.
  LACUNA_INLINE sparse_vector() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE sparse_vector(sparse_vector const&) = default;
  LACUNA_INLINE sparse_vector(sparse_vector&&) noexcept = default;
  LACUNA_INLINE sparse_vector& operator=(sparse_vector const&) = default;
  LACUNA_INLINE sparse_vector& operator=(sparse_vector&&) noexcept = default;
  LACUNA_INLINE ~sparse_vector() = default;
  /// `size` zeros, with room to store all of them. Throws shape_error if the size is negative or above 2^32.
  LACUNA_INLINE explicit sparse_vector(index size) { reset(size); }
  /// Copies foreign arrays after `validate` has found them sound; throws format_error otherwise. O(stored).
  LACUNA_INLINE sparse_vector(index size, std::span<index_type const> indices, std::span<T const> values);

  [[nodiscard]] LACUNA_INLINE index size() const noexcept { return size_; }
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return stored_; }
  /// How many elements fit without an allocation.
  [[nodiscard]] LACUNA_INLINE index capacity() const noexcept { return std::max<index>(values_.size() - slack, 0); }
  [[nodiscard]] LACUNA_INLINE std::span<index_type const> indices() const noexcept {
    return indices_.span().first(static_cast<std::size_t>(stored_));
  }
  [[nodiscard]] LACUNA_INLINE std::span<T const> values() const noexcept {
    return values_.span().first(static_cast<std::size_t>(stored_));
  }
  /// The stored values, to be overwritten; the places stay.
  [[nodiscard]] LACUNA_INLINE std::span<T> values() noexcept {
    return values_.span().first(static_cast<std::size_t>(stored_));
  }
  [[nodiscard]] LACUNA_INLINE sparse_vector_view<T> view() const noexcept { return {size_, indices(), values()}; }

  /// `size` zeros. Allocates only where there is no room for all of them. Throws as the constructor.
  LACUNA_INLINE void reset(index size) {
    if (size < 0 || (size > 0 && std::cmp_greater(size - 1, std::numeric_limits<index_type>::max())))
      detail::fail<shape_error>("sparse_vector: a size of ", size, ", expected 0 to 2^32");
    if (values_.size() == 0 || size > capacity()) {
      indices_ = buffer<index_type>(size + slack);
      values_ = buffer<T>(size + slack);
    }
    size_ = size;
    stored_ = 0;
  }
  /// Stores what f(indices, values) writes: it gets room for size() indices, which must increase, and as many values,
  /// may overwrite 64 elements behind them as well (so whole registers), and returns how many it has written.
  template <class F>
  LACUNA_INLINE void store(F&& f) {
    stored_ = values_.size() == 0 ? 0 : static_cast<index>(f(indices_.data(), values_.data()));
  }

  /// Same size, same places, equal values (so a NaN makes it unequal).
  friend LACUNA_INLINE bool operator==(sparse_vector const& a, sparse_vector const& b) noexcept {
    return a.size_ == b.size_ && detail::equal_arrays(a.indices(), b.indices()) &&
           detail::equal_arrays(a.values(), b.values());
  }

 private:
  static constexpr index slack = 64;

  buffer<index_type> indices_;
  buffer<T> values_;
  detail::moved_along<index> size_;
  detail::moved_along<index> stored_;
};

/// A sparse vector, owner or view.
template <class V>
concept sparse_vector_like = requires(V const& v) {
  { v.view() } -> std::same_as<sparse_vector_view<typename V::value_type>>;
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// Checks that the arrays are a sparse vector and throws format_error, saying what is wrong and where: a size that is
/// not negative, as many values as indices, indices below the size and increasing. O(stored); reads nothing outside the
/// spans.
template <std::floating_point T>
void validate(sparse_vector_view<T> v) {
  if (v.size() < 0) detail::fail<format_error>("sparse_vector: the size is ", v.size(), ", expected 0 or more");
  detail::validate_value_count("sparse_vector", v.indices().size(), "indices", v.values().size());
  detail::validate_increasing("sparse_vector", "vector", 0, "index", v.indices(), v.size());
}
template <std::floating_point T>
void validate(sparse_vector<T> const& v) {
  validate(v.view());
}

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna {

template <std::floating_point T>
LACUNA_INLINE sparse_vector<T>::sparse_vector(index size, std::span<index_type const> indices,
                                              std::span<T const> values) {
  validate(sparse_vector_view<T>(size, indices, values));
  reset(size);
  store([&](index_type* to, T* value) {
    for (std::size_t s = 0; s != indices.size(); ++s) {
      to[s] = indices.data()[s];
      value[s] = values.data()[s];
    }
    return indices.size();
  });
}

}  // namespace lacuna
