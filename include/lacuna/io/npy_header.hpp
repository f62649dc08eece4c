// SPDX-License-Identifier: MIT
//
// The header of a .npy file: what the bytes behind it mean.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/io/limits.hpp>
#include <lacuna/io/number.hpp>
#include <lacuna/io/text.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

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

/// Walks over the bytes of a header; every error names the byte.
class npy_cursor {
 public:
  npy_cursor(std::string_view bytes, std::string_view name) noexcept : bytes_(bytes), name_(name) {}

  template <class... Parts>
  [[noreturn]] LACUNA_COLD void reject_at(std::size_t at, Parts const&... parts) const {
    fail<io_error>(name_, ": byte ", at, ": ", parts...);
  }
  template <class... Parts>
  [[noreturn]] LACUNA_COLD void reject(Parts const&... parts) const {
    reject_at(at_, parts...);
  }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }

  /// What comes next, as a message can show it.
  [[nodiscard]] std::string found() const { return at_ == bytes_.size() ? "the end" : quoted(bytes_.substr(at_, 12)); }
  /// Steps over `text`, or says that `what` was expected.
  void expect(std::string_view text, char const* what) {
    if (!take(text)) reject("expected ", what, ", found ", found());
  }
  [[nodiscard]] bool take(std::string_view text) noexcept {
    if (bytes_.substr(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }
  void skip_blanks() noexcept {
    while (at_ != bytes_.size() && bytes_[at_] == ' ') ++at_;
  }
  /// A little-endian number of `count` bytes.
  [[nodiscard]] std::size_t little(int count, char const* what) {
    if (left() < static_cast<std::size_t>(count)) reject("expected ", what, ", found the end");
    std::size_t value = 0;
    for (int k = count; k-- != 0;)
      value = value << 8 | static_cast<unsigned char>(bytes_[at_ + static_cast<std::size_t>(k)]);
    at_ += static_cast<std::size_t>(count);
    return value;
  }
  /// A word in quotes.
  [[nodiscard]] std::string_view string(char const* what) {
    if (left() == 0 || (bytes_[at_] != '\'' && bytes_[at_] != '"')) reject("expected ", what, ", found ", found());
    auto const end = bytes_.find(bytes_[at_], at_ + 1);
    if (end == std::string_view::npos) reject("the quote of ", what, " does not end");
    auto const word = bytes_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return word;
  }
  [[nodiscard]] index count(char const* what) {
    index value = 0;
    auto const* const first = bytes_.data() + at_;
    bool const digit = left() != 0 && *first >= '0' && *first <= '9';
    auto const [stop, error] = std::from_chars(first, bytes_.data() + bytes_.size(), value);
    if (!digit) reject("expected ", what, ", found ", found());
    if (error != std::errc{}) reject(what, " does not fit 64 bits");
    at_ += static_cast<std::size_t>(stop - first);
    return value;
  }

 private:
  std::string_view bytes_;
  std::string_view name_;
  std::size_t at_ = 0;
};

/// Reads the type in numpy's words: '<f4' is a little-endian float of 4 bytes.
inline void read_npy_type(npy_cursor& text, npy_header& h) {
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
inline void read_npy_shape(npy_cursor& text, npy_header& h, npy_shape shape) {
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
inline void read_npy_dictionary(npy_cursor& text, npy_header& h, npy_shape wanted) {
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
  npy_cursor file(bytes, name);
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
  npy_cursor text(bytes.substr(0, h.data), name);
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
