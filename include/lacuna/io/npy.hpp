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
#include <lacuna/io/elements.hpp>
#include <lacuna/io/file.hpp>
#include <lacuna/io/limits.hpp>
#include <lacuna/io/npy_header.hpp>
#include <lacuna/io/number.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace lacuna::detail::inline LACUNA_ISA {

/// The element type of T in a file; bf16, which the format has no name for, is written as the float that it equals.
template <scalar T>
using npy_element_t = std::conditional_t<std::same_as<T, bf16>, float, T>;

/// Makes room for what the header says, by make(layout), and reads it there.
template <scalar T, class Make>
void parse_npy_into(std::string_view bytes, std::string_view name, io_limits const& limits, npy_shape shape,
                    Make&& make) {
  auto const h = read_npy_header(bytes, name, limits, shape);
  auto const& layout = h.layout;
  memory_budget memory(limits, bytes.size());
  bool const known = with_element_type<T>(h.type, [&](auto zero) {
    if (!memory.take(static_cast<index>(bytes.size()), 1) || !memory.take(layout.rows * layout.cols, sizeof(T)))
      byte_cursor(bytes, name)
          .reject_at(layout.data, "a matrix of ", layout.rows, "x", layout.cols, " needs more memory than ",
                     bytes.size(), " bytes may ask for, see io_limits::max_growth");
    read_elements<decltype(zero)>(bytes, name, layout, make(layout));
  });
  if (!known)
    byte_cursor(bytes, name)
        .reject_at(layout.data, "elements of type ", std::string_view(&h.type.kind, 1), h.type.width, ", expected ",
                   name_of_type<T>(), ": integers are not converted");
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
  detail::parse_npy_into<T>(bytes, name, limits, detail::npy_shape::matrix, [&](auto const& layout) {
    out = dense<T>(layout.rows, layout.cols);
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
  detail::parse_npy_into<T>(bytes, name, limits, detail::npy_shape::vector, [&](auto const& layout) {
    out = buffer<T>(layout.rows);
    return dense_view<T>(out.data(), layout.rows, 1);
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
  text += detail::kind_of_element<U>;
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
  detail::append_elements<U>(bytes, view);
  return bytes;
}

/// Writes a .npy file. Throws io_error if the file can't be written.
template <dense_matrix M>
void write_npy(std::string const& path, M const& m) {
  detail::write_file(path, format_npy(m));
}

}  // namespace lacuna::inline LACUNA_ISA
