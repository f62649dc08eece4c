// SPDX-License-Identifier: MIT
//
// A X with A N:M: two rows at a time, a tile of X in L1, sums of a block of rows in L2.
//
// A step is some 64 columns, whose masks or codes are one word, and every row has the same number of slots in it: no
// branch depends on the pattern. A slot costs the fma of N registers with as many loads of X and one of the weight; its
// column comes from the word in a register, without a load.
//
// Bound, 8 registers: nine loads for 8 fma. Written in assembly, with X in L1 and the columns known, the step reaches
// 82 % of the fma peak of the core (1.64 fma a cycle that take an operand from memory, 86 % without the load of the
// weight); this one 78 %, with sums that come from L2 and go there. X comes to L1 once for each tile and block, and Y
// and the weights from L3. Reached in float with 128 tokens and 512 to 3072 rows and columns, of the fma peak of the
// same run: 2:4 and 4:8 65 to 69 %, 1:4 and 2:8 56 to 62 %, whose tiles have half the slots for as many sums. That is
// 1.6 to 1.7 and 2.9 to 3.1 times OpenBLAS, which ran at 80 % of the peak, with dense weights. Blocks of 256 rows and
// rows that are finished from L1 gave 4 to 7 % over blocks of 128 that were finished as a whole; weights prefetched
// some rows ahead 1 % with 128 tokens, 3 to 8 with 512, where they come from L3 again and again.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/kernel/nm_step.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/simd/unroll.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int Keep, int M, class Arch>
struct spmm<nm_layout<Keep, M>, Arch> {
  static constexpr std::string_view name = "nm";
  static constexpr int registers = 8;
  static constexpr bool finishes_rows = true;

  template <class View, class S>
  static constexpr bool accepts = widenable<Arch, typename View::value_type, S>;

  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return registers;
  }
  /// A tile of X is brought to L1 once for a block.
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return 256;
  }

  /// See row_tile::run; each row goes to `done` when its last tile has been added.
  template <int N, class View, class S, class Done>
  static void run(View a, S const* x, S* sums, index first, index last, Done done) noexcept {
    constexpr index line = N * static_cast<index>(simd::batch<S, Arch>::size);
    constexpr index room = slots < 8 ? 65536 : 32768;  // bytes; few slots leave less to win in L1 than sums cost
    constexpr index fitting = room / (static_cast<index>(sizeof(S)) * line * columns);
    constexpr index together = fitting > 1 ? fitting : 1;  // steps of a tile of X
    constexpr int held = simd::register_count<Arch> / 2 / N;
    constexpr int rows = held < 4 ? held : 4;  // enough sums to hide the latency of fma
    index const steps = a.cols() / columns;
    for (index from = 0;; from += together) {
      index const to = steps - from < together ? steps : from + together;
      auto const finish = [&](index row) LACUNA_INLINE_LAMBDA {
        if (to == steps) done(sums + (row - first) * line, row - first);
      };
      for (index i = first; i < last; i += rows)
        run_rows<rows, N>(a, x, sums + (i - first) * line, i, last - i < rows ? last - i : rows, from, to, to == steps,
                          finish);
      if (to == steps) break;
    }
  }

 private:
  using layout = nm_layout<Keep, M>;

  using words = nm_step<Keep, M>;

  static constexpr index slots = words::slots;
  static constexpr index columns = words::columns;
  static constexpr int written_out = words::written_out;

  /// `count` weights in the type of the sums: themselves, or widened into `wide`.
  template <class W, class S>
  [[nodiscard]] LACUNA_INLINE static S const* weights(W const* values, index count, S* wide) noexcept {
    if constexpr (std::same_as<W, S>) {
      return values;
    } else {
      widen_weights<Arch>(values, wide, count);
      return wide;
    }
  }

  /// Steps from .. to, and if this is the end the columns behind them, of `count` of the R rows from row i on. Calls
  /// finish(row) when the sums of one are written.
  template <int R, int N, class View, class S, class Finish>
  LACUNA_INLINE static void run_rows(View a, S const* x, S* sums, index i, index count, index from, index to, bool end,
                                     Finish const& finish) noexcept {
    using tile = simd::tile<Arch, S, N>;
    constexpr index line = index{N} * tile::lanes;
    constexpr auto held = static_cast<std::size_t>(R);
    tile sum[held];
    std::uint8_t const* codes[held];
    typename View::value_type const* values[held];
    simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
      index const row = r < count ? i + r : i;  // a row that does not exist repeats the first and is not stored
      codes[r] = a.row_codes(row);
      values[r] = a.row_values(row) + from * slots;
      index const soon = row + 2 * R < a.rows() ? row + 2 * R : row;  // weights of a tile are 128 bytes of each row
      simd::prefetch<static_cast<int>(slots) * static_cast<int>(sizeof(*values[r]))>(a.row_values(soon) + from * slots);
      if (from != 0)
        simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
          sum[r].value[n] = tile::batch_type::load_aligned(sums + (row - i) * line + n * tile::lanes);
        });
    });
    x += from * columns * line;
    for (index step = from; step != to; ++step, x += columns * line) {
      alignas(typename tile::batch_type) S wide[held][64 + std::size_t{tile::lanes}];
      S const* weight[held];
      std::uint64_t word[held];
      simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
        word[r] = words::word(codes[r], step);
        weight[r] = weights(values[r], slots, wide[r]);
        values[r] += slots;
      });
      for (index e = 0; e != slots; e += written_out)
        simd::unroll<written_out>([&](auto s) LACUNA_INLINE_LAMBDA {
          index const group = layout::is_mask ? 0 : e / Keep + s / Keep;
          simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
            sum[r].multiply_add(weight[r][e + s], x + (group * M + words::next(word[r])) * line);
          });
        });
    }
    simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
      if (r >= count) return;
      simd::unroll<N>([&](auto n)
                          LACUNA_INLINE_LAMBDA { sum[r].value[n].store_aligned(sums + r * line + n * tile::lanes); });
    });
    if (!end) return;
    for (index r = 0; r != count; ++r) {  // from L1, so that there is one body for all rows
      if (to * columns != a.cols())
        add_rest<N>(sums + r * line, a.row_codes(i + r), a.row_values(i + r) + to * slots, a.cols(),
                    to * layout::step_groups, x);
      finish(i + r);
    }
  }

  /// The groups from g on, which are no whole step. X is that of their first column.
  template <int N, class W, class S>
  LACUNA_INLINE static void add_rest(S* sums, std::uint8_t const* codes, W const* values, index cols, index g,
                                     S const* x) noexcept {
    using tile = simd::tile<Arch, S, N>;
    constexpr index line = index{N} * tile::lanes;
    tile sum;
    simd::unroll<N>(
        [&](auto n) LACUNA_INLINE_LAMBDA { sum.value[n] = tile::batch_type::load_aligned(sums + n * tile::lanes); });
    for (; g != layout::groups(cols); ++g, x += M * line) {
      std::uint64_t word = lacuna::detail::read_field(codes, g * layout::group_bits, layout::group_bits);
      for (index k = layout::slots(g, cols); k != 0; --k)
        sum.multiply_add(widened<S>(*values++), x + words::next(word) * line);
    }
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum.value[n].store_aligned(sums + n * tile::lanes); });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
