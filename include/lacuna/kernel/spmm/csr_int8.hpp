// SPDX-License-Identifier: MIT
//
// A X with A in CSR of int8: see slot_quads.
//
// Reached on Zen 5, u8 by rows, int32 written, packing and finishing included, 1024x1024: 31, 31, 30 and 27 % of the
// rate of vpdpbusd at 50, 80, 90 and 95 % sparsity with 128 tokens, as much with 512, where row_tile does 6 to 8;
// so 1.6, 3.1 and 5.6 times what a dense product at 95 % of that rate does from 80 % on. Tokens x features: 28, 25 and
// 20 %. In tiles of 32 columns (simd::interleave_half_lines) 32 tokens 24 % at 80 % sparsity, from L3 (4096x4096) 18.
//
// Without VNNI, 128 tokens: 1024x1024 at 50, 80, 90, 95 % sparsity 2.4, 1.6, 1.6 and 1.65 times row_tile with
// AVX2, 3.8, 2.4, 2.2, 1.9 with AVX-512; at 80 % 116 to 120 and 200 G operations/s, 52 and 46 % of what pairs of 16
// bits alone do.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/slot_lines.hpp>
#include <lacuna/kernel/slot_quads.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/simd/isa.hpp>

#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct spmm_quads<csr_layout, Arch> : slot_lines<spmm_quads<csr_layout, Arch>, Arch> {
  static constexpr std::string_view name = "csr/columns";

  template <class View>
  [[nodiscard]] LACUNA_INLINE static auto slots(quads_matrix<View> const& matrix, index i) noexcept {
    auto const& a = matrix.a;
    auto const* const offset = a.offsets().data() + i;
    return slot_list{a.columns().data(), a.values().data(), static_cast<index>(offset[0]),
                     static_cast<index>(offset[1])};
  }
  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    auto const* const offsets = a.offsets().data();
    for (index i = first; i != last; ++i)
      sums[i] = spmm_quads::start_of(a.values().data(), static_cast<index>(offsets[i]),
                                     static_cast<index>(offsets[i + 1]), factor);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
