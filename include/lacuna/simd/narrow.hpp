// SPDX-License-Identifier: MIT
//
// Shorter registers than the widest, for kernels whose data fill no more.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <type_traits>

namespace lacuna::simd::inline LACUNA_ISA {

/// Arch has registers of T, of at least so many lanes.
template <class Arch, class T, int Lanes>
concept holds = has_batch<Arch, T> && (static_cast<int>(batch<T, Arch>::size) >= Lanes);

namespace narrow_detail {

template <class Arch, class T, int Lanes, class Shorter>
using shorter = std::conditional_t<holds<Shorter, T, Lanes>, Shorter, Arch>;

template <class Arch>
struct family {
  template <class T, int Lanes>
  using arch = Arch;
};
template <avx2 Arch>
struct family<Arch> {
  template <class T, int Lanes>
  using arch = shorter<Arch, T, Lanes, xsimd::fma3<xsimd::sse4_2>>;
};
template <avx512 Arch>
struct family<Arch> {
  template <class T, int Lanes>
  using arch = shorter<shorter<Arch, T, Lanes, xsimd::fma3<xsimd::avx2>>, T, Lanes, xsimd::fma3<xsimd::sse4_2>>;
};

}  // namespace narrow_detail

/// The shortest registers that hold `Lanes` elements of T, of those that a processor with Arch has; Arch where none do.
/// Cores that load 512 bits twice a cycle load shorter registers three times, and what fills a register needs no mask.
template <class Arch, class T, int Lanes>
using narrow_arch = typename narrow_detail::family<Arch>::template arch<T, Lanes>;

}  // namespace lacuna::simd::inline LACUNA_ISA
