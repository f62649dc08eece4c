// SPDX-License-Identifier: MIT
//
// Cells of a tiled_sell matrix of int8 times a strip of X in lines: rows place by place, nothing is written out.
//
// Four diagonals that stand together have the quads of rows one after the other, so that quad g of the row at place p
// stands 4 p behind where the g-th four start: rows of a cell read as many streams as they have quads, all in order.
// Rows of equal count are neighbours, so that the ends of their loops are expected. X of a cell, 8 KB, stays in L1.
//
// Bound: what slot_quads takes, a quad for the one to three slots that are left of a row in each cell, and loads and
// stores of the sums of a row for each cell: with 256 columns of 80 % sparsity 13 quads. Zen 3, AVX2, 1024x1024, u8 by
// rows, times rows that are written out first: 2.5 at 80 and 2.2 at 90 % sparsity with 32 columns, 1.3 and 1.15 with
// 128, 0.95 and 0.86 with 512; 68 to 72 G operations/s at 80 %, where pairs of 16 bits alone do 145 to 165.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/kernel/quad_lines.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/slot_quads.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The runs of a cell: places that follow each other and whose rows have equally many slots, most first.
/// f(first, last, count) is called for each, but for rows without any.
template <class View, class F>
LACUNA_INLINE void visit_sell_runs(View const& a, tiled_sell_cell const* cell, F&& f) noexcept {
  auto const* const lengths = a.diagonals().data() + cell[0].diagonal;
  index p = 0;
  for (index count = cell[1].diagonal - cell[0].diagonal; count != 0; --count) {
    index const end = lengths[count - 1];
    if (p != end) f(p, end, count);
    p = end;
  }
}

/// Slots of rows of a cell: full quads at `base[g] + 4 * place`, then `rest` slots at `tail + rest * place`.
template <class View>
class sell_quads {
 public:
  static constexpr index most = View::layout::tile / 4 + 1;

  LACUNA_INLINE sell_quads(View const& a, tiled_sell_cell const* cell) noexcept
      : lengths_(a.diagonals().data() + cell[0].diagonal), diagonals_(cell[1].diagonal - cell[0].diagonal) {
    index at = cell->slot;
    for (index d = 0; d < diagonals_; d += View::group) {
      base[d / View::group] = at;
      for (index e = d; e != std::min(d + View::group, diagonals_); ++e) at += lengths_[e];
    }
  }
  /// Where the slots that are no quad start, of rows of `count` slots, at place 0 if all rows had as many.
  [[nodiscard]] LACUNA_INLINE index tail(index count) const noexcept {
    index at = base[count / 4];
    for (index d = count; d < std::min(count / 4 * 4 + 4, diagonals_); ++d) at += lengths_[d];
    return at;
  }

  index base[static_cast<std::size_t>(most)];

 private:
  std::uint16_t const* lengths_;
  index diagonals_;
};

/// A kernel of multiply_quads for windows of rows, cell by cell.
template <int Tile, int Lanes, class Arch>
struct sell_cells : quad_lines<sell_cells<Tile, Lanes, Arch>, Arch, 16 * Lanes, 4> {
  using layout = tiled_sell_layout<Tile, Lanes>;
  using dots = simd::biased_dot4<Arch>;
  static constexpr bool reads_lines = true;
  static constexpr bool starts_rows = dots::biased;
  static constexpr int narrowest = 4;

