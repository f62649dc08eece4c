// SPDX-License-Identifier: MIT
//
// Which blocks of a grid hold a slot: the ground on which bsr is packed.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/rows.hpp>

#include <cstdint>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// Cuts the source into bands of `height` rows and `width` columns and lists, for each band of rows, the bands of
/// columns in which it has a slot, each once and in increasing order; the values mean nothing. O(rows + cols + stored)
/// of time and memory, however empty the matrix: two counting sorts, no scan over the grid.
template <row_visitable S>
[[nodiscard]] row_lists<std::uint8_t> band_lists(S const& source, index height, index width) {
  auto const bands = ceil_div(source.rows(), height);
  auto const across = ceil_div(source.cols(), width);
  buffer<index> seen(across);  // 1 + the last band of rows that listed this band of columns
  auto const visit_new = [&](index stamp, auto&& f) {
    for (index i = 0; i != source.rows(); ++i)
      source.visit_row(i, [&](index j, auto) {
        auto& last = seen[j / width];
        if (last == stamp + i / height) return;
        last = stamp + i / height;
        f(i / height, j / width);
      });
  };
  buffer<index> offsets(bands + 1);
  visit_new(1, [&](index band, index) { ++offsets[band + 1]; });
  for (index b = 0; b != bands; ++b) offsets[b + 1] += offsets[b];
  buffer<index> columns(offsets[bands]);
  index slot = 0;
  visit_new(1 + bands, [&](index, index column) { columns[slot++] = column; });
  buffer<std::uint8_t> values(slot);
  row_lists<std::uint8_t> const unsorted{bands, across, std::move(offsets), std::move(columns), std::move(values)};
  return transposed_lists(transposed_lists(unsorted));
}

}  // namespace lacuna::detail::inline LACUNA_ISA
