// SPDX-License-Identifier: MIT
//
// A vector or a few with rows of N:M of int8 with codes, as bands of one row. Masks have kernels of their own
// (kernel/few_columns/bits.hpp).
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
#include <lacuna/kernel/few_columns/vnm_int8.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/gathered_quads.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/spmm/nm_int8.hpp>
#include <lacuna/kernel/spmm/nm_int8_columns.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

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
