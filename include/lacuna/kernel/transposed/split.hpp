// SPDX-License-Identifier: MIT
//
// How A^T X is cut over columns and rows, and over workers.
//
// One column and few go through scatter: parts of the rows of A have sums of their own, which are added up in order.
// From 4 registers of columns on, rows are sorted: some hundred at a time are sorted, and their X is packed, by all
// workers, and then each worker adds them to the sums of its outputs. So a sum is added up in one order, whoever does
// it. Columns are shared by their slots, which may stand in few of them. Blocks of two rows and more go another way,
// and with 16 registers so do slots and blocks of single rows for few columns of X (block_split.hpp).
//
// Bits are decoded once for all visits. Zen 5, AVX-512, bitmap of 2048x512 at 50, 80, 90, 95 %, GFLOP/s visited /
// written out (csr): 16 columns 32, 24, 18, 12 / 51, 39, 36, 29 (57, 48, 44, 43), 64 columns 47, 35, 23, 15 / 62, 58,
// 52, 43 (64, 64, 57, 48), 128 columns 64, 52, 38, 25 / 74, 76, 67, 54 (78, 80, 70, 58).
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/pack_columns.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/kernel/transposed/scatter.hpp>
#include <lacuna/kernel/transposed/sorted_rows.hpp>
#include <lacuna/simd/tile.hpp>

#include <algorithm>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// y = epilogue(A^T x), any types and strides.
template <executor E, row_visitable View, class X, class Y, class Epilogue>
void transposed_column(E& exec, View a, vector_view<X const> x, vector_view<Y> y, Epilogue const& ep) {
  using S = accumulator_t<typename View::value_type>;
  auto const outputs = a.cols();
  auto const parts = row_parts::of(a.rows(), outputs, a.stored(), 1, 4);
  auto* const all = scratch<S>(detail::checked_multiply(parts.count, outputs, "spmm: sums"));
  exec.for_ranges(parts.count, 1, [&](index first, index last, index) {
    for (index p = first; p != last; ++p) {
      auto* const sums = all + p * outputs;
      for (index k = 0; k != outputs; ++k) sums[k] = S{};
      scatter_column(a, x, sums, p * parts.rows, std::min(a.rows(), (p + 1) * parts.rows));
    }
  });
  exec.for_ranges(outputs, std::max<index>(64, 32768 / parts.count), [&](index first, index last, index) {
    for (index p = 1; p != parts.count; ++p)
      for (index k = first; k != last; ++k) all[k] = multiply_add(all[k], S{1}, all[p * outputs + k]);
    for (index k = first; k != last; ++k) spmv_fallback::store<typename View::value_type>(all[k], ep, y, k);
  });
}

/// Columns that have slots in the same rows: those of a block.
template <class View>
inline constexpr index columns_alike = [] {
  if constexpr (requires { View::layout::block_cols; })
    return View::layout::block_cols;
  else
    return index{1};
}();

/// A^T X in register tiles. `column` .. `column` + `width` are the columns of X and Y at hand, `registers` registers of
/// them; sums of register r on stand at sums + r * lanes * (outputs filled up to registers).
template <class Arch, class S>
class transposed_tiles {
 public:
  static constexpr auto lanes = static_cast<index>(simd::batch<S, Arch>::size);
  static constexpr int widest = 8;       // registers of a tile of sorted rows
  static constexpr index scattered = 3;  // registers, up to which scatter is faster
  static constexpr index together = 32;  // registers of columns, for which one sort serves
  static constexpr index finished = 64;  // outputs that are finished together
  static constexpr index most_strips = 16;

  /// Whether a matrix that keeps its columns as bits is visited faster once they are written out as numbers. Two
  /// registers of AVX-512, whose sums come from L2, wait less for bits if a fifth of all is kept: 1.25 times as fast.
  template <class View>
  [[nodiscard]] static bool pays_decoding(View a, index columns) noexcept {
    bool const from_l2 = simd::avx512<Arch> && columns > lanes && columns <= 2 * lanes;
    return !from_l2 || a.stored() < a.rows() * a.cols() / 5;
  }

  template <executor E, row_visitable View, class X, order OX, class Y, order OY, class Epilogue>
  static void run(E& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep) {
    for (index column = 0; column < y.cols(); column += together * lanes) {
      auto const width = std::min(together * lanes, y.cols() - column);
      if (width <= scattered * lanes || a.cols() > sorted_rows<S>::most_columns)
        scatter_columns(exec, a, x, y, ep, column, width);
      else
        sort_columns(exec, a, x, y, ep, column, width);
    }
  }

