// SPDX-License-Identifier: MIT
//
// Kernels for weights of int8 in rows that keep any columns, each by itself: csr, bitmap and sparser N:M.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/quad_lines.hpp>
#include <lacuna/kernel/quad_rows.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/slot_quads.hpp>
#include <lacuna/simd/isa.hpp>

#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A kernel with multiply_quads' protocol for rows by themselves, but for
///   `slots(matrix, i)`: the slot_list of row i of a quads_matrix;
///   `weight_sums`: see multiply_quads,
/// which `Kernel` adds.
template <class Kernel, class Arch>
struct slot_lines : quad_lines<Kernel, Arch, 1, 4> {
  using lines_of_rows = quad_lines<Kernel, Arch, 1, 4>;
  static constexpr int narrowest = simd::interleave_half_lines<Arch>::pays ? 2 : 4;
  static constexpr bool reads_lines = true;

  /// Where bytes are widened before they are multiplied, making quads of them first takes longer than row_tile.
  template <class View>
  static constexpr bool accepts = lines_of_rows::template accepts<View> && !simd::wide_dot4<Arch>::pays;

  /// So many that lines of X are used again before they have left L1: 1024x1024 at 90 %, 128 tokens, 295 G operations/s
  /// against 273 with sixteen.
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return 64;
  }
  template <class View>
  [[nodiscard]] static index quads(View const& a) noexcept {
    return (a.cols() + 3) / 4;
  }
  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return a.rows();
  }
  template <int N, class View>
  LACUNA_INLINE static void multiply_line(quads_matrix<View> const& matrix, index b, std::int32_t const* x,
                                          quad_sums const& sums) noexcept {
    slot_quads<Arch, N>::run(Kernel::slots(matrix, b), x, sums.start == nullptr ? 0 : *sums.start, sums.to);
  }
  /// factor times the sum of values first .. last; wraps around, as dot4 does.
  [[nodiscard]] static std::int32_t sum_of(std::int8_t const* values, index first, index last,
                                           std::int32_t factor) noexcept {
    std::uint32_t sum = 0;
    for (index e = first; e != last; ++e) sum += static_cast<std::uint32_t>(values[e]);
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(factor) * sum);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
