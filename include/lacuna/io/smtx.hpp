// SPDX-License-Identifier: MIT
//
// .smtx: the patterns of pruned layers.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/io/file.hpp>
#include <lacuna/io/limits.hpp>
#include <lacuna/io/number.hpp>
#include <lacuna/io/text.hpp>

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace lacuna::detail::inline LACUNA_ISA {

/// The first line of an .smtx file.
struct smtx_header {
  index rows = 0;
  index cols = 0;
  index stored = 0;
};

/// Reads `rows, cols, nnz` and refuses what the limits or the length of the text do not allow.
inline smtx_header read_smtx_header(text_cursor& text, io_limits const& limits) {
  if (!text.next_line()) text.reject("expected 'rows, cols, nnz', found nothing");
  smtx_header h;
  h.rows = text.count("the number of rows", ',');
  text.skip_optional(',');
  h.cols = text.count("the number of columns", ',');
  text.skip_optional(',');
  h.stored = text.count("the number of entries");
  text.expect_line_end("'rows, cols, nnz'");
  if (h.rows > limits.max_rows) text.reject(h.rows, " rows exceed io_limits::max_rows, ", limits.max_rows);
  if (h.cols > limits.max_cols) text.reject(h.cols, " columns exceed io_limits::max_cols, ", limits.max_cols);
  if (h.stored > limits.max_stored) text.reject(h.stored, " entries exceed io_limits::max_stored, ", limits.max_stored);
  // Each number takes a digit and what parts it from the next.
  auto const numbers = text.bytes_behind() / 2 + text.bytes_behind() % 2;
  if (h.rows >= numbers || h.stored > numbers - h.rows - 1)
    text.reject(h.rows, " rows and ", h.stored, " entries need ", h.rows, " + 1 offsets and ", h.stored,
                " columns, which the ", text.bytes_behind(), " bytes that follow can't hold");
  return h;
}

inline buffer<index> read_smtx_offsets(text_cursor& text, smtx_header const& h) {
  if (!text.next_line()) text.reject("expected a line of ", h.rows, " + 1 offsets, found the end of the text");
  if (auto const n = text.count_words(); n != h.rows + 1)
    text.reject("has ", n, " offsets, but ", h.rows, " rows need ", h.rows, " + 1");
  buffer<index> offsets(h.rows + 1);
  for (index i = 0; i <= h.rows; ++i) {
    offsets[i] = text.count("an offset");
    if (i == 0) {
      if (offsets[0] != 0) text.reject("the first offset is ", offsets[0], ", expected 0");
    } else if (offsets[i] < offsets[i - 1]) {
      text.reject("offsets fall from ", offsets[i - 1], " to ", offsets[i], " at row ", i - 1);
    } else if (offsets[i] - offsets[i - 1] > h.cols) {
      text.reject("row ", i - 1, " has ", offsets[i] - offsets[i - 1], " entries in ", h.cols, " columns");
    }
  }
  if (offsets[h.rows] != h.stored)
    text.reject("the last offset is ", offsets[h.rows], ", but the header declares ", h.stored, " entries");
  return offsets;
}

inline void read_smtx_columns(text_cursor& text, buffer<index> const& offsets, mask& keep) {
  auto const rows = keep.rows();
  bool const there = text.next_line();
  if (offsets[rows] == 0 && !there) return;
  if (!there) text.reject("expected a line of ", offsets[rows], " columns, found the end of the text");
  if (auto const n = text.count_words(); n != offsets[rows])
    text.reject("has ", n, " columns, but the header declares ", offsets[rows], " entries");
  for (index i = 0; i != rows; ++i) {
    auto* const bits = keep.row(i);
    for (index s = offsets[i]; s != offsets[i + 1]; ++s) {
      index const j = text.count("a column");
      if (j >= keep.cols()) text.reject("column ", j, " of row ", i, " is outside 0..", keep.cols() - 1);
      auto const bit = std::uint64_t{1} << (j % 64);
      if ((bits[j / 64] & bit) != 0) text.reject("row ", i, " has column ", j, " twice");
      bits[j / 64] |= bit;
    }
  }
  if (text.next_line()) text.reject("expected the end of the text behind the columns, found ", quoted(text.word()));
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Reads .smtx text: three lines, `rows, cols, nnz`, then rows + 1 offsets, then nnz columns, counted from 0, in any
/// order within a row, none twice. Blank lines, \r\n and a missing last newline are taken, commas may be missing, and
/// the third line may be missing if nnz is 0. Throws io_error "name:line: reason" for anything else and for what the
/// limits forbid. O(text + rows * cols / 64). The format is that of the Deep Learning Matrix Collection: T. Gale,
/// M. Zaharia, C. Young, E. Elsen, "Sparse GPU Kernels for Deep Learning", SC 2020.
[[nodiscard]] inline mask parse_smtx(std::string_view text, std::string_view name = "smtx",
                                     io_limits const& limits = {}) {
  detail::text_cursor cursor(text, name);
  auto const h = detail::read_smtx_header(cursor, limits);
  auto const bytes_per_row = 8 * (h.cols / 64 + (h.cols % 64 != 0));
  detail::memory_budget memory(limits, text.size());
  if (!memory.take(static_cast<index>(text.size()), 1) || !memory.take(h.rows + 1, sizeof(index)) ||
      !memory.take(h.rows, bytes_per_row))
    cursor.reject("a mask of ", h.rows, "x", h.cols, " needs more memory than ", text.size(),
                  " bytes of text may ask for, see io_limits::max_growth");
  auto const offsets = detail::read_smtx_offsets(cursor, h);
  mask keep(h.rows, h.cols);
  detail::read_smtx_columns(cursor, offsets, keep);
  return keep;
}

/// Reads an .smtx file, as parse_smtx; also throws io_error if the file can't be read.
[[nodiscard]] inline mask read_smtx(std::string const& path, io_limits const& limits = {}) {
  auto const bytes = detail::read_file(path, limits.max_file_bytes);
  return parse_smtx(detail::as_text(bytes), path, limits);
}

/// The .smtx text of a mask: what it keeps, columns in increasing order. O(rows * cols / 64 + text).
[[nodiscard]] inline std::string format_smtx(mask const& keep) {
  std::string text;
  detail::append_number(text, keep.rows());
  detail::append_number(text += ", ", keep.cols());
  detail::append_number(text += ", ", keep.count());
  text += "\n0";
  index offset = 0;
  for (index i = 0; i != keep.rows(); ++i) detail::append_number(text += ' ', offset += keep.count(i));
  char const* before = "\n";
  for (index i = 0; i != keep.rows(); ++i)
    for (index w = 0; w != keep.words_per_row(); ++w)
      for (auto bits = keep.row(i)[w]; bits != 0; bits &= bits - 1) {
        detail::append_number(text += before, 64 * w + std::countr_zero(bits));
        before = " ";
      }
  text += offset == 0 ? "\n\n" : "\n";
  return text;
}

/// Writes an .smtx file. Throws io_error if the file can't be written.
inline void write_smtx(std::string const& path, mask const& keep) { detail::write_file(path, format_smtx(keep)); }

}  // namespace lacuna::inline LACUNA_ISA
