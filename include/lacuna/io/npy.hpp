// SPDX-License-Identifier: MIT
//
// .npy: dense matrices as NumPy stores them.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/io/byte_cursor.hpp>
#include <lacuna/io/file.hpp>
#include <lacuna/io/limits.hpp>
#include <lacuna/io/npy_header.hpp>
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

/// The element type of T in a file; bf16, which the format has no name for, is written as the float that it equals.
template <scalar T>
using npy_element_t = std::conditional_t<std::same_as<T, bf16>, float, T>;

template <scalar U>
inline constexpr char npy_kind = std::integral<U> ? (std::is_signed_v<U> ? 'i' : 'u') : 'f';

/// The element at `bytes`, whichever end comes first.
template <scalar U>
[[nodiscard]] LACUNA_INLINE U npy_load(char const* bytes, bool swap) noexcept {
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

/// Reads all elements as U into `out`.
template <scalar U, scalar T>
void read_npy_elements(std::string_view bytes, std::string_view name, npy_header const& h, dense_view<T> out) {
  if (h.cols == 0) return;  // of rows there may be any number
  bool const swap = h.swapped != (std::endian::native == std::endian::big);
  auto const* const data = bytes.data() + h.data;
  for (index i = 0; i != h.rows; ++i)
    for (index j = 0; j != h.cols; ++j) {
      auto const place = static_cast<std::size_t>(h.col_major ? j * h.rows + i : i * h.cols + j) * sizeof(U);
      auto const value = npy_load<U>(data + place, swap);
      out(i, j) = convert<T>(value);
      if constexpr (!std::integral<T> && !std::same_as<T, U>)
        if (std::isfinite(static_cast<double>(value)) && !std::isfinite(static_cast<double>(out(i, j))))
          byte_cursor(bytes, name)
              .reject_at(h.data + place, "the element in row ", i, ", column ", j, " is ", static_cast<double>(value),
                         ", beyond ", name_of_type<T>());
    }
}

/// Calls f with a value of the header's element type, if a matrix of T can be read from it.
template <scalar T, class F>
[[nodiscard]] bool with_npy_type(npy_header const& h, F&& f) {
  bool done = false;
  auto const offer = [&](auto zero) {
    using U = decltype(zero);
    if constexpr (!std::integral<T> || std::same_as<T, U>)
      if (h.kind == npy_kind<U> && h.width == static_cast<int>(sizeof(U))) {
        f(zero);
        done = true;
      }
  };
  offer(float{});
  offer(double{});
  offer(f16{});
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

/// Makes room for what the header says, by make(h), and reads it there.
template <scalar T, class Make>
void parse_npy_into(std::string_view bytes, std::string_view name, io_limits const& limits, npy_shape shape,
                    Make&& make) {
  auto const h = read_npy_header(bytes, name, limits, shape);
  memory_budget memory(limits, bytes.size());
  bool const known = with_npy_type<T>(h, [&](auto zero) {
    if (!memory.take(static_cast<index>(bytes.size()), 1) || !memory.take(h.rows * h.cols, sizeof(T)))
      byte_cursor(bytes, name)
          .reject_at(h.data, "a matrix of ", h.rows, "x", h.cols, " needs more memory than ", bytes.size(),
                     " bytes may ask for, see io_limits::max_growth");
    read_npy_elements<decltype(zero)>(bytes, name, h, make(h));
  });
  if (!known)
    byte_cursor(bytes, name)
        .reject_at(h.data, "elements of type ", std::string_view(&h.kind, 1), h.width, ", expected ", name_of_type<T>(),
                   ": integers are not converted");
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Reads the bytes of a .npy file, version 1, 2 or 3, that holds a matrix of floating-point numbers (2, 4 or 8 bytes)
/// or integers (1 to 8), of either byte order and either memory order. Floating types take all of them, rounded to
/// nearest; an integer type takes its own. Throws io_error "name: byte n: reason" for anything else: arrays of other
/// dimensions or types, numbers beyond T, bytes missing or left over, and what the limits forbid. Everything is checked
/// before memory is taken. O(bytes). Format: NumPy Enhancement Proposal 1.
template <scalar T>
[[nodiscard]] dense<T> parse_npy(std::string_view bytes, std::string_view name = "npy", io_limits const& limits = {}) {
  dense<T> out;
  detail::parse_npy_into<T>(bytes, name, limits, detail::npy_shape::matrix, [&](auto const& h) {
    out = dense<T>(h.rows, h.cols);
    return out.view();
  });
  return out;
}

/// Reads a .npy file, as parse_npy; also throws io_error if the file can't be read.
template <scalar T>
[[nodiscard]] dense<T> read_npy(std::string const& path, io_limits const& limits = {}) {
  auto const bytes = detail::read_file(path, limits.max_file_bytes);
  return parse_npy<T>(detail::as_text(bytes), path, limits);
}

/// As parse_npy, for an array of one dimension, such as the biases of a layer.
template <scalar T>
[[nodiscard]] buffer<T> parse_npy_vector(std::string_view bytes, std::string_view name = "npy",
                                         io_limits const& limits = {}) {
  buffer<T> out;
  detail::parse_npy_into<T>(bytes, name, limits, detail::npy_shape::vector, [&](auto const& h) {
    out = buffer<T>(h.rows);
    return dense_view<T>(out.data(), h.rows, 1);
  });
  return out;
}

/// As read_npy, for an array of one dimension.
template <scalar T>
[[nodiscard]] buffer<T> read_npy_vector(std::string const& path, io_limits const& limits = {}) {
  auto const bytes = detail::read_file(path, limits.max_file_bytes);
  return parse_npy_vector<T>(detail::as_text(bytes), path, limits);
}

/// The bytes of a .npy file of version 1 with the elements of a matrix (either order), row by row, little-endian; bf16
/// as float. O(rows * cols).
template <dense_matrix M>
[[nodiscard]] std::string format_npy(M const& m) {
  auto const view = view_of(m);
  using U = detail::npy_element_t<element_t<M const>>;
  std::string text = "{'descr': '";
  text += sizeof(U) == 1 ? '|' : '<';
  text += detail::npy_kind<U>;
  detail::append_number(text, static_cast<index>(sizeof(U)));
  detail::append_number(text += "', 'fortran_order': False, 'shape': (", view.rows());
  detail::append_number(text += ", ", view.cols());
  text += "), }";
  while ((10 + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(text.size() % 256);
  bytes += static_cast<char>(text.size() / 256);
  bytes += text;
  if (view.cols() == 0) return bytes;  // of rows there may be any number
  auto at = bytes.size();
  bytes.resize(at + static_cast<std::size_t>(view.rows() * view.cols()) * sizeof(U));
  for (index i = 0; i != view.rows(); ++i)
    for (index j = 0; j != view.cols(); ++j, at += sizeof(U)) {
      auto const value = detail::convert<U>(view(i, j));
      char own[sizeof(U)];
      std::memcpy(own, &value, sizeof(U));
      auto const little = detail::npy_load<U>(own, std::endian::native == std::endian::big);
      std::memcpy(bytes.data() + at, &little, sizeof(U));
    }
  return bytes;
}

/// Writes a .npy file. Throws io_error if the file can't be written.
template <dense_matrix M>
void write_npy(std::string const& path, M const& m) {
  detail::write_file(path, format_npy(m));
}

}  // namespace lacuna::inline LACUNA_ISA
