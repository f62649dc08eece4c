// SPDX-License-Identifier: MIT
//
// Matrix Market files.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/rows.hpp>
#include <lacuna/io/file.hpp>
#include <lacuna/io/limits.hpp>
#include <lacuna/io/mtx_entries.hpp>
#include <lacuna/io/mtx_header.hpp>
#include <lacuna/io/number.hpp>
#include <lacuna/io/text.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace lacuna::detail::inline LACUNA_ISA {

template <scalar T>
inline constexpr char const* mtx_field_of = std::integral<T> ? "integer" : "real";

inline void append_mtx_header(std::string& text, char const* layout, char const* field, index rows, index cols) {
  ((((text += "%%MatrixMarket matrix ") += layout) += ' ') += field) += " general\n";
  append_number(text, rows);
  append_number(text += ' ', cols);
}

/// Entries in the order of visit_row.
template <row_visitable S>
[[nodiscard]] std::string format_mtx_rows(S const& source) {
  using T = typename S::value_type;
  index stored = 0;
  for (index i = 0; i != source.rows(); ++i) source.visit_row(i, [&](index, T) { ++stored; });
  std::string text;
  append_mtx_header(text, "coordinate", mtx_field_of<T>, source.rows(), source.cols());
  append_number(text += ' ', stored);
  text += '\n';
  for (index i = 0; i != source.rows(); ++i)
    source.visit_row(i, [&](index j, T value) {
      append_number(text, i + 1);
      append_number(text += ' ', j + 1);
      append_number(text += ' ', value);
      text += '\n';
    });
  return text;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Reads Matrix Market text into CSR.
///
/// Taken: coordinate and array; real (also "double"), integer (also "unsigned-integer") and pattern, whose entries
/// become 1; general, symmetric and skew-symmetric, mirrored; entries in any order; comments before the line of counts;
/// blank lines, tabs, \r\n, a missing last newline; "nan" and "inf" in real files. A coordinate text keeps its explicit
/// zeros as stored slots; of an array the nonzeros are stored. Numbers are rounded to nearest.
///
/// Errors, all io_error "name:line: reason": complex and hermitian; a real file for an integer T (read floats, then
/// quantise); an integer or finite real that T can't hold; a place outside the matrix or, as the format's reference
/// does not allow it, given twice, be it through symmetry; a diagonal entry of a skew-symmetric matrix; more or fewer
/// entries than declared; counts that exceed the limits, the text, I or Offset.
///
/// O(text + rows), and O(k log k) for rows of k entries out of order. Source: R. Boisvert, R. Pozo, K. Remington, "The
/// Matrix Market Exchange Formats: Initial Design", NISTIR 5935, 1996.
template <scalar T, std::integral I = std::uint32_t, std::integral Offset = I>
[[nodiscard]] csr<T, I, Offset> parse_mtx(std::string_view text, std::string_view name = "mtx",
                                          io_limits const& limits = {}) {
  detail::text_cursor cursor(text, name);
  auto const header = detail::read_mtx_header(cursor, limits);
  detail::require_mtx_fits<T, I, Offset>(cursor, header, limits, text.size());
  auto const counts = cursor;
  auto const entries = detail::read_mtx_entries<T, I>(cursor, header);
  return detail::csr_from_entries<Offset>(counts, header, entries);
}

/// Reads a Matrix Market file, as parse_mtx; also throws io_error if the file can't be read.
template <scalar T, std::integral I = std::uint32_t, std::integral Offset = I>
[[nodiscard]] csr<T, I, Offset> read_mtx(std::string const& path, io_limits const& limits = {}) {
  auto const bytes = detail::read_file(path, limits.max_file_bytes);
  return parse_mtx<T, I, Offset>(detail::as_text(bytes), path, limits);
}

/// Coordinate text of a sparse matrix: its stored slots by row and column, fill included; floating-point values as the
/// shortest text that reads back to the same bits (but for NaN payloads). O(stored), and O(rows + cols + stored) of
/// memory where rows are not kept in column order.
template <sparse_matrix S>
[[nodiscard]] std::string format_mtx(S const& source) {
  if constexpr (S::ordered_rows)
    return detail::format_mtx_rows(source);
  else
    return detail::format_mtx_rows(detail::transposed_lists(detail::transposed_lists(source)));
}

/// Array text of a dense matrix, by column as the format asks. O(rows * cols).
template <dense_matrix M>
[[nodiscard]] std::string format_mtx(M const& source) {
  auto const view = view_of(source);
  std::string text;
  detail::append_mtx_header(text, "array", detail::mtx_field_of<element_t<M const>>, view.rows(), view.cols());
  text += '\n';
  for (index j = 0; j != view.cols(); ++j)
    for (index i = 0; i != view.rows(); ++i) {
      detail::append_number(text, view(i, j));
      text += '\n';
    }
  return text;
}

/// Coordinate pattern text of what a mask keeps. O(rows * cols / 64 + kept).
[[nodiscard]] inline std::string format_mtx(mask const& keep) {
  std::string text;
  detail::append_mtx_header(text, "coordinate", "pattern", keep.rows(), keep.cols());
  detail::append_number(text += ' ', keep.count());
  text += '\n';
  for (index i = 0; i != keep.rows(); ++i)
    for (index w = 0; w != keep.words_per_row(); ++w)
      for (auto bits = keep.row(i)[w]; bits != 0; bits &= bits - 1) {
        detail::append_number(text, i + 1);
        detail::append_number(text += ' ', 64 * w + std::countr_zero(bits) + 1);
        text += '\n';
      }
  return text;
}

/// Writes a sparse matrix, a dense one or a mask as format_mtx does. Throws io_error if the file can't be written.
template <class M>
  requires requires(M const& m) { format_mtx(m); }
void write_mtx(std::string const& path, M const& source) {
  detail::write_file(path, format_mtx(source));
}

}  // namespace lacuna::inline LACUNA_ISA
