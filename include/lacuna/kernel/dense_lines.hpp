// SPDX-License-Identifier: MIT
//
// Kernels for weights of int8 whose rows are turned into dense bytes in L1, sixteen rows and some 512 columns at a
// time, and multiplied as blocks are, zeros and all, by tiles of dots (kernel/quad_rows.hpp). No weight is turned:
// tiles take fours of a row from where the row stands.
//
// Bound: the dots of a dense matrix, cols / 4 for each row and register of columns of X, zeros too. Rows are turned
// again for each tile of columns of X, so that a narrow one bears more of it.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/quad_lines.hpp>
#include <lacuna/kernel/quad_rows.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Quads of rows that stand as dense bytes, with the rows of X from `row` on.
struct dense_quads {
  /// Three registers of X, 24 KB, stay in L1 for all rows.
  static constexpr bool columns_first = true;
  std::int8_t const* weights;
  index row;

  [[nodiscard]] LACUNA_INLINE quad_place operator()(index q) const noexcept { return {weights + 4 * q, row + q}; }
};

/// Rows that are decoded together: two tiles of eight.
inline constexpr int dense_rows_together = 16;
/// Bytes behind the last column that may be written.
inline constexpr index beyond_dense_bytes = 64;

/// A kernel with multiply_quads' protocol, but for
///   `expand_row(a, row, values, from, to, dense)`: writes columns from .. to of a row, whose values are at `values`,
///   and
///     zeros up to a multiple of four; from is a multiple of Step, to too, or the number of columns;
///   `next_row(a, row, values)`: where the values of the row behind it are;
///   `first_value(a, row)`: where those of a row are whose number is a multiple of sixteen,
/// which `Kernel` adds.
template <class Kernel, class Arch, index Step>
struct dense_lines : quad_lines<Kernel, Arch, dense_rows_together, 8> {
  static constexpr int together = dense_rows_together;
  /// Columns that are decoded at a time, a multiple of four. 256 instead of 512: N:M, 128 tokens 0.94, 32 tokens 0.89
  /// of the speed; 1024 the same.
  static constexpr index piece = 512 / (4 * Step) * 4 * Step;
  static_assert(piece > 0);
  static constexpr int pitch = static_cast<int>((piece + beyond_dense_bytes + 63) / 64 * 64);

  template <class View>
  [[nodiscard]] static index quads(View const& a) noexcept {
    return lacuna::detail::ceil_div(a.cols(), index{4});
  }
  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return lacuna::detail::ceil_div(a.rows(), index{together});
  }
  template <int N, class View>
  static void multiply_line(quads_matrix<View> const& matrix, index b, std::int32_t const* x,
                            quad_sums const& sums) noexcept {
    alignas(64) std::int8_t weights[std::size_t{together * pitch}];
    auto const cols = matrix.a.cols();
    index from = 0;
    do {
      auto const to = std::min(cols, from + piece);
      expand_rows(matrix.a, b * together, from, to, weights);
      quad_rows<Arch, together, pitch, N>::run(dense_quads{weights, from / 4}, 0, (to - from + 3) / 4, x, sums,
                                               from != 0);
      from = to;
    } while (from < cols);
  }
  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    if (first == last) return;
    auto const* values = Kernel::first_value(a, first * together);
    for (index i = first * together; i != last * together; ++i) {
      if (i >= a.rows()) {
        sums[i] = 0;
        continue;
      }
      auto const* const end = Kernel::next_row(a, i, values);
      sums[i] = sum_of_values(values, static_cast<index>(end - values), factor);
      values = end;
    }
  }

 private:
  /// Columns from .. to of the rows from i on, each `pitch` bytes behind the one before; the last is repeated for rows
  /// that there are not. The view is a copy: bytes may be written to a reference of one, which would be read again.
  template <class View>
  LACUNA_NOINLINE static void expand_rows(View a, index i, index from, index to, std::int8_t* dense) noexcept {
    auto const* values = Kernel::first_value(a, i);
    for (int r = 0; r != together; ++r, dense += pitch) {
      Kernel::expand_row(a, i, values, from, to, dense);
      if (i + 1 < a.rows()) values = Kernel::next_row(a, i++, values);
    }
  }
  [[nodiscard]] static std::int32_t sum_of_values(std::int8_t const* values, index count,
                                                  std::int32_t factor) noexcept {
    using byte = simd::dot4_byte<Arch>;
    using weights = simd::batch<std::int8_t, Arch>;
    constexpr auto lanes = static_cast<index>(weights::size);
    simd::batch<byte, Arch> const one(byte{1});
    simd::batch<std::int32_t, Arch> some(0);
    index e = 0;
    for (; count - e >= lanes; e += lanes)
      some = simd::dot4<Arch, byte>::add(some, one, weights::load_unaligned(values + e));
    auto sum = static_cast<std::uint32_t>(simd::reduce_add(some));
    for (; e != count; ++e) sum += static_cast<std::uint32_t>(values[e]);
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(factor) * sum);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