  /// The column before which part / parts of the work lies: of all slots in `count` sorted strips, and of the sums of
  /// all columns, which cost about as much as 4 slots for each strip.
  [[nodiscard]] static index share_of(std::uint32_t const* ends, index count, index columns, index part,
                                      index parts) noexcept {
    auto const before = [&](index k) {
      index work = 4 * k * count;
      for (index s = 0; s != count; ++s) work += static_cast<index>(ends[s * (columns + 1) + k]);
      return work;
    };
    auto const all = before(columns);
    auto const wanted = all / parts * part + all % parts * part / parts;
    index low = 0, high = columns;
    while (low != high) {
      auto const middle = low + (high - low) / 2;
      if (before(middle) < wanted)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

 private:
  /// Calls f(constant N, first register) for as many tiles of N registers as fit, then of N / 2, ... 1.
  template <int N, class F>
  LACUNA_INLINE static void for_each_tile(index registers, F&& f, index r = 0) {
    for (; registers - r >= N; r += N) f(std::integral_constant<int, N>{}, r);
    if constexpr (N > 1) for_each_tile<N / 2>(registers, f, r);
  }
  [[nodiscard]] static index ceil_to(index n, index step) noexcept { return (n + step - 1) / step * step; }

  /// X(first .. last, register r of the columns on) packed for a tile of N registers.
  template <int N, class X, order OX>
  static void pack(dense_view<X const, OX> x, index column, index width, index r, S* to, index first,
                   index last) noexcept {
    dense_view<X const, OX> const rows(x.data() + first * x.row_stride(), last - first, x.cols(), x.stride());
    pack_columns<Arch>::run(rows, column + r * lanes, std::min(width - r * lanes, N * lanes), to, N * lanes, 0,
                            last - first);
  }

  /// Sums, in tiles, of outputs `first` .. `last` to Y.
  template <int N, class Y, order OY, class Epilogue>
  static void finish_tiles(S const* sums, index outputs, Epilogue const& ep, dense_view<Y, OY> y, index column,
                           index width, index first, index last) noexcept {
    for_each_tile<N>(ceil_to(width, lanes) / lanes, [&](auto n, index r) {
      finish<Arch>::run(sums + r * lanes * outputs + first * n * lanes, n * lanes, ep, y, first, last,
                        column + r * lanes, std::min(width - r * lanes, n * lanes));
    });
  }

  template <executor E, class View, class X, order OX, class Y, order OY, class Epilogue>
  static void scatter_columns(E& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep,
                              index column, index width) {
    using kernel = scatter<Arch>;
    constexpr index strip = 64;  // rows of X that are packed together
    auto const registers = ceil_to(width, lanes) / lanes;
    auto const outputs = ceil_to(a.cols(), lanes);
    auto const size = detail::checked_multiply(outputs, registers * lanes, "spmm: sums");
    auto const parts = row_parts::of(a.rows(), a.cols(), a.stored(), registers * lanes, 16);
    auto* const all = scratch<S>(detail::checked_multiply(size, parts.count, "spmm: sums"));
    auto const line = strip * std::min<index>(registers, kernel::registers) * lanes;
    auto* const packed = scratch<S, workspace::activations>(line * exec.concurrency());
    exec.for_ranges(parts.count, 1, [&](index first, index last, index worker) {
      auto* const to = packed + worker * line;
      for (index p = first; p != last; ++p) {
        auto* const sums = all + p * size;
        for (index s = 0; s != size; ++s) sums[s] = S{};
        auto const end = std::min(a.rows(), (p + 1) * parts.rows);
        for (index i = p * parts.rows; i < end; i += strip)
          for_each_tile<kernel::registers>(registers, [&](auto n, index r) {
            constexpr int N = decltype(n)::value;
            pack<N>(x, column, width, r, to, i, std::min(end, i + strip));
            kernel::template run<N>(a, to, sums + r * lanes * outputs, i, std::min(end, i + strip));
          });
      }
    });
    exec.for_ranges(detail::ceil_div(a.cols(), finished), 4, [&](index first, index last, index) {
      auto const k0 = first * finished, k1 = std::min(last * finished, a.cols());
      for_each_tile<kernel::registers>(registers, [&](auto n, index r) {
        for (index p = 1; p != parts.count; ++p)
          add(all + r * lanes * outputs + k0 * n * lanes, size * p, (k1 - k0) * n * lanes);
      });
      finish_tiles<kernel::registers>(all, outputs, ep, y, column, width, k0, k1);
    });
  }
  /// to[s] += to[s + from] for `count` elements, whole registers.
  static void add(S* to, index from, index count) noexcept {
    using batch = simd::batch<S, Arch>;
    for (index s = 0; s != count; s += lanes)
      (batch::load_aligned(to + s) + batch::load_aligned(to + from + s)).store_aligned(to + s);
  }

  template <executor E, class View, class X, order OX, class Y, order OY, class Epilogue>
  static void sort_columns(E& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep,
                           index column, index width) {
    using lists = sorted_rows<S>;
    auto const registers = ceil_to(width, lanes) / lanes;
    auto const outputs = ceil_to(a.cols(), lanes);
    auto const size = detail::checked_multiply(outputs, registers * lanes, "spmm: sums");
    auto* const sums = scratch<S>(size);
    exec.for_ranges(detail::ceil_div(size, 4096), 8, [&](index first, index last, index) {
      for (index s = first * 4096; s != std::min(size, last * 4096); ++s) sums[s] = S{};
    });
    // Some strips of rows at a time: as many as keep their lists and their X in the L2 cache, and one for each worker.
    auto const workers = std::min<index>(exec.concurrency(), most_strips);
    auto const slots = std::max<index>(1, a.stored() / std::max<index>(a.rows(), 1)) * lists::rows;
    auto const strips = std::clamp<index>(std::min((index{1} << 16) / slots, (index{1} << 11) / registers / lanes),
                                          workers, most_strips);
    auto const tile = lists::rows * registers * lanes;  // of X, for a strip
    auto* const packed = scratch<S, workspace::activations>(tile * strips);
    auto* const ends = scratch<std::uint32_t>(detail::checked_multiply(strips, a.cols() + 1, "spmm: sorted rows"));
    index starts[most_strips + 1];
    for (index i0 = 0; i0 < a.rows(); i0 += strips * lists::rows) {
      auto const count = std::min(strips, detail::ceil_div(a.rows() - i0, lists::rows));
      auto const begin = [&](index s) { return i0 + s * lists::rows; };
      auto const end = [&](index s) { return std::min(a.rows(), i0 + (s + 1) * lists::rows); };
      auto const list_of = [&](index s, row_slot<S>* memory) {
        return lists{ends + s * (a.cols() + 1), memory + (memory == nullptr ? 0 : starts[s])};
      };
      exec.for_ranges(count, 1, [&](index first, index last, index) {
        for (index s = first; s != last; ++s) starts[s + 1] = list_of(s, nullptr).count(a, begin(s), end(s));
      });
      starts[0] = 0;
      for (index s = 0; s != count; ++s) starts[s + 1] += starts[s];
      auto* const memory = scratch<row_slot<S>>(starts[count] + 1);
      exec.for_ranges(count, 1, [&](index first, index last, index) {
        for (index s = first; s != last; ++s) {
          list_of(s, memory).list(a, begin(s), end(s));
          for_each_tile<widest>(registers, [&](auto n, index r) {
            pack<decltype(n)::value>(x, column, width, r, packed + s * tile + r * lanes * lists::rows, begin(s),
                                     end(s));
          });
        }
      });
      auto const shares = exec.concurrency() == 1 ? 1 : std::clamp<index>(a.cols() / 64, 1, 2 * exec.concurrency());
      exec.for_ranges(shares, 1, [&](index first, index last, index) {
        auto const from = share_of(ends, count, a.cols(), first, shares);
        auto const to = share_of(ends, count, a.cols(), last, shares);
        for (index s = 0; s != count; ++s)
          for_each_tile<widest>(registers, [&](auto n, index r) {
            list_of(s, memory).template add<Arch, decltype(n)::value, columns_alike<View>>(
                packed + s * tile + r * lanes * lists::rows, sums + r * lanes * outputs, from, to);
          });
      });
    }
    exec.for_ranges(detail::ceil_div(a.cols(), finished), 4, [&](index first, index last, index) {
      finish_tiles<widest>(sums, outputs, ep, y, column, width, first * finished, std::min(last * finished, a.cols()));
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
