// SPDX-License-Identifier: MIT
//
// Kernels for weights of int8 whose rows come in lines of R that share their columns: blocks and bands. All that they
// have in common; what a line multiplies is theirs.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/quad_rows.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/simd/isa.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Whether two dots of 64 bytes start in each cycle, more than L2 feeds with 32 bytes for each.
template <class Arch>
inline constexpr bool fast_dots = simd::vnni512<Arch> && lacuna::detail::tuned_for_zen;

/// A kernel with multiply_quads' protocol, in tiles of up to Registers registers, but for
///   `quads(a)`, `lines(a)`, `weight_sums(a, ...)`: see multiply_quads;
///   `multiply_line<N>(matrix, b, x, sums)`: see quad_rows::run, for line b of a quads_matrix,
/// which `Kernel` adds.
template <class Kernel, class Arch, int R, int Registers>
struct quad_lines {
  static constexpr int registers = Registers;
  static constexpr bool multiplies_quads = true;
  static constexpr bool finishes_rows = true;

  template <class View>
  static constexpr bool accepts = std::same_as<typename View::value_type, std::int8_t> &&
                                  simd::has_batch<Arch, std::int32_t> && simd::has_batch<Arch, std::int8_t>;

  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return Registers;
  }
  /// Whole lines: 16 rows or more.
  static constexpr index row_step = (16 + R - 1) / R * R;
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return row_step;
  }
  template <class View>
  [[nodiscard]] static constexpr index row_lines(View const&) noexcept {
    return R;
  }

  /// See row_tile::run, with quads or lines of X, and panel's for `done`. Any range of rows is right; whole lines are
  /// fast.
  template <int N, class View, class Done>
  static void run(quads_matrix<View> const& matrix, std::int32_t const* x, std::int32_t* sums, index first, index last,
                  Done const& done) noexcept {
    constexpr index line = N * static_cast<index>(simd::batch<std::int32_t, Arch>::size);
    auto* const place = first == last ? nullptr : done.place(0);
    auto* const to = place == nullptr ? sums : place;
    index const pitch = place == nullptr || last - first == 1 ? line : done.place(1) - place;
    for (index b = first / R; b * R < last; ++b)
      Kernel::template multiply_line<N>(matrix, b, x,
                                        quad_sums{matrix.start == nullptr ? nullptr : matrix.start + b * R,
                                                  to + (b * R - first) * pitch, pitch, first - b * R, last - b * R});
    if (place == nullptr)
      for (index i = first; i != last; ++i) done(sums + (i - first) * line, i - first);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
