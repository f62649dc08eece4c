// SPDX-License-Identifier: MIT
//
// The header of a .npy file: what the bytes behind it mean.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/io/byte_cursor.hpp>
#include <lacuna/io/elements.hpp>
#include <lacuna/io/limits.hpp>
#include <lacuna/io/text.hpp>

#include <cstddef>
#include <string_view>

namespace lacuna::detail::inline LACUNA_ISA {

/// What an array is wanted as.
enum class npy_shape : unsigned char { matrix, vector };

/// Element type, order and shape of the array, and where its bytes begin.
struct npy_header {
  element_type type;
  element_layout layout;
};

/// Reads the type in numpy's words: '<f4' is a little-endian float of 4 bytes.
inline void read_npy_type(byte_cursor& text, npy_header& h) {
  auto const at = text.at();
  auto const type = text.string("the element type");
  bool sound = type.size() == 3 && (type[1] == 'f' || type[1] == 'i' || type[1] == 'u');
  if (sound) {
    h.type.kind = type[1];
    h.type.width = type[2] - '0';
    h.layout.swapped = type[0] == '>';
    bool const one = h.type.width == 1 && h.type.kind != 'f';
    bool const more = h.type.width == 2 || h.type.width == 4 || h.type.width == 8;
    sound =
        (one && (type[0] == '|' || type[0] == '<' || type[0] == '>')) || (more && (type[0] == '<' || type[0] == '>'));
  }
  if (!sound)
    text.reject_at(at, "elements of type ", quoted(type), ", expected f2, f4, f8, or i or u of 1, 2, 4 or 8 bytes");
}

/// The shape; of a vector the rows.
inline void read_npy_shape(byte_cursor& text, npy_header& h, npy_shape shape) {
  auto const at = text.at();
  text.expect("(", "a tuple of counts");
  index counts[2] = {};
  index dimensions = 0;
  for (text.skip_blanks(); !text.take(")"); text.skip_blanks()) {
    auto const n = text.count("a count or ')'");
    if (dimensions < 2) counts[dimensions] = n;
    ++dimensions;
    text.skip_blanks();
    if (text.take(",")) continue;
    text.expect(")", "',' or ')'");
    break;
  }
  bool const vector = shape == npy_shape::vector;
  if (dimensions != (vector ? 1 : 2))
    text.reject_at(at, "an array of ", dimensions, " dimensions, expected ",
                   vector            ? "a vector"
                   : dimensions == 1 ? "a matrix; read_npy_vector takes it"
                                     : "a matrix");
  h.layout.rows = counts[0];
  h.layout.cols = vector ? 1 : counts[1];
}

/// The dictionary: the three keys in any order, each once.
inline void read_npy_dictionary(byte_cursor& text, npy_header& h, npy_shape wanted) {
  bool type = false, order = false, shape = false;
  text.expect("{", "'{'");
  for (text.skip_blanks(); !text.take("}"); text.skip_blanks()) {
    auto const at = text.at();
    auto const key = text.string("a key or '}'");
    bool* const known = key == "descr" ? &type : key == "fortran_order" ? &order : key == "shape" ? &shape : nullptr;
    if (known == nullptr) text.reject_at(at, "key ", quoted(key), ", expected descr, fortran_order or shape");
    if (*known) text.reject_at(at, "key ", quoted(key), " comes twice");
    *known = true;
    text.skip_blanks();
    text.expect(":", "':'");
    text.skip_blanks();
    if (known == &type) {
      read_npy_type(text, h);
    } else if (known == &shape) {
      read_npy_shape(text, h, wanted);
    } else {
      h.layout.col_major = text.take("True");
      if (!h.layout.col_major) text.expect("False", "True or False");
    }
    text.skip_blanks();
    if (text.take(",")) continue;
    text.expect("}", "',' or '}'");
    break;
  }
  if (!type || !order || !shape)
    text.reject("the header has no ", !type ? "descr" : !order ? "fortran_order" : "shape");
}

/// Reads the header, and refuses what the limits do not allow or the number of bytes behind it does not fit.
[[nodiscard]] inline npy_header read_npy_header(std::string_view bytes, std::string_view name, io_limits const& limits,
                                                npy_shape wanted = npy_shape::matrix) {
  byte_cursor file(bytes, name);
  file.expect("\x93NUMPY", "the mark of .npy files");
  auto const version = file.little(1, "a version");
  auto const minor = file.little(1, "a version");
  if (version < 1 || version > 3 || minor != 0)
    file.reject_at(6, "version ", version, ".", minor, ", expected 1.0, 2.0 or 3.0");
  auto const length = file.little(version == 1 ? 2 : 4, "the length of the header");
  if (length > file.left()) file.reject("a header of ", length, " bytes, there are ", file.left());
  npy_header h;
  h.layout.data = file.at() + length;
  // Nothing behind the header is read as one, but the bytes are counted from the start of the file.
  byte_cursor text(bytes.substr(0, h.layout.data), name);
  static_cast<void>(text.take(bytes.substr(0, file.at())));
  read_npy_dictionary(text, h, wanted);
  text.skip_blanks();
  if (!text.take("\n") || text.left() != 0)
    text.reject("expected a newline at the end of the header, found ", text.found());
  index const rows = h.layout.rows;
  index const cols = h.layout.cols;
  auto const width = static_cast<std::size_t>(h.type.width);
  if (rows > limits.max_rows) text.reject(rows, " rows exceed io_limits::max_rows, ", limits.max_rows);
  if (cols > limits.max_cols) text.reject(cols, " columns exceed io_limits::max_cols, ", limits.max_cols);
  auto const there = bytes.size() - h.layout.data;
  bool const fits = rows == 0 || cols <= static_cast<index>(there / width) / rows;
  if (!fits || static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols) * width != there)
    text.reject("a matrix of ", rows, "x", cols, " elements of ", width, " bytes each, but ", there, " bytes follow");
  if (rows * cols > limits.max_stored)
    text.reject(rows * cols, " elements exceed io_limits::max_stored, ", limits.max_stored);
  return h;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
