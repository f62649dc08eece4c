// SPDX-License-Identifier: MIT
//
// Kernels for weights of int8 in lines of R rows that keep any columns: blocks whose columns are no multiple of four,
// and bands of N:M.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/column_quads.hpp>
#include <lacuna/kernel/quad_lines.hpp>
#include <lacuna/kernel/quads.hpp>

#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Columns begin .. end of those that a matrix stores, line by line.
struct column_range {
  index begin;
  index end;
};

/// A kernel by quads_of_columns, for blocks of R rows and C columns, one after the other in a.values(); but for
///   `lines(a)`: see multiply_quads;
///   `columns(matrix)`: the columns of all blocks;
///   `columns_of(a, b)`: the column_range of line b,
/// which `Kernel` adds.
template <class Kernel, class Arch, int R, int C>
struct column_lines : quad_lines<Kernel, Arch, R, quads_of_columns<Arch, R, C>::registers> {
  using dots = quads_of_columns<Arch, R, C>;
  static constexpr int narrowest = dots::narrowest;
  static constexpr bool reads_lines = true;

  /// A strip of at most 128 KB, of which L1 holds much, is multiplied by all rows before the next. 1024x1024 at 80 %
  /// sparsity on Zen 5, 128 and 512 tokens: 4x1 1.02 to 1.07 times as fast, 16x1 1.02 to 1.05; at 50 % the same within
  /// 2 %.
  template <class View>
  [[nodiscard]] static constexpr bool strip_by_strip(View const& a) noexcept {
    return fast_dots<Arch> && R > 1 && a.cols() <= 512;  // quads
  }
  template <class View>
  [[nodiscard]] static index quads(View const& a) noexcept {
    return (a.cols() + 3) / 4;
  }
  template <int N, class View>
  LACUNA_INLINE static void multiply_line(quads_matrix<View> const& matrix, index b, std::int32_t const* x,
                                          quad_sums const& sums) noexcept {
    auto const [begin, end] = Kernel::columns_of(matrix.a, b);
    dots::template run<N>(column_list{Kernel::columns(matrix), matrix.a.values().data(), begin, end, matrix.a.cols()},
                          x, sums);
  }
  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    for (index b = first; b != last; ++b) {
      auto const [begin, end] = Kernel::columns_of(a, b);
      dots::weight_sums(a.values().data(), begin, end, factor, sums + b * R);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