  template <class View>
  [[nodiscard]] static index quads(View const& a) noexcept {
    return (a.cols() + 3) / 4;
  }
  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return a.windows();
  }

  /// See quad_lines: sums stay together in L1 until a window is done, even where rows of Y stand apart.
  template <int N, class View, class Done>
  static void run(quads_matrix<View> const& matrix, std::int32_t const* x, std::int32_t* sums, index first, index last,
                  Done const& done) noexcept {
    constexpr index line = N * static_cast<index>(simd::batch<std::int32_t, Arch>::size);
    LACUNA_ASSERT(first % layout::window == 0);
    for (index i = first; i < last; i += layout::window, sums += layout::window * line) {
      auto const height = std::min(layout::window, last - i);
      multiply_window<N>(matrix, i / layout::window, x, sums);
      for (index r = 0; r != height; ++r) done(sums + r * line, i - first + r);
    }
  }
  /// See multiply_quads: `factor` times the sum of the weights of each row, and their bias.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    auto const byte = [&](std::int8_t w) LACUNA_INLINE_LAMBDA { return factor * w + dots::bias(w); };
    for (index w = first; w != last; ++w) {
      auto* const to = sums + w * layout::window;
      std::fill_n(to, layout::window, 0);
      for (index t = 0; t != a.tiles(); ++t) {
        auto const* const cell = a.cells().data() + a.grid().cell(w, t);
        if (cell[0].slot == cell[1].slot) continue;
        alignas(64) std::int32_t of_place[static_cast<std::size_t>(layout::window + lanes)] = {};
        sum_cell(a, cell, factor, byte, of_place);
        auto const* const place = a.places().data() + a.grid().places(w, t);
        for (index r = 0; r != a.grid().height(w); ++r) to[r] = wrapping_sum(to[r], of_place[place[r]]);
      }
    }
  }

 private:
  using sum_type = simd::batch<std::int32_t, Arch>;
  using weights = simd::batch<std::int8_t, Arch>;
  static constexpr index lanes = static_cast<index>(sum_type::size);

  template <int N, class View>
  static void multiply_window(quads_matrix<View> const& matrix, index w, std::int32_t const* x,
                              std::int32_t* sums) noexcept {
    constexpr index line = N * lanes;
    auto const& a = matrix.a;
    auto const& grid = a.grid();
    auto const height = grid.height(w);
    for (index r = 0; r != height; ++r) {
      sum_type const start(matrix.start == nullptr ? 0 : matrix.start[w * layout::window + r]);
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { start.store_unaligned(sums + r * line + n * lanes); });
    }
    for (index t = 0; t != grid.tiles(); ++t) {
      auto const* const cell = a.cells().data() + grid.cell(w, t);
      if (cell[0].slot == cell[1].slot) continue;
      auto const* const place = a.places().data() + grid.places(w, t);
      std::uint8_t row[static_cast<std::size_t>(layout::window)];  // at each place
      for (index r = 0; r != height; ++r) row[place[r]] = static_cast<std::uint8_t>(r);
      multiply_cell<N>(a, cell, row, x + t * Tile * (line / 4), sums);
    }
  }

  template <int N, class View>
  static void multiply_cell(View const& a, tiled_sell_cell const* cell, std::uint8_t const* row, std::int32_t const* x,
                            std::int32_t* sums) noexcept {
    using fours = slot_quads<Arch, N>;
    auto const* const columns = a.columns().data();
    auto const* const values = a.values().data();
    sell_quads<View> const quads(a, cell);
    visit_sell_runs(a, cell, [&](index first, index last, index count) LACUNA_INLINE_LAMBDA {
      auto const rest = count % 4;
      auto const tail = rest == 0 ? 0 : quads.tail(count);
      for (index p = first; p != last; ++p) {
        auto* const to = sums + index{row[p]} * fours::line;
        typename fours::sums sum;
        simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = sum_type::load_unaligned(to + n * lanes); });
        for (index g = 0; g != count / 4; ++g) {
          auto const at = quads.base[g] + 4 * p;
          fours::add(columns + at, fours::four(values + at), x, sum);
        }
        if (rest != 0) {
          auto const at = tail + rest * p;
          std::uint8_t some[4] = {};
          std::int8_t weight[4] = {};
          copy_few(columns + at, some, at, rest);
          copy_few(values + at, weight, at, rest);
          fours::add(some, fours::four(weight), x, sum);
        }
        simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n].store_unaligned(to + n * lanes); });
      }
    });
  }
  /// Up to three bytes at p, of which there are `before` before it, by one load of four that ends with them, if it may.
  template <class Byte>
  LACUNA_INLINE static void copy_few(Byte const* p, Byte (&to)[4], index before, index count) noexcept {
    if (before + count >= 4) {
      std::uint32_t four;
      std::memcpy(&four, p + count - 4, sizeof four);
      four >>= 32 - 8 * count;
      std::memcpy(to, &four, sizeof four);
    } else {
      for (index e = 0; e != count; ++e) to[e] = p[e];
    }
  }

  /// to[p] += what each slot of the row at place p starts at.
  template <class View, class Byte>
  static void sum_cell(View const& a, tiled_sell_cell const* cell, std::int32_t factor, Byte const& byte,
                       std::int32_t* to) noexcept {
    using flipped = typename dots::byte;
    simd::batch<flipped, Arch> const zero(static_cast<flipped>(-factor));  // as it stands in the lines
    sell_quads<View> const quads(a, cell);
    auto const* const values = a.values().data();
    index const diagonals = cell[1].diagonal - cell[0].diagonal;
    for (index g = 0; 4 * g + 3 < diagonals; ++g) {
      index const rows = a.diagonals().data()[cell[0].diagonal + 4 * g + 3];
      index p = 0;
      for (; p + lanes <= rows; p += lanes) {
        auto const some =
            dots::add(sum_type(0), zero, dots::split(weights::load_unaligned(values + quads.base[g] + 4 * p)));
        (sum_type::load_unaligned(to + p) - some).store_unaligned(to + p);
      }
      for (; p != rows; ++p)
        for (index e = 0; e != 4; ++e) to[p] += byte(values[quads.base[g] + 4 * p + e]);
    }
    visit_sell_runs(a, cell, [&](index first, index last, index count) LACUNA_INLINE_LAMBDA {
      auto const rest = count % 4;
      if (rest == 0) return;
      for (auto const* value = values + quads.tail(count) + rest * first; first != last; ++first)
        for (index e = 0; e != rest; ++e) to[first] += byte(*value++);
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
