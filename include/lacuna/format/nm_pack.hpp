// SPDX-License-Identifier: MIT
//
// Packing bands of rows that share which Keep of every M columns they keep: nm, whose bands are rows, and vnm.
//
// Up to 64 columns are a word, from the mask to the codes: whether each group has its Keep is asked of all of them at
// once, and then no branch depends on the pattern. 2:4 of a dense matrix and a mask costs about one cycle a column,
// where a visit of each slot costs four.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/format/rows.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// The codes of bands of V rows, each those of one row of nm<T, Keep, M>, and V values for each slot.
template <scalar T>
struct nm_arrays {
  buffer<std::uint8_t> codes;
  buffer<T> values;
};

/// Packs the slots of a source, for every row of a band those of all its rows, and fills each group up to Keep.
template <int V, int Keep, int M>
class nm_packer {
 public:
  using layout = nm_layout<Keep, M>;

  /// Throws format_error, `name` in front, where the rows of a band together have more than Keep slots in a group.
  /// O(rows
  /// * cols / M + stored) for dense sources, O(rows * cols + stored) for others.
  template <scalar T, row_visitable S>
  [[nodiscard]] static nm_arrays<T> run(S const& source, char const* name) {
    auto const bands = ceil_div(source.rows(), V);
    auto const bytes = layout::row_bytes(source.cols());
    auto const slots = checked_multiply(layout::row_values(source.cols()), V, name);
    buffer<std::uint8_t> codes(checked_multiply(bands, bytes, name));
    buffer<T> values(checked_multiply(bands, slots, name));
    auto const pack = [&](auto& lines) {
      for (index b = 0; b != bands; ++b) {
        index const last = std::min(source.rows(), b * V + V);
        if constexpr (!worded_rows<S>) lines.read(b * V, last);
        pack_band(lines, b * V, last, codes.data() + b * bytes, values.data() + b * slots, name);
      }
    };
    if constexpr (worded_rows<S>) {
      pack(source);
    } else {
      spread_rows<S> lines(source, V);
      pack(lines);
    }
    return {std::move(codes), std::move(values)};
  }

 private:
  static constexpr int groups = layout::step_groups;
  static constexpr index columns = layout::step_columns;

  /// Rows first .. last, at most V.
  template <class T, worded_rows S>
  static void pack_band(S const& lines, index first, index last, std::uint8_t* codes, T* values, char const* name) {
    index const cols = lines.cols();
    for (index column = 0, step = 0; column < cols; column += columns, ++step) {
      std::uint64_t any = 0;
      std::uint64_t all = last - first == V ? ~std::uint64_t{0} : 0;
      for (index i = first; i != last; ++i) {
        auto const kept = word_from(lines, i, column) & ~std::uint64_t{0} >> (64 - columns);
        any |= kept;
        all &= kept;
      }
      bool const regular = cols - column >= columns && each_run_has<M, groups, Keep>(any);
      auto const taken = regular ? any : filled(any, first, last, column, cols, name);
      write_codes(taken, codes, step, std::min(columns, cols - column));
      if (regular && all == any)
        values = write_whole(lines, first, column, taken, values);
      else
        values = write_values(lines, first, last, column, taken, values);
    }
  }

  /// The groups of a step, each filled up.
  [[nodiscard]] static std::uint64_t filled(std::uint64_t taken, index first, index last, index column, index cols,
                                            char const* name) {
    std::uint64_t result = 0;
    for (index g = column / M; g != column / M + groups && g * M < cols; ++g) {
      auto const positions = static_cast<std::uint32_t>(taken >> (g * M - column)) & low_bits(M);
      auto const slots = layout::slots(g, cols);
      if (std::popcount(positions) > slots) {
        auto const refuse = [&](auto const&... rows) {
          fail<format_error>("pack<", name, ">: ", rows..., std::popcount(positions), " of columns ", g * M, "..",
                             g * M + layout::width(g, cols) - 1, ", at most ", slots, " fit");
        };
        if constexpr (V == 1)
          refuse("row ", first, " keeps ");
        else
          refuse("rows ", first, "..", last - 1, " keep ");
      }
      result |= std::uint64_t{filled_nm_group(positions, slots)} << (g * M - column);
    }
    return result;
  }

  static void write_codes(std::uint64_t taken, std::uint8_t* codes, index step, index width) noexcept {
    auto field = taken;
    if constexpr (Keep == 1 && columns == 64 && M > 1 && std::has_single_bit(static_cast<unsigned>(M))) {
      field = places_of_ones<static_cast<int>(layout::code_bits)>(taken);
    } else if constexpr (!layout::is_mask) {
      field = 0;
      for (index g = 0; g * M < width; ++g)
        field |= std::uint64_t{layout::encode(static_cast<std::uint32_t>(taken >> (g * M)) & low_bits(M))}
                 << (g * layout::group_bits);
    }
    if constexpr (layout::step_bits % 8 == 0)
      store_bits(codes + step * (layout::step_bits / 8),
                 width == columns ? layout::step_bits / 8 : layout::row_bytes(width), field);
    else
      write_field(codes, step * layout::step_bits, layout::step_bits, static_cast<std::uint32_t>(field));
  }

  /// The slots of a whole step, which all rows of a whole band have.
  template <class T, class S>
  [[nodiscard]] static T* write_whole(S const& lines, index first, index column, std::uint64_t taken,
                                      T* values) noexcept {
    for (index s = 0; s != layout::step_slots; ++s, taken &= taken - 1) {
      index const j = column + std::countr_zero(taken);
      for (index r = 0; r != V; ++r) *values++ = convert<T>(lines.element(first + r, j));
    }
    return values;
  }

  /// Any slots: 0 where a row has none.
  template <class T, class S>
  [[nodiscard]] static T* write_values(S const& lines, index first, index last, index column, std::uint64_t taken,
                                       T* values) noexcept {
    for (; taken != 0; taken &= taken - 1, values += V) {
      index const j = column + std::countr_zero(taken);
      for (index i = first; i != last; ++i) values[i - first] = convert<T>(lines.at(i, j));
    }
    return values;
  }
};

}  // namespace lacuna::detail::inline LACUNA_ISA
