// SPDX-License-Identifier: MIT
//
// A register of elements that stand apart in memory.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/masked.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace lacuna::simd::inline LACUNA_ISA {

/// The registers for kernels that gather: with AVX-512, those of AVX2, whose gathers of eight take less than half the
/// time of a gather of sixteen, and waste less of it at the end of a row. 23 matrices of DLMC, spmv: 7.4 against 6.5
/// GFLOP/s. On Zen 5 sixteen take 13.7 cycles and eight 9.0, but eight loads and insertions 4.1: the portable body.
template <class Arch>
using gather_arch =
    std::conditional_t<avx512<Arch> && has_batch<xsimd::fma3<xsimd::avx2>, float>, xsimd::fma3<xsimd::avx2>, Arch>;

/// A seam operation, with its portable body: lane l is from[at[l]]. With lane_bits: 0 where the bit is not set, and
/// neither at[l] nor from[at[l]] is read. Indices are not negative and below 2^31. xsimd's gather takes a register of
/// indices as wide as the elements; here they are any integers in memory, and some lanes can be left out.
template <class Arch, class T>
struct gather {
  using batch_type = batch<T, Arch>;

  template <std::integral I>
  [[nodiscard]] LACUNA_INLINE static batch_type load(T const* from, I const* at) noexcept {
    return [&]<std::size_t... l>(std::index_sequence<l...>) LACUNA_INLINE_LAMBDA {
      return batch_type(from[static_cast<index>(at[l])]...);  // set lane by lane: no detour through memory
    }(std::make_index_sequence<batch_type::size>{});
  }
  template <std::integral I>
  [[nodiscard]] LACUNA_INLINE static batch_type load(T const* from, I const* at, lane_bits bits) noexcept {
    return [&]<std::size_t... l>(std::index_sequence<l...>) LACUNA_INLINE_LAMBDA {
      return batch_type((((bits >> l) & 1u) != 0 ? from[static_cast<index>(at[l])] : T{0})...);
    }(std::make_index_sequence<batch_type::size>{});
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
