// SPDX-License-Identifier: MIT
//
// One source of keys and values behind another: what is old, and what was added since.
#pragma once

#include <lacuna/attention/kv_source.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna::attention {

/// The tokens of `first`, then those of `second`: a past that is shared, paged or on loan, and a tail that grows. Holds
/// copies of the two sources, which borrow. Throws shape_error where their heads or dimensions differ.
template <kv_source A, kv_source B>
class concat_kv {
  static_assert(std::same_as<typename A::key_type, typename B::key_type> &&
                    std::same_as<typename A::value_type, typename B::value_type>,
                "lacuna: the two parts of concat_kv hold numbers of the same types");

 public:
  using key_type = typename A::key_type;
  using value_type = typename A::value_type;

  concat_kv(A first, B second) : first_(first), second_(second) {
    if (first.heads() != second.heads() || first.key_dim() != second.key_dim() ||
        first.value_dim() != second.value_dim())
      detail::fail<shape_error>("concat_kv: the first part has ", first.heads(), " heads of ", first.key_dim(), " and ",
                                first.value_dim(), " dimensions, the second ", second.heads(), " of ", second.key_dim(),
                                " and ", second.value_dim());
  }

  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return first_.tokens() + second_.tokens(); }
  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return first_.heads(); }
  [[nodiscard]] LACUNA_INLINE index key_dim() const noexcept { return first_.key_dim(); }
  [[nodiscard]] LACUNA_INLINE index value_dim() const noexcept { return first_.value_dim(); }

  /// Whether tokens stand in one part, which says that their rows stand one behind the other.
  [[nodiscard]] LACUNA_INLINE bool contiguous(index first, index count) const noexcept {
    index const border = first_.tokens();
    if (first + count <= border) return contiguous_rows(first_, first, count);
    return first >= border && contiguous_rows(second_, first - border, count);
  }

  LACUNA_INLINE void key_rows(index head, index first, index count, key_type const** to) const noexcept {
    split(first, count, to, [&](auto const& part, index at, index n, key_type const** rows) LACUNA_INLINE_LAMBDA {
      part.key_rows(head, at, n, rows);
    });
  }
  LACUNA_INLINE void key_rows(index head, std::int32_t const* ids, index count, key_type const** to) const noexcept {
    for (index t = 0; t != count; ++t) key_rows(head, index{ids[t]}, 1, to + t);
  }
  LACUNA_INLINE void value_rows(index head, index first, index count, value_type const** to) const noexcept {
    split(first, count, to, [&](auto const& part, index at, index n, value_type const** rows) LACUNA_INLINE_LAMBDA {
      part.value_rows(head, at, n, rows);
    });
  }
  LACUNA_INLINE void value_rows(index head, std::int32_t const* ids, index count,
                                value_type const** to) const noexcept {
    for (index t = 0; t != count; ++t) value_rows(head, index{ids[t]}, 1, to + t);
  }

 private:
  template <class T, class Rows>
  LACUNA_INLINE void split(index first, index count, T const** to, Rows const& rows) const noexcept {
    index const border = first_.tokens();
    index const before = first >= border ? 0 : first + count <= border ? count : border - first;
    if (before != 0) rows(first_, first, before, to);
    if (before != count) rows(second_, first + before - border, count - before, to + before);
  }

  A first_;
  B second_;
};

template <class A, class B>
concat_kv(A, B) -> concat_kv<A, B>;

}  // namespace lacuna::attention
