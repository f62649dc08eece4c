// SPDX-License-Identifier: MIT
//
// A X with A in CSR as it is: which columns and how many rows are taken together.
//
// Dense enough, X is cut into tiles of columns whose slice stays in L1, and a block of rows is taken tile by tile:
// kernel/csr_tiles.hpp, with AVX-512 kernel/csr_found_tiles.hpp. Thinner, or in two registers, whole rows are taken if
// the slice of X fits the cache whole: kernel/csr_rows.hpp, on Zen in their order, by csr_found_tiles, and with all of
// X in L2. What each is bound by and reaches stands there.
//
// DLMC's 23 matrices, 128 columns, Zen 5, at .5 / .7 / .8 / .9 / .95 / .98 sparsity: 55 / 52 / 46 / 40 / 34 / 32 % of
// the fma peak, without found ends and rows in order 50 / 46 / 43 / 35 / 31 / 24, panel in the same minutes 75 / 67 /
// 60 / 52 / 44 / 39.
// Zen 3, AVX2: rows written straight to Y, and whole in four registers where that pays, 128 columns 1.03 / 1.02 / 1.05
// / 1.17 / 1.16 / 1.12 times as fast as without, 512 columns 1.03 / 1.02 / 1.05 / 1.16 / 1.15 / 1.26.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/csr_found_tiles.hpp>
#include <lacuna/kernel/csr_rows.hpp>
#include <lacuna/kernel/csr_tiles.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/kernel/x_rows.hpp>
#include <lacuna/simd/isa.hpp>

