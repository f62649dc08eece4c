// SPDX-License-Identifier: MIT
//
// The body of a Matrix Market text: entries, and CSR made of them.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/io/limits.hpp>
#include <lacuna/io/mtx_header.hpp>
#include <lacuna/io/number.hpp>
#include <lacuna/io/text.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// A place and its value, as the text lists it.
template <scalar T, std::integral I>
struct mtx_entry {
  index row;
  I column;
  T value;
};

/// Entries of a text, the first `size` of a buffer that has room for all of its lines.
template <scalar T, std::integral I>
struct mtx_entries {
  buffer<mtx_entry<T, I>> slots;
  index size = 0;
};

/// A stored slot of a row.
template <scalar T, std::integral I>
struct mtx_slot {
  I column;
  T value;
};

template <scalar T>
[[nodiscard]] constexpr T negated(T value) noexcept {
  if constexpr (std::same_as<T, bf16> || std::same_as<T, f16>)
    return T::from_bits(static_cast<std::uint16_t>(value.bits ^ 0x8000u));
  else
    return static_cast<T>(-value);
}

/// Refuses a matrix that the index types can't address, or whose arrays take more memory than the text justifies.
template <scalar T, std::integral I, std::integral Offset>
void require_mtx_fits(text_cursor const& text, mtx_header const& h, io_limits const& limits, std::size_t text_bytes) {
  index const stored = h.symmetry == mtx_symmetry::general ? h.lines : 2 * h.lines;
  if (h.cols > 0 && std::cmp_greater(h.cols - 1, std::numeric_limits<I>::max()))
    text.reject(h.cols, " columns do not fit the index type, whose largest value is ", std::numeric_limits<I>::max());
  if (std::cmp_greater(stored, std::numeric_limits<Offset>::max()))
    text.reject(stored, " entries do not fit the offset type, whose largest value is ",
                std::numeric_limits<Offset>::max());
  memory_budget memory(limits, text_bytes);
  constexpr index per_stored = sizeof(mtx_slot<T, I>) + sizeof(I) + sizeof(T);
  if (!memory.take(static_cast<index>(text_bytes), 1) || !memory.take(h.lines, sizeof(mtx_entry<T, I>)) ||
      !memory.take(stored, per_stored) || !memory.take(h.rows, sizeof(Offset)) || !memory.take(1, sizeof(Offset)))
    text.reject("a matrix of ", h.rows, "x", h.cols, " with ", h.lines, " entries needs more memory than ", text_bytes,
                " bytes of text may ask for, see io_limits::max_growth");
}

/// Reads the word that is an entry's value.
template <scalar T>
[[nodiscard]] T read_mtx_value(text_cursor& text, mtx_header const& h) {
  auto const word = text.word();
  T value{};
  auto status = number_status::malformed;
  if constexpr (std::integral<T>)
    status = parse_integer(word, value);
  else
    status = h.field == mtx_field::integer ? parse_integer(word, value) : parse_real(word, value);
  if (status == number_status::malformed)
    text.reject_word(h.field == mtx_field::integer ? "an integer value" : "a real value", word);
  bool const lost = status == number_status::out_of_range;
  if (lost) text.reject("value ", quoted(word), " does not fit ", name_of_type<T>());
  if constexpr (std::integral<T>)
    if (h.symmetry == mtx_symmetry::skew_symmetric &&
        (std::is_signed_v<T> ? value == std::numeric_limits<T>::min() : value != 0))
      text.reject("the mirrored value of ", quoted(word), " does not fit ", name_of_type<T>());
  return value;
}

[[nodiscard]] inline index read_mtx_place(text_cursor& text, char const* what, index count) {
  index const place = text.count(what);
  if (place < 1 || place > count) text.reject(what, " ", place, " is outside 1..", count);
  return place - 1;
}

/// One line of a coordinate text.
template <scalar T, std::integral I>
[[nodiscard]] mtx_entry<T, I> read_mtx_entry(text_cursor& text, mtx_header const& h) {
  index const i = read_mtx_place(text, "row", h.rows);
  index const j = read_mtx_place(text, "column", h.cols);
  if (i == j && h.symmetry == mtx_symmetry::skew_symmetric)
    text.reject("(", i + 1, ", ", j + 1, ") is on the diagonal, which is zero in a skew-symmetric matrix");
  T const value = h.field == mtx_field::pattern ? T(1) : read_mtx_value<T>(text, h);
  text.expect_line_end("the entry");
  return {i, static_cast<I>(j), value};
}

template <scalar T, std::integral I>
void read_mtx_lines(text_cursor& text, mtx_header const& h, mtx_entries<T, I>& entries) {
  index i = 0;  // of the next value of an array, which runs down the columns
  index j = 0;
  for (index n = 0; n != h.lines; ++n) {
    if (!text.next_line())
      text.reject("the text ends after ", n, " entries, but line ", h.size_line, " declares ", h.lines);
    if (h.layout == mtx_layout::coordinate) {
      entries.slots[entries.size++] = read_mtx_entry<T, I>(text, h);
      continue;
    }
    if (n == 0 || ++i == h.rows) {
      j += n == 0 ? 0 : 1;
      i = h.symmetry == mtx_symmetry::general ? 0 : h.symmetry == mtx_symmetry::symmetric ? j : j + 1;
    }
    T const value = read_mtx_value<T>(text, h);
    text.expect_line_end("the value");
    if (!is_zero(value)) entries.slots[entries.size++] = {i, static_cast<I>(j), value};
  }
}

