// SPDX-License-Identifier: MIT
//
// How the elements of a matrix stand in a file, whatever its header looks like.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/io/byte_cursor.hpp>
#include <lacuna/io/number.hpp>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace lacuna::detail::inline LACUNA_ISA {

/// The type of the elements, as a header names it.
struct element_type {
  char kind = '?';  ///< f, b for bf16, i, u, or ? for what is no number of ours
  int width = 0;    ///< bytes of an element; 0 if they are not known
};

/// Shape of the matrix, order of its elements and of their bytes, and where they begin.
struct element_layout {
  index rows = 0;
  index cols = 0;
  std::size_t data = 0;  ///< the first of their bytes in the file
  bool col_major = false;
  bool swapped = false;  ///< big-endian
};

template <scalar U>
inline constexpr char kind_of_element = std::same_as<U, bf16> ? 'b'
                                        : !std::integral<U>   ? 'f'
                                        : std::is_signed_v<U> ? 'i'
                                                              : 'u';

/// Calls f with a value of this type, if a matrix of T can be read from it.
template <scalar T, class F>
[[nodiscard]] bool with_element_type(element_type type, F&& f) {
  bool done = false;
  auto const offer = [&](auto zero) {
    using U = decltype(zero);
    if constexpr (!std::integral<T> || std::same_as<T, U>)
      if (type.kind == kind_of_element<U> && type.width == static_cast<int>(sizeof(U))) {
        f(zero);
        done = true;
      }
  };
  offer(float{});
  offer(double{});
  offer(f16{});
  offer(bf16{});
  offer(std::int8_t{});
  offer(std::uint8_t{});
  offer(std::int16_t{});
  offer(std::uint16_t{});
  offer(std::int32_t{});
  offer(std::uint32_t{});
  offer(std::int64_t{});
  offer(std::uint64_t{});
  return done;
}

/// The element at `bytes`, whichever end comes first.
template <scalar U>
[[nodiscard]] LACUNA_INLINE U load_element(char const* bytes, bool swap) noexcept {
  char own[sizeof(U)];
  std::memcpy(own, bytes, sizeof(U));
  if (swap)
    for (std::size_t k = 0; k != sizeof(U) / 2; ++k) {
      char const c = own[k];
      own[k] = own[sizeof(U) - 1 - k];
      own[sizeof(U) - 1 - k] = c;
    }
  U value;
  std::memcpy(&value, own, sizeof(U));
  return value;
}

/// Reads all elements, which are U in the file `name`, into `out`. The layout's bytes are there. Throws io_error for a
/// number beyond T.
template <scalar U, scalar T>
void read_elements(std::string_view bytes, std::string_view name, element_layout const& layout, dense_view<T> out) {
  if (layout.cols == 0) return;  // of rows there may be any number
  bool const swap = layout.swapped != (std::endian::native == std::endian::big);
  auto const* const data = bytes.data() + layout.data;
  for (index i = 0; i != layout.rows; ++i)
    for (index j = 0; j != layout.cols; ++j) {
      auto const at = layout.col_major ? j * layout.rows + i : i * layout.cols + j;
      auto const place = static_cast<std::size_t>(at) * sizeof(U);
      auto const value = load_element<U>(data + place, swap);
      out(i, j) = convert<T>(value);
      if constexpr (!std::integral<T> && !std::same_as<T, U>)
        if (std::isfinite(static_cast<double>(value)) && !std::isfinite(static_cast<double>(out(i, j))))
          byte_cursor(bytes, name)
              .reject_at(layout.data + place, "the element in row ", i, ", column ", j, " is ",
                         static_cast<double>(value), ", beyond ", name_of_type<T>());
    }
}

/// Appends the elements of a view as U, row by row, little-endian.
template <scalar U, class View>
void append_elements(std::string& bytes, View const& view) {
  if (view.cols() == 0) return;  // of rows there may be any number
  auto at = bytes.size();
  bytes.resize(at + static_cast<std::size_t>(view.rows() * view.cols()) * sizeof(U));
  for (index i = 0; i != view.rows(); ++i)
    for (index j = 0; j != view.cols(); ++j, at += sizeof(U)) {
      auto const value = convert<U>(view(i, j));
      char own[sizeof(U)];
      std::memcpy(own, &value, sizeof(U));
      auto const little = load_element<U>(own, std::endian::native == std::endian::big);
      std::memcpy(bytes.data() + at, &little, sizeof(U));
    }
}

}  // namespace lacuna::detail::inline LACUNA_ISA
