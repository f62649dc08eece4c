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
//
// Zen 5 starts two loads a cycle, of 64 bytes or of 2: N + 1 for a slot and N registers. Four weights in one load leave
// N + 1/4, and with one register, where `blsr`, one a cycle, and four chains of sums bind next, a look-up of four
// positions makes it 1.5, 0.8 cycles. Float, by turns, us before and now: 512x512 2:4 16, 32, 64, 128 tokens 46, 56,
// 97, 182 and 33, 48, 85, 170, that is 52, 71, 80, 80 % of the peak; 1:4 24, 32, 53, 102 and 16, 28, 49, 100; 2048x512
// 2:4 182, 229, 381, 715 and 146, 209, 344, 683.
//
// Zen 3, AVX2, starts two loads of 32 bytes a cycle too, and has a third port for shuffles: four weights in one load
// are worth 4 to 8 % from 32 tokens on. Tiles of 24 KB, as its L1 has 32, are worth another 5 to 13 % of 2:4 and 4:8
// with 32 tokens, and cost 1:4 7 % with 128. Both together, 512x512 and 2048x512, 32, 128, 512 tokens, % of the peak:
// 2:4 and 4:8 56 to 59, 66 to 69, 66 to 68 before and 63 to 72, 72, 70 now, 1:4 56, 59, 53 and 60, 62, 57.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/kernel/nm_columns.hpp>
#include <lacuna/kernel/nm_step.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/pin.hpp>
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
    // Bytes; few slots leave less to win in L1 than sums cost, and with many an L1 of 32 KB has to hold more than X.
    constexpr index room = slots < 8 ? 65536 : slots < 32 || simd::register_count<Arch> == 32 ? 32768 : 24576;
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

  /// Whether four weights are one load, spread by shuffles, which run beside the fma if they stay within 128 bits.
  /// Where they take a port of the fma, as on Intel, that is no gain.
  template <class S>
  static constexpr bool by_fours = lacuna::detail::tuned_for_zen && (simd::avx2<Arch> || simd::avx512<Arch>) &&
                                   std::same_as<S, float> && written_out % 4 == 0;
  /// Whether the positions of four slots are looked up by a byte of masks: with one register less than a cycle is left
  /// for a slot, which `blsr` takes alone.
  template <int N>
  static constexpr bool by_bytes = N == 1 && layout::is_mask && 8 % M == 0 && 8 / M * Keep == 4;

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
    constexpr int chains = by_fours<S> && R * N < 8 ? 8 / (R * N) : 1;  // of a row, in turn
    tile sum[held * chains];
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
          sum[r * chains].value[n] = tile::batch_type::load_aligned(sums + (row - i) * line + n * tile::lanes);
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
      if constexpr (by_fours<S>)
        add_by_fours<R, chains>(weight, word, x, sum);
      else
        add_slots<R>(weight, word, x, sum);
    }
    simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
      if (r >= count) return;
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
        auto& total = sum[r * chains].value[n];
        simd::unroll<chains - 1>([&](auto c) LACUNA_INLINE_LAMBDA { total += sum[r * chains + c + 1].value[n]; });
        total.store_aligned(sums + r * line + n * tile::lanes);
      });
    });
    if (!end) return;
    for (index r = 0; r != count; ++r) {  // from L1, so that there is one body for all rows
      if (to * columns != a.cols())
        add_rest<N>(sums + r * line, a.row_codes(i + r), a.row_values(i + r) + to * slots, a.cols(),
                    to * layout::step_groups, x);
      finish(i + r);
    }
  }

  /// The slots of a step of R rows, from their words, one weight at a time.
  template <int R, class Tile, class S>
  LACUNA_INLINE static void add_slots(S const* const* weight, std::uint64_t* word, S const* x, Tile* sum) noexcept {
    constexpr index line = index{Tile::registers} * Tile::lanes;
    for (index e = 0; e != slots; e += written_out)
      simd::unroll<written_out>([&](auto s) LACUNA_INLINE_LAMBDA {
        index const group = layout::is_mask ? 0 : e / Keep + s / Keep;
        simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
          sum[r].multiply_add(weight[r][e + s], x + (group * M + words::next(word[r])) * line);
        });
      });
  }
  /// The same, four weights at a time, which go to the Chains sums of a row in turn.
  template <int R, int Chains, class Tile, class S>
  LACUNA_INLINE static void add_by_fours(S const* const* weight, std::uint64_t* word, S const* x, Tile* sum) noexcept {
    constexpr int n = Tile::registers;
    constexpr index line = index{n} * Tile::lanes;
    constexpr int together = n == 1 ? static_cast<int>(slots) : written_out;  // counting costs one register 15 %
    for (index e = 0; e != slots; e += together)
      simd::unroll<together / 4>([&](auto f) LACUNA_INLINE_LAMBDA {
        typename Tile::batch_type four[static_cast<std::size_t>(R)];
        std::uint64_t places[static_cast<std::size_t>(R)];  // 16 bits each
        simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
          four[r] = simd::repeat<Arch, S, 4>::load(weight[r] + e + f * 4);
          simd::pin(four[r]);
          if constexpr (by_bytes<n>) {
            places[r] = positions_of_mask<8>.of[word[r] & 0xFF] * std::uint64_t{line};
            word[r] >>= 8;
          }
        });
        simd::unroll<4>([&](auto s) LACUNA_INLINE_LAMBDA {
          index const group = layout::is_mask ? 0 : e / Keep + (f * 4 + s) / Keep;
          simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
            auto const w = simd::spread<Arch, S, s>::run(four[r]);
            auto& to = sum[r * Chains + s % Chains];
            if constexpr (by_bytes<n>)
              to.multiply_add(w, x + (e + f * 4) * 2 * line + static_cast<index>(places[r] >> (s * 16) & 0xFFFF));
            else
              to.multiply_add(w, x + (group * M + words::next(word[r])) * line);
          });
        });
      });
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