/// Reads the lines behind the counts, to the end of the text: every entry of a coordinate text, the nonzeros of an
/// array.
template <scalar T, std::integral I>
[[nodiscard]] mtx_entries<T, I> read_mtx_entries(text_cursor& text, mtx_header const& h) {
  if (std::integral<T> && h.field == mtx_field::real)
    text.reject_line(1, "a real matrix can't be read as ", name_of_type<T>(), "; read floats and quantise them");
  mtx_entries<T, I> entries{buffer<mtx_entry<T, I>>(h.lines), 0};
  read_mtx_lines(text, h, entries);
  if (text.next_line())
    text.reject("expected the end of the text behind the ", h.lines, " entries that line ", h.size_line,
                " declares, found ", h.lines + 1 + text.count_lines());
  return entries;
}

/// Calls f(row, slot) for each slot that the entries and their symmetry stand for.
template <scalar T, std::integral I, class F>
void for_each_mtx_slot(mtx_header const& h, mtx_entries<T, I> const& entries, F&& f) {
  for (index n = 0; n != entries.size; ++n) {
    auto const& e = entries.slots[n];
    f(e.row, mtx_slot<T, I>{e.column, e.value});
    if (h.symmetry == mtx_symmetry::general || std::cmp_equal(e.row, e.column)) continue;
    bool const skew = h.symmetry == mtx_symmetry::skew_symmetric;
    f(static_cast<index>(e.column), mtx_slot<T, I>{static_cast<I>(e.row), skew ? negated(e.value) : e.value});
  }
}

/// Slots by row, each in the order of the text, and offsets at which rows start: a counting sort.
template <class Offset, scalar T, std::integral I>
[[nodiscard]] buffer<mtx_slot<T, I>> slots_by_row(mtx_header const& h, mtx_entries<T, I> const& entries,
                                                  buffer<Offset>& offsets) {
  for_each_mtx_slot(h, entries, [&](index i, auto) { ++offsets[i + 1]; });
  for (index i = 0; i != h.rows; ++i) offsets[i + 1] = static_cast<Offset>(offsets[i + 1] + offsets[i]);
  buffer<mtx_slot<T, I>> slots(static_cast<index>(offsets[h.rows]));
  for_each_mtx_slot(h, entries, [&](index i, auto slot) { slots[static_cast<index>(offsets[i]++)] = slot; });
  for (index i = h.rows; i != 0; --i) offsets[i] = offsets[i - 1];  // each had moved on to the start of the next
  offsets[0] = 0;
  return slots;
}

/// Throws io_error for a place (i, j) that is known to be taken twice. Reads the text again to find the two lines, so
/// that a sound file pays nothing for them.
template <scalar T, std::integral I>
[[noreturn]] LACUNA_COLD void reject_duplicate(text_cursor text, mtx_header const& h, index i, index j) {
  index first = 0;
  while (text.next_line()) {
    auto const e = read_mtx_entry<T, I>(text, h);
    auto const column = static_cast<index>(e.column);
    bool const mirrored = h.symmetry != mtx_symmetry::general && e.row == j && column == i;
    if (!mirrored && (e.row != i || column != j)) continue;
    if (first != 0)
      text.reject("(", e.row + 1, ", ", column + 1, ") stands for the same place as the entry of line ", first);
    first = text.line();
  }
  text.reject("(", i + 1, ", ", j + 1, ") is given twice");
}

/// CSR of the entries; `counts` is a cursor on the line of counts.
template <class Offset, scalar T, std::integral I>
[[nodiscard]] csr<T, I, Offset> csr_from_entries(text_cursor const& counts, mtx_header const& h,
                                                 mtx_entries<T, I> const& entries) {
  buffer<Offset> offsets(h.rows + 1);
  auto slots = slots_by_row(h, entries, offsets);
  buffer<I> columns(slots.size());
  buffer<T> values(slots.size());
  auto const before = [](auto const& a, auto const& b) { return a.column < b.column; };
  for (index i = 0; i != h.rows; ++i) {
    auto const first = static_cast<index>(offsets[i]);
    auto const last = static_cast<index>(offsets[i + 1]);
    if (!std::is_sorted(slots.data() + first, slots.data() + last, before))
      std::sort(slots.data() + first, slots.data() + last, before);
    for (index s = first; s != last; ++s) {
      if (s != first && slots[s].column == slots[s - 1].column)
        reject_duplicate<T, I>(counts, h, i, static_cast<index>(slots[s].column));
      columns[s] = slots[s].column;
      values[s] = slots[s].value;
    }
  }
  return {unchecked, h.rows, h.cols, std::move(offsets), std::move(columns), std::move(values)};
}

}  // namespace lacuna::detail::inline LACUNA_ISA
