// SPDX-License-Identifier: MIT
//
// A vector or a few with bands or rows of N:M of int8, whose columns are decoded some hundred at a time: see
// gathered_quads. Masks of single rows have kernels of their own (kernel/few_columns/bits.hpp).
//
// Reached on Zen 5, AVX-512 VNNI, 16x2:4, 2048x2048, 1, 2, 8 columns: 81, 107, 131 us, 26, 20, 16 GB/s of weights and
// masks, 52, 79, 256 G operations/s that count.
//
// Rows by themselves take some 3 cycles a slot, four slots being one quad that nobody shares. Those of codes are faster
// in tiles of columns, as those of csr are, dense bytes with VNNI (kernel/spmm/nm_int8.hpp), if X is read often and
// what either decodes stays near. Zen 5, one and eight columns, this / tiles, us: AVX-512, 1024x1024, 1:4 192 / 78, 200
// / 78, 2:8 148 / 107, 171 / 107, 1:16 64 / 32, 57 / 34; 2048x2048 2:8 630 / 645 and 490, 634 / 476; 4096x4096, from
// L3, 1:4 3031 / 3076, 3259 / 2859, 2:8 2323 / 4405, 2793 / 4730. AVX2, 1024x1024, 1:4 217 / 162, 296 / 163, 2:8 201 /
// 161, 250 / 164; 4096x4096, 2:8 3171 / 3377, 3928 / 3682.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/vnm.hpp>
#include <lacuna/kernel/column_quads.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/gathered_quads.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/spmm/nm_int8.hpp>
#include <lacuna/kernel/spmm/nm_int8_columns.hpp>
#include <lacuna/kernel/spmv/vnm.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The columns of a band.
template <class Arch, int V, int Keep, int M>
struct band_columns {
  template <class View, class F>
  LACUNA_INLINE static void visit(View a, index b, F&& f) noexcept {
    for_each_blocks_of_band<V, Keep, M>(a, b, [&](auto list, index from, index to, index first) LACUNA_INLINE_LAMBDA {
      f(
          from, to, [&](index e) LACUNA_INLINE_LAMBDA { return first + static_cast<index>(list.columns[e]); },
          [&](index begin, index end, std::int8_t* quads)
              LACUNA_INLINE_LAMBDA { quads_of_columns<Arch, V, 1>::turn(list.values, begin, end, quads); },
          [&](index e) LACUNA_INLINE_LAMBDA { ask_for_quad<V * 4>(list.values + e * V); });
    });
  }
};

template <int V, int Keep, int M, class Arch>
  requires(summable<quad, Arch>)
struct few_quads<vnm_view<std::int8_t, V, Keep, M>, Arch>
    : few_quads_of_lists<V, Arch, band_columns<Arch, V, Keep, M>> {
  static constexpr std::string_view name = "vnm/gather";
};

/// Rows of N:M as bands of one row.
template <int Keep, int M>
struct bands_of_one {
  nm_view<std::int8_t, Keep, M> a;
  using value_type = std::int8_t;

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return a.rows(); }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return a.cols(); }
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return a.stored(); }
  [[nodiscard]] LACUNA_INLINE std::span<std::int8_t const> values() const noexcept { return a.values(); }
  [[nodiscard]] LACUNA_INLINE std::uint8_t const* band_codes(index i) const noexcept { return a.row_codes(i); }
  [[nodiscard]] LACUNA_INLINE std::int8_t const* band_values(index i) const noexcept { return a.row_values(i); }
};

template <int Keep, int M, class Arch>
  requires(summable<quad, Arch> && !nm_layout<Keep, M>::is_mask)
struct few_quads<nm_view<std::int8_t, Keep, M>, Arch> : few_quads_of_lists<1, Arch, band_columns<Arch, 1, Keep, M>> {
  static constexpr std::string_view name = "nm/gather";
  [[nodiscard]] LACUNA_INLINE static auto matrix(nm_view<std::int8_t, Keep, M> a) noexcept {
    return bands_of_one<Keep, M>{a};
  }
  /// Whether it is faster than tiles: see above.
  [[nodiscard]] static bool pays(nm_view<std::int8_t, Keep, M> const& a) noexcept {
    return !takes_quads<nm_view<std::int8_t, Keep, M>, Arch> || a.stored() < 16 * a.cols() || a.stored() > 1 << 20;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
