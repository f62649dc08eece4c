// SPDX-License-Identifier: MIT
//
// Packing blocks: 64 columns at a time of a dense matrix, or of one that has a slot in 64 columns, else by its slots.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/bands.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/rows.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// The arrays of a bsr, block row by block row.
template <scalar T, std::integral I, std::integral Offset>
struct bsr_arrays {
  buffer<Offset> offsets;
  buffer<I> columns;
  buffer<T> values;

  /// Room for `stored` blocks of `size` values. Throws format_error if a block column or an offset has no place in its
  /// type.
  bsr_arrays(index block_rows, index block_cols, index stored, index size)
      : offsets(block_rows + 1),
        columns(checked(block_cols, stored)),
        values(checked_multiply(stored, size, "pack<bsr>")) {}

 private:
  [[nodiscard]] static index checked(index block_cols, index stored) {
    require_fits<I>("pack<bsr>", "block column index", block_cols - 1);
    require_fits<Offset>("pack<bsr>", "offset", stored);
    return stored;
  }
};

/// Packs blocks of R rows and C columns, each in which the source has a slot.
template <scalar T, int R, int C, std::integral I, std::integral Offset>
class bsr_packer {
 public:
  using arrays = bsr_arrays<T, I, Offset>;

  /// Throws format_error as bsr_arrays does. O(rows * cols / 64 + stored) for dense sources, O(rows + cols + stored)
  /// for others, of which those that have less than a slot in 64 columns are sorted.
  template <row_visitable S>
  [[nodiscard]] static arrays run(S const& source) {
    if constexpr (C > 64) {
      return by_slots(source);
    } else if constexpr (worded_rows<S>) {
      return by_words(source);
    } else {
      index slots = 0;
      for (index i = 0; i != source.rows(); ++i) source.visit_row(i, [&](index, auto) { ++slots; });
      if (slots == 0 || slots / source.rows() < source.cols() / 64) return by_slots(source);
      spread_rows<S> lines(source, R);
      return by_words(lines);
    }
  }

 private:
  /// Whole blocks of up to 64 columns: which there are, and whether the source has every slot of them.
  struct step {
    static constexpr index columns = index{64} / C * C;
    std::uint64_t blocks = 0;  // a bit at the first column of each
    bool whole = true;
  };

  template <class S>
  [[nodiscard]] LACUNA_INLINE static step read(S const& source, index first, index last, index column) noexcept {
    std::uint64_t any = 0;
    std::uint64_t all = last - first == R ? ~std::uint64_t{0} : 0;
    for (index i = first; i != last; ++i) {
      auto const kept = word_from(source, i, column);
      any |= kept;
      all &= kept;
    }
    auto const blocks = runs_with_any<C>(any);
    return {blocks, (whole_runs<C>(blocks) & ~all) == 0};
  }

  /// Calls f(b, last) for each block row, whose last row is last - 1.
  template <class S, class F>
  static void for_each_band(S& source, F&& f) {
    for (index b = 0; b * R < source.rows(); ++b) {
      index const last = std::min(source.rows(), b * R + R);
      if constexpr (requires { source.read(b, last); }) source.read(b * R, last);
      f(b, last);
    }
  }

  /// Two passes: the first over the words, to know how many blocks there are, the second over the values.
  template <class S>
  [[nodiscard]] static arrays by_words(S& source) {
    auto const bands = ceil_div(source.rows(), R);
    auto const across = ceil_div(source.cols(), step::columns);
    buffer<step> steps(checked_multiply(bands, across, "pack<bsr>"));
    index stored = 0;
    for_each_band(source, [&](index b, index last) {
      for (index s = 0; s != across; ++s) {
        auto& here = steps[b * across + s];
        here = read(source, b * R, last, s * step::columns);
        stored += std::popcount(here.blocks);
      }
    });
    arrays a(bands, ceil_div(source.cols(), C), stored, index{R} * C);
    index slot = 0;
    for_each_band(source, [&](index b, index last) {
      for (index s = 0; s != across; ++s) {
        auto const& here = steps[b * across + s];
        for (auto left = here.blocks; left != 0; left &= left - 1, ++slot) {
          index const column = s * step::columns + std::countr_zero(left);
          a.columns[slot] = static_cast<I>(column / C);
          auto* const block = a.values.data() + slot * R * C;
          if (here.whole)
            write_whole(source, b * R, column, block);
          else
            write_values(source, b * R, last, column, block);
        }
      }
      a.offsets[b + 1] = static_cast<Offset>(slot);
    });
    return a;
  }

  template <class S>
  LACUNA_INLINE static void write_whole(S const& source, index row, index column, T* block) noexcept {
    for (index r = 0; r != R; ++r)
      for (index c = 0; c != C; ++c) block[r * C + c] = convert<T>(source.element(row + r, column + c));
  }

  /// A block of which the source lacks slots, or which reaches over the edge of the matrix.
  template <class S>
  LACUNA_INLINE static void write_values(S const& source, index row, index last, index column, T* block) noexcept {
    index const width = std::min<index>(C, source.cols() - column);
    for (index i = row; i != last; ++i)
      for (index c = 0; c != width; ++c) block[(i - row) * C + c] = convert<T>(source.at(i, column + c));
  }

  /// O(rows + cols + stored), however empty the matrix.
  template <class S>
  [[nodiscard]] static arrays by_slots(S const& source) {
    auto const blocks = band_lists(source, R, C);
    arrays a(blocks.rows(), blocks.cols(), blocks.columns.size(), index{R} * C);
    for (index b = 0; b <= blocks.rows(); ++b) a.offsets[b] = static_cast<Offset>(blocks.offsets[b]);
    for (index s = 0; s != blocks.columns.size(); ++s) a.columns[s] = static_cast<I>(blocks.columns[s]);
    buffer<index> block_of(blocks.cols());  // where each block column of this block row is stored
    for (index i = 0; i != source.rows(); ++i) {
      if (i % R == 0)
        for (index s = blocks.offsets[i / R]; s != blocks.offsets[i / R + 1]; ++s) block_of[blocks.columns[s]] = s;
      source.visit_row(
          i, [&](index j, auto value) { a.values[(block_of[j / C] * R + i % R) * C + j % C] = convert<T>(value); });
    }
    return a;
  }
};

}  // namespace lacuna::detail::inline LACUNA_ISA
