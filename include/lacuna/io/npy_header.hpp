// SPDX-License-Identifier: MIT
//
// The header of a .npy file: what the bytes behind it mean.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/io/byte_cursor.hpp>
#include <lacuna/io/limits.hpp>
#include <lacuna/io/text.hpp>

#include <cstddef>
#include <string_view>

namespace lacuna::detail::inline LACUNA_ISA {

/// What an array is wanted as.
enum class npy_shape : unsigned char { matrix, vector };

/// Element type, order and shape of the array, and where its bytes begin.
struct npy_header {
  char kind = 0;         ///< 'f', 'i' or 'u'
  int width = 0;         ///< bytes of an element: 1, 2, 4 or 8
  bool swapped = false;  ///< big-endian
  bool col_major = false;
  index rows = 0;
  index cols = 0;
  std::size_t data = 0;
};

/// Reads the type in numpy's words: '<f4' is a little-endian float of 4 bytes.
inline void read_npy_type(byte_cursor& text, npy_header& h) {
  auto const at = text.at();
  auto const type = text.string("the element type");
  bool sound = type.size() == 3 && (type[1] == 'f' || type[1] == 'i' || type[1] == 'u');
  if (sound) {
    h.kind = type[1];
    h.width = type[2] - '0';
    h.swapped = type[0] == '>';
    bool const one = h.width == 1 && h.kind != 'f';
    bool const more = h.width == 2 || h.width == 4 || h.width == 8;
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
  h.rows = counts[0];
  h.cols = vector ? 1 : counts[1];
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
      h.col_major = text.take("True");
      if (!h.col_major) text.expect("False", "True or False");
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
  h.data = file.at() + length;
  // Nothing behind the header is read as one, but the bytes are counted from the start of the file.
  byte_cursor text(bytes.substr(0, h.data), name);
  static_cast<void>(text.take(bytes.substr(0, file.at())));
  read_npy_dictionary(text, h, wanted);
  text.skip_blanks();
  if (!text.take("\n") || text.left() != 0)
    text.reject("expected a newline at the end of the header, found ", text.found());
  if (h.rows > limits.max_rows) text.reject(h.rows, " rows exceed io_limits::max_rows, ", limits.max_rows);
  if (h.cols > limits.max_cols) text.reject(h.cols, " columns exceed io_limits::max_cols, ", limits.max_cols);
  auto const there = bytes.size() - h.data;
  auto const room = static_cast<index>(there / static_cast<std::size_t>(h.width));
  bool const fits = h.rows == 0 || h.cols <= room / h.rows;
  if (!fits ||
      static_cast<std::size_t>(h.rows) * static_cast<std::size_t>(h.cols) * static_cast<std::size_t>(h.width) != there)
    text.reject("a matrix of ", h.rows, "x", h.cols, " elements of ", h.width, " bytes each, but ", there,
                " bytes follow");
  if (h.rows * h.cols > limits.max_stored)
    text.reject(h.rows * h.cols, " elements exceed io_limits::max_stored, ", limits.max_stored);
  return h;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
