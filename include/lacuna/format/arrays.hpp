// SPDX-License-Identifier: MIT
//
// What the formats share: counting, comparing and checking their arrays.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

namespace lacuna::detail {

/// Marks the constructors that take arrays known to be sound.
struct unchecked_t {};
inline constexpr unchecked_t unchecked{};

/// The element type of a raw pointer or of anything with data().
template <class C>
struct element_of_array {
  using type = std::remove_cvref_t<decltype(*std::declval<C const&>().data())>;
};
template <class T>
struct element_of_array<T*> {
  using type = std::remove_cv_t<T>;
};
template <class T, std::size_t N>
struct element_of_array<T[N]> {
  using type = std::remove_cv_t<T>;
};
template <class C>
using element_of = typename element_of_array<C>::type;

/// Where the lines of a matrix without any start and end: all at zero. Arrays that tell of n lines have n + 1 entries,
/// and this is the one of an owner that was moved from, or never filled.
template <class T>
inline constexpr T no_lines[1] = {};
template <class T>
[[nodiscard]] LACUNA_INLINE std::span<T const> bounds_of_lines(buffer<T> const& bounds) noexcept {
  return bounds.size() != 0 ? bounds.span() : std::span<T const>(no_lines<T>);
}

template <scalar T>
[[nodiscard]] LACUNA_INLINE constexpr bool is_zero(T value) noexcept {
  if constexpr (std::integral<T>)
    return value == 0;
  else
    return static_cast<accumulator_t<T>>(value) == 0;
}

template <scalar T>
[[nodiscard]] LACUNA_INLINE constexpr index count_nonzeros(std::span<T const> values) noexcept {
  index n = 0;
  for (std::size_t s = 0; s != values.size(); ++s) n += !is_zero(values.data()[s]);
  return n;
}

template <class T>
[[nodiscard]] LACUNA_INLINE constexpr bool equal_arrays(std::span<T const> a, std::span<T const> b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t s = 0; s != a.size(); ++s)
    if (!(a.data()[s] == b.data()[s])) return false;
  return true;
}

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// Throws format_error if `value` exceeds the largest I.
template <std::integral I>
void require_fits(char const* who, char const* what, index value) {
  if (value > 0 && std::cmp_greater(value, std::numeric_limits<I>::max()))
    fail<format_error>(who, ": ", what, " ", value, " does not fit the index type, whose largest value is ",
                       std::numeric_limits<I>::max());
}

/// Throws format_error unless the counts are not negative.
inline void validate_counts(char const* who, index rows, index cols) {
  if (rows < 0 || cols < 0) fail<format_error>(who, ": ", rows, " rows and ", cols, " columns, expected none below 0");
}

/// Checks the offsets of `lines` lines (called `line` in messages): one more than there are lines, starting at 0, never
/// falling, and ending at the number of `what`, which is `count`.
template <std::integral Offset>
void validate_offsets(char const* who, char const* line, index lines, std::span<Offset const> offsets, char const* what,
                      std::size_t count) {
  if (offsets.empty() || offsets.size() - 1 != static_cast<std::size_t>(lines))
    fail<format_error>(who, ": ", lines, " ", line, "s need ", lines, " + 1 offsets, got ", offsets.size());
  if (offsets[0] != 0) fail<format_error>(who, ": offsets[0] is ", offsets[0], ", expected 0");
  for (std::size_t i = 0; i + 1 != offsets.size(); ++i)
    if (offsets[i + 1] < offsets[i])
      fail<format_error>(who, ": offsets fall from ", offsets[i], " to ", offsets[i + 1], " at ", line, " ", i);
  if (std::cmp_not_equal(offsets.back(), count))
    fail<format_error>(who, ": the last offset is ", offsets.back(), ", but there are ", count, " ", what);
}

/// Checks that there are `each` values, called `of`, for each of `count` things called `what`.
inline void validate_value_count(char const* who, std::size_t count, char const* what, std::size_t values,
                                 std::size_t each = 1, char const* of = "values") {
  if (each == 1 && values != count)
    fail<format_error>(who, ": ", count, " ", what, " need as many ", of, ", got ", values);
  if (values / each != count || values % each != 0)
    fail<format_error>(who, ": ", count, " ", what, " need ", count, " * ", each, " ", of, ", got ", values);
}

/// Checks that the indices of one line lie in [0, count) and increase.
template <std::integral I>
void validate_increasing(char const* who, char const* line, index number, char const* what, std::span<I const> indices,
                         index count) {
  for (std::size_t s = 0; s != indices.size(); ++s) {
    if (std::cmp_less(indices[s], 0) || std::cmp_greater_equal(indices[s], count))
      fail<format_error>(who, ": ", line, " ", number, " has ", what, " ", indices[s], ", expected 0 <= ", what, " < ",
                         count);
    if (s != 0 && indices[s] == indices[s - 1])
      fail<format_error>(who, ": ", line, " ", number, " has ", what, " ", indices[s], " twice");
    if (s != 0 && indices[s] < indices[s - 1])
      fail<format_error>(who, ": ", line, " ", number, " has ", what, " ", indices[s], " after ", indices[s - 1],
                         ", expected increasing order");
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA
