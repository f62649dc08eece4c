// SPDX-License-Identifier: MIT
//
// The first lines of a Matrix Market text: what follows, and how much of it.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/io/limits.hpp>
#include <lacuna/io/text.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace lacuna::detail {

enum class mtx_layout : unsigned char { coordinate, array };
enum class mtx_field : unsigned char { real, integer, pattern };
enum class mtx_symmetry : unsigned char { general, symmetric, skew_symmetric };

/// What stands above the entries of a Matrix Market file.
struct mtx_header {
  mtx_layout layout = mtx_layout::coordinate;
  mtx_field field = mtx_field::real;
  mtx_symmetry symmetry = mtx_symmetry::general;
  index rows = 0;
  index cols = 0;
  index lines = 0;      ///< entries that the text lists, one a line
  index size_line = 0;  ///< number of the line with the counts
};

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// True if word is `lower`, whatever the case of its ASCII letters.
[[nodiscard]] inline bool same_word(std::string_view word, std::string_view lower) noexcept {
  if (word.size() != lower.size()) return false;
  for (std::size_t i = 0; i != word.size(); ++i) {
    char const c = word[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

inline mtx_field read_mtx_field(text_cursor& text) {
  auto const word = text.word();
  if (same_word(word, "real") || same_word(word, "double")) return mtx_field::real;
  if (same_word(word, "integer") || same_word(word, "unsigned-integer")) return mtx_field::integer;
  if (same_word(word, "pattern")) return mtx_field::pattern;
  if (same_word(word, "complex")) text.reject("complex matrices are not supported, expected real, integer or pattern");
  text.reject_word("real, integer or pattern", word);
}

inline mtx_symmetry read_mtx_symmetry(text_cursor& text) {
  auto const word = text.word();
  if (same_word(word, "general")) return mtx_symmetry::general;
  if (same_word(word, "symmetric")) return mtx_symmetry::symmetric;
  if (same_word(word, "skew-symmetric")) return mtx_symmetry::skew_symmetric;
  if (same_word(word, "hermitian"))
    text.reject("hermitian matrices are not supported, expected general, symmetric or skew-symmetric");
  text.reject_word("general, symmetric or skew-symmetric", word);
}

/// `%%MatrixMarket matrix <layout> <field> <symmetry>`, the first line, in any case.
inline mtx_header read_mtx_banner(text_cursor& text) {
  if (!text.next_line()) text.reject("expected '%%MatrixMarket matrix ...', found nothing");
  if (auto const word = text.word(); !same_word(word, "%%matrixmarket")) text.reject_word("'%%MatrixMarket'", word);
  if (auto const word = text.word(); !same_word(word, "matrix")) text.reject_word("'matrix'", word);
  mtx_header h;
  auto const layout = text.word();
  if (same_word(layout, "array"))
    h.layout = mtx_layout::array;
  else if (!same_word(layout, "coordinate"))
    text.reject_word("coordinate or array", layout);
  h.field = read_mtx_field(text);
  h.symmetry = read_mtx_symmetry(text);
  text.expect_line_end("the symmetry");
  if (h.field == mtx_field::pattern && h.layout == mtx_layout::array) text.reject("an array can't be a pattern");
  if (h.field == mtx_field::pattern && h.symmetry == mtx_symmetry::skew_symmetric)
    text.reject("a pattern can't be skew-symmetric");
  return h;
}

/// Number of lines of an array text: all elements, or the lower triangle. Refused if there is room for fewer, `most`;
/// quotients tell that before a product could wrap.
inline index count_array_lines(text_cursor const& text, mtx_header const& h, index most) {
  if (h.rows == 0 || h.cols == 0) return 0;
  index lines = 0;
  bool fits = false;
  if (h.symmetry == mtx_symmetry::general) {
    fits = h.cols <= most / h.rows;
    lines = fits ? h.rows * h.cols : 0;
  } else {
    fits = (h.rows - 1) / 2 <= most / h.rows + 1;  // more is too much even without the diagonal
    lines = !fits ? 0 : h.symmetry == mtx_symmetry::symmetric ? h.rows * (h.rows + 1) / 2 : h.rows * (h.rows - 1) / 2;
  }
  if (!fits || lines > most)
    text.reject("an array of ", h.rows, "x", h.cols, " does not fit what follows, ", text.bytes_behind(), " bytes in ",
                text.count_lines(), " lines");
  return lines;
}

/// Comments, then the counts. Refuses what the limits or the length of the text do not allow.
inline void read_mtx_counts(text_cursor& text, mtx_header& h, io_limits const& limits) {
  std::string_view first;
  do {
    if (!text.next_line()) text.reject("expected the line of counts, found the end of the text");
    auto ahead = text;
    first = ahead.word();
  } while (first[0] == '%');
  h.size_line = text.line();
  h.rows = text.count("the number of rows");
  h.cols = text.count("the number of columns");
  if (h.rows > limits.max_rows) text.reject(h.rows, " rows exceed io_limits::max_rows, ", limits.max_rows);
  if (h.cols > limits.max_cols) text.reject(h.cols, " columns exceed io_limits::max_cols, ", limits.max_cols);
  if (h.symmetry != mtx_symmetry::general && h.rows != h.cols)
    text.reject("a symmetric matrix is square, found ", h.rows, "x", h.cols);
  // A line takes a digit and a newline for each of its numbers; the last newline may be missing.
  bool const array = h.layout == mtx_layout::array;
  index const shortest = array ? 2 : h.field == mtx_field::pattern ? 4 : 6;
  auto const most = (text.bytes_behind() + 1) / shortest;
  h.lines = array ? count_array_lines(text, h, most) : text.count("the number of entries");
  text.expect_line_end("the counts");
  if (h.lines > most)
    text.reject(h.lines, " entries do not fit what follows, ", text.bytes_behind(), " bytes in ", text.count_lines(),
                " lines");
  bool const mirrored = h.symmetry != mtx_symmetry::general;
  if (h.lines > (mirrored ? limits.max_stored / 2 : limits.max_stored))
    text.reject(h.lines, mirrored ? " mirrored" : "", " entries exceed io_limits::max_stored, ", limits.max_stored);
}

/// Reads all that stands before the entries; the cursor is left on the line of counts.
[[nodiscard]] inline mtx_header read_mtx_header(text_cursor& text, io_limits const& limits) {
  auto h = read_mtx_banner(text);
  read_mtx_counts(text, h, limits);
  return h;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
