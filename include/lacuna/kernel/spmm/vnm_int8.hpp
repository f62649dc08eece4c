// SPDX-License-Identifier: MIT
//
// A X with A in bands of V rows of int8 that share their columns, which are decoded once for a product: see
// column_quads. Where it pays, masks of 2:4 and 4:8 pick quads as they stand: see picked_lines.
//
// Reached with AVX-512 VNNI, u8 by rows, packing and finishing included: 1024x1024, 128 tokens, bands of 16 rows, 2:4
// 69, 1:4 63, 2:8 60 % of the rate of vpdpbusd in the same run. Times oneDNN's dense int8 of the same inputs as tokens
// x features, 256x256 to 1024x4096, 128 tokens: 2:4 1.32 to 1.39, 1:4 2.1 to 2.8, 2:8 2.0 to 2.7; `linear` on those
// inputs 0.98 to 1.28, 1.4 to 2.4, 1.3 to 2.3, the least for 256x256.
//
// On Zen 5 (int32 written, uint8 by rows), of the dots, 1024x1024: 2:4 80 to 82 % with 32 tokens, 82 to 84 with 64 and
// 128, 80 to 82 with 512; made of lines it was 27 to 34, 72, 74 and 74. 1:4 67 to 69, 73 to 75 and 76 to 78 with 64,
// 128 and 512 tokens, 2:8 64, 71 and 76.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/format/vnm.hpp>
#include <lacuna/kernel/column_lines.hpp>
#include <lacuna/kernel/nm_columns.hpp>
#include <lacuna/kernel/picked_lines.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/simd/isa.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A kernel by column_lines for bands of V rows that keep any columns.
template <class Arch, int V, int Keep, int M>
struct vnm_columns : column_lines<vnm_columns<Arch, V, Keep, M>, Arch, V, 1> {
  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return a.bands();
  }
  template <class View>
  [[nodiscard]] LACUNA_INLINE static std::int32_t const* columns(quads_matrix<View> const& matrix) noexcept {
    return matrix.columns;
  }
  template <class View>
  [[nodiscard]] LACUNA_INLINE static column_range columns_of(View const& a, index b) noexcept {
    return {b * a.columns_per_band(), (b + 1) * a.columns_per_band()};
  }
  /// See multiply_quads.
  template <class View>
  [[nodiscard]] static index columns_stored(View const& a) noexcept {
    return a.bands() * a.columns_per_band();
  }
  template <class View>
  static void decode(View const& a, std::int32_t* columns, index first, index last) noexcept {
    for (index b = first; b != last; ++b)
      all_nm_columns<Arch, Keep, M>(a.band_codes(b), a.cols(), columns + b * a.columns_per_band());
  }
};

/// Whether eight bits of the codes of a band are a mask of four of eight columns, and quads are best picked by it; a
/// band of one or two rows does not pay for the lines of X that it does not keep.
template <class Arch, int V, int Keep, int M>
inline constexpr bool picks_quads =
    simd::pick_quads<Arch>::pays && V > 2 && nm_layout<Keep, M>::is_mask && 8 % M == 0 && 2 * Keep == M;

template <int V, int Keep, int M, class Arch>
struct spmm_quads<vnm_layout<V, Keep, M>, Arch>
    : std::conditional_t<picks_quads<Arch, V, Keep, M>, picked_lines<Arch, V>, vnm_columns<Arch, V, Keep, M>> {
  static constexpr std::string_view name = picks_quads<Arch, V, Keep, M> ? "vnm/picked" : "vnm/columns";
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
