// SPDX-License-Identifier: MIT
//
// A X with A N:M of f16 and sums of f16: some rows at a time, a tile of X in L1, sums of float of a block of rows in
// L2.
//
// The step is that of kernel/spmm/nm.hpp. Bound, 128 columns, which are four registers of f16: five loads for 4 fma of
// 32 lanes, 80 % of the peak, where float has nine for 8 of 16. Reached with 128 tokens, 512x512 to 1024x4096: 2:4 208
// to 248 GFLOP/s, 1.85 to 1.96 times the rate of sums of float, 1:4 183 to 195, 1.92 to 2.02 times.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/kernel/f16_sums.hpp>
#include <lacuna/kernel/nm_step.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/half_rows.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int Keep, int M, class Arch>
struct f16_sums_spmm<nm_layout<Keep, M>, Arch> {
  static constexpr std::string_view name = "nm/f16";
  static constexpr bool available = simd::avx512fp16<Arch>;
  static constexpr int registers = 8;

  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return registers;
  }
  /// A tile of X is brought to L1 once for a block.
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return 256;
  }

  /// See f16_sums_spmm.
  template <int N, class View>
  static void run(View a, f16 const* x, float* sums, index first, index last) noexcept {
    constexpr index line = N * lanes;
    constexpr index fitting = 32768 / (static_cast<index>(sizeof(f16)) * line * step::columns);
    constexpr index together = std::max<index>(1, std::min(fitting, f16_terms / step::slots));  // steps of a tile of X
    constexpr int floats = N == 1 ? 1 : 2;
    constexpr int rows = std::min(4, simd::register_count<Arch> / 2 / (N / floats));
    index const steps = a.cols() / step::columns;
    for (index from = 0;; from += together) {
      index const to = std::min(from + together, steps);
      for (index i = first; i < last; i += rows) {
        auto* const row_sums = sums + (i - first) * line;
        if (from == 0)
          run_rows<rows, N, false>(a, x, row_sums, i, std::min<index>(last - i, rows), from, to);
        else
          run_rows<rows, N, true>(a, x, row_sums, i, std::min<index>(last - i, rows), from, to);
      }
      if (to == steps) break;
    }
    if (steps * step::columns != a.cols())
      for (index i = first; i != last; ++i) add_rest<N>(a, x, sums + (i - first) * line, i, steps);
  }

 private:
  using layout = nm_layout<Keep, M>;
  using step = nm_step<Keep, M>;
  static constexpr index lanes = static_cast<index>(simd::batch<float, Arch>::size);
  template <int R, int N>
  using tile_of = simd::half_rows<Arch, R, N == 1 ? 1 : N / 2, N == 1 ? 1 : 2>;

  /// Steps from .. to of `count` of the R rows from row i on, written to their sums or added.
  template <int R, int N, bool Add, class View>
  LACUNA_INLINE static void run_rows(View a, f16 const* x, float* sums, index i, index count, index from,
                                     index to) noexcept {
    using tile = tile_of<R, N>;
    constexpr index line = N * lanes;
    tile sum;
    std::uint8_t const* codes[std::size_t{R}];
    f16 const* values[std::size_t{R}];
    simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
      index const row = r < count ? i + r : i;  // a row that does not exist repeats the first and is not stored
      codes[r] = a.row_codes(row);
      values[r] = a.row_values(row) + from * step::slots;
      index const soon = std::min(row + 2 * R, a.rows() - 1);
      simd::prefetch<2 * static_cast<int>(step::slots)>(a.row_values(soon) + from * step::slots);
    });
    x += from * step::columns * line;
    for (index s = from; s != to; ++s, x += step::columns * line) {
      alignas(64) std::uint32_t twice[std::size_t{R}][static_cast<std::size_t>(step::slots)];
      std::uint64_t word[std::size_t{R}];
      simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
        word[r] = step::word(codes[r], s);
        tile::register_type::write_twice(values[r], step::slots, twice[r]);
        values[r] += step::slots;
      });
      for (index e = 0; e != step::slots; e += step::written_out)
        simd::unroll<step::written_out>([&](auto n) LACUNA_INLINE_LAMBDA {
          simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
            sum.template multiply_add_row<r>(twice[r][e + n],
                                             x + (step::origin(e) + step::origin(n) + step::next(word[r])) * line);
          });
        });
    }
    simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
      if (r < count) sum.template put_row<r, Add>(sums + r * line);
    });
  }

  /// The groups of row i behind its whole steps.
  template <int N, class View>
  LACUNA_INLINE static void add_rest(View a, f16 const* x, float* sums, index i, index steps) noexcept {
    using tile = tile_of<1, N>;
    constexpr index line = N * lanes;
    auto const* values = a.row_values(i) + steps * step::slots;
    tile sum;
    for (index g = steps * layout::step_groups; g != layout::groups(a.cols()); ++g) {
      std::uint64_t word = lacuna::detail::read_field(a.row_codes(i), g * layout::group_bits, layout::group_bits);
      for (index k = layout::slots(g, a.cols()); k != 0; --k, ++values)
        sum.template multiply_add_row<0>(std::uint32_t{values->bits} * 0x10001u, x + (g * M + step::next(word)) * line);
    }
    sum.template put_row<0, true>(sums);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