#include <algorithm>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct spmm<csr_layout, Arch> {
  static constexpr std::string_view name = "csr/sorted";
  static constexpr int registers = 8;
  static constexpr bool finishes_rows = true;
  static constexpr bool spreads = true;
  /// A multiplication for each column is free beside loads, as in panel's; AVX2 would pay up to 7 % for it. Reading a
  /// thin matrix's few rows of X where they stand, 128 columns at 99 %, 256x8192 takes 0.55 of the time of packing them
  /// all, 100x3000 0.5, 16x4096 0.2 (Zen 5).
  static constexpr bool takes_pitch = simd::register_count<Arch> >= 32;

  template <class View, class S>
  static constexpr bool accepts = widenable<Arch, typename View::value_type, S>;

  /// As many registers as keep the slice of X, cols x width, in the cache; where even two do not, tiles are cut, and
  /// four registers leave each visit to a row of sums more slots than eight.
  template <class View>
  [[nodiscard]] static int widest(View const& a, index columns) noexcept {
    using S = accumulator_t<typename View::value_type>;
    // As many columns as eight registers hold are read where they stand, which few reads do not make up for.
    bool const in_place = columns == registers * static_cast<index>(simd::batch<S, Arch>::size);
    if (takes_four<S>(a) && a.stored() >= (in_place ? 24 : 6) * a.cols()) return 4;
    if (density(a) >= 0.07 || takes_all_from_far<registers, S>(a)) return registers;
    for (int n = registers; n > 1; n /= 2)
      if (whole<S>(a, n)) return n;
    return registers / 2;
  }
  static constexpr index row_step = 16;
  template <class View>
  [[nodiscard]] static index block(View const& a) noexcept {
    return a.rows() < 1024 ? most_rows / 2 : most_rows;
  }

  /// As row_tile's, for one block. Sums of tiles before the last are kept in `sums`; final ones go to `done`.
  template <int N, class View, class S, class Done>
    requires(!takes_pitch)
  static void run(View a, S const* x, S* sums, index first, index last, Done done) noexcept {
    constexpr index width = index{N} * static_cast<index>(simd::batch<S, Arch>::size);
    multiply<N>(a, x_rows<S, std::integral_constant<index, width>>{x, {}}, sums, first, last, done);
  }
  template <int N, class View, class S, class Done>
    requires takes_pitch
  static void run(View a, S const* x, index pitch, S* sums, index first, index last, Done done) noexcept {
    multiply<N>(a, x_rows<S, index>{x, pitch}, sums, first, last, done);
  }

 private:
  using tiles = csr_tiles<Arch>;
  using found_tiles = csr_found_tiles<Arch>;
  using all_rows = csr_rows<Arch>;
  static constexpr index most_rows = std::min({tiles::most_rows, found_tiles::most_rows, all_rows::most_rows});
  static constexpr bool finds_ends = simd::avx512<Arch>;
  /// Whole rows one after the other, not sorted: where slots, sums and rows of Y come fastest in the order of
  /// addresses, that is worth more than exits of loops that are expected, but for one register, which has little beside
  /// them.
  template <int N>
  static constexpr bool takes_rows_in_order = simd::reads_in_order<Arch> && N > 1;

  template <int N, class View, class X, class S, class Done>
  static void multiply(View a, X x, S* sums, index first, index last, Done done) noexcept {
    auto const rows = last - first;
    // In eight registers tiles win at 7 % and more; two registers leave too few multiply-adds beside the other loads.
    bool const whole_rows = (whole<S>(a, N) && (N <= 2 || density(a) < 0.07)) || takes_all_from_far<N, S>(a) ||
                            (N == 4 && takes_four<S>(a));
    if constexpr (finds_ends || takes_rows_in_order<N>)
      if ((whole_rows ? takes_rows_in_order<N> : finds_ends) && found_tiles::accepts(a, first, last))
        return found_tiles::template run<N>(a, x, whole_rows ? 0 : tile_width<N, S>(a), sums, first, rows, done);
    if (!whole_rows) return tiles::template run<N>(a, x, tile_width<N, S>(a), sums, first, rows, done);
    all_rows::template run<N, S>(a, x, first, rows, done);
  }

  template <class View>
  [[nodiscard]] static double density(View const& a) noexcept {
    auto const places = static_cast<double>(a.rows()) * static_cast<double>(a.cols());
    return places > 0 ? static_cast<double>(a.stored()) / places : 0.0;
  }

  template <class S>
  static constexpr auto register_bytes = static_cast<index>(sizeof(simd::batch<S, Arch>));

  /// The slice of X that N registers make is small enough to stay in the cache: one and a half times L1.
  template <class S, class View>
  [[nodiscard]] static bool whole(View const& a, int n) noexcept {
    return a.cols() * n * register_bytes<S> <= 73728;
  }

  /// So few slots that rows taken at once are worth more than a slice of X that stays in L1: it comes from L2. The
  /// fewer registers, the fewer multiply-adds has a visit to a tile beside its exit, which is a surprise. Zen 5, 55
  /// masks of other shapes than DLMC's and these, tiles / whole rows from L2: 32 columns of 4096x1024 319 / 149 us at
  /// 95 %, of 2048x1024 229 / 133 at 90, but of 512x2048 145 / 163 at 80; 64 columns of 2048x512 177 / 137 at 90 %; 128
  /// of 512x2048 170 / 151 at 95, of 512x512 62 / 70 at 90.
  template <int N, class S, class View>
  [[nodiscard]] static bool takes_all_from_far(View const& a) noexcept {
    constexpr double most = N <= 2 ? 0.15 : N <= 4 ? 0.11 : 0.06;
    return simd::reads_in_order<Arch> && density(a) < most && a.cols() * N * register_bytes<S> <= 1048576;
  }

  /// Whole rows in four registers of AVX2, two sets of sums, though half of X comes from L2: a tile that fits the 32 KB
  /// of L1 beside sums leaves too few slots between exits. Not where rows have few slots, whose ends cost more. Zen 3,
  /// loop alone, times as fast as tiles of eight registers: 512 inputs 0.8 / 0.95 / 1.07 / 1.25 / 1.3 at .5 / .7 / .8 /
  /// .9 / .95 sparsity, 1152 and 2048 0.88 / 1.2 to 1.3 at .8 / .95, 256 1.16 / 1.3 at .8 / .95; eight registers and
  /// whole rows 1.24 to 1.34 at .95, 1.7 at .98, where four are at 1.6.
  template <class S, class View>
  [[nodiscard]] static bool takes_four(View const& a) noexcept {
    if (!simd::reads_in_order<Arch> || simd::register_count<Arch> >= 32 || a.stored() < 12 * a.rows()) return false;
    auto const bytes = a.cols() * 4 * register_bytes<S>;
    return bytes <= 32768 || density(a) < (bytes <= 81920 ? 0.28 : 0.12);
  }

  /// Columns of a tile: a slice of X of 32 KB, or as many as have eight slots a row, so that the visits to the sums do
  /// not cost more than the products.
  template <int N, class S, class View>
  [[nodiscard]] static index tile_width(View const& a) noexcept {
    auto const fits = 32768 / (N * register_bytes<S>);
    auto const filled = static_cast<index>(8 / (density(a) + 1e-9));
    auto const width = filled < fits ? fits : filled;
    return width < a.cols() ? width : a.cols();
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
