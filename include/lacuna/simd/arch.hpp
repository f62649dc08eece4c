// SPDX-License-Identifier: MIT
//
// The instruction set the compiler was told to use, as a type, and what it can do, as concepts.
#pragma once

#include <lacuna/core/config.hpp>

// gcc 12 warns of its own AVX-512 headers (-Wuninitialized on a deliberately undefined register, gcc bug 105593) once
// they are inlined into user code; the pragma is where those headers are read.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <xsimd/xsimd.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <type_traits>

namespace lacuna::simd::inline LACUNA_ISA {

#if defined(LACUNA_EMULATED_BITS)
/// The Arch of kernels: here xsimd's emulation with registers of LACUNA_EMULATED_BITS bits (define
/// XSIMD_WITH_EMULATED=1 as well). For tests on a machine that lacks the width in question.
using default_arch = xsimd::emulated<LACUNA_EMULATED_BITS>;
#else
/// The Arch of kernels: the best that the compiler's target flags allow.
using default_arch = xsimd::default_arch;
#endif

/// The name of the instruction set that kernels of this translation unit are compiled for, as xsimd spells it.
[[nodiscard]] inline char const* arch_name() noexcept { return default_arch::name(); }

/// A register of T on Arch.
template <class T, class Arch>
using batch = xsimd::batch<T, Arch>;

/// Arch has registers of T.
template <class Arch, class T>
concept has_batch = xsimd::has_simd_register<T, Arch>::value;

// Capabilities. xsimd's tags are no ladder (avx512f does not derive from avx2, the two VNNI tags are unrelated), and
// its emulation on top of a machine that could do better must not take that machine's instructions: so kernels ask
// these.

/// 512-bit registers with mask registers.
template <class Arch>
concept avx512 = std::is_base_of_v<xsimd::avx512f, Arch>;

/// Multiplies and adds f16 in 512-bit registers (AVX512-FP16), for which xsimd has no tag.
#if defined(__AVX512FP16__)
template <class Arch>
concept avx512fp16 = avx512<Arch>;
#else
template <class Arch>
concept avx512fp16 = false;
#endif

/// 256-bit registers of x86, with integer operations or without.
template <class Arch>
concept avx = std::is_base_of_v<xsimd::avx, Arch>;

/// 256-bit registers with integer operations, masked loads and permutations across lanes.
template <class Arch>
concept avx2 = std::is_base_of_v<xsimd::avx2, Arch>;

/// 128-bit registers of x86, of any generation: none of AVX.
template <class Arch>
concept sse2 = std::is_base_of_v<xsimd::sse2, Arch>;

/// 128-bit registers of 64-bit Arm.
template <class Arch>
concept neon64 = std::is_base_of_v<xsimd::neon64, Arch>;

/// Multiply-adds of bytes, four to a lane: what the compiler's target has, beside what xsimd's tag says.
#if defined(__AVX512VNNI__)
inline constexpr bool target_vnni512 = true;
#else
inline constexpr bool target_vnni512 = false;
#endif
#if defined(__AVXVNNI__) || (defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && \
                             defined(__AVX512VL__) && defined(__AVX512CD__))
inline constexpr bool target_avxvnni = true;
#else
inline constexpr bool target_avxvnni = false;
#endif
#if defined(__ARM_FEATURE_DOTPROD)
inline constexpr bool target_dotprod = true;
#else
inline constexpr bool target_dotprod = false;
#endif
#if defined(__ARM_FEATURE_MATMUL_INT8)
inline constexpr bool target_i8mm = true;
#else
inline constexpr bool target_i8mm = false;
#endif

/// vpdpbusd on 512-bit registers.
template <class Arch>
concept vnni512 = avx512<Arch> && target_vnni512;

/// vpdpbusd on 256-bit registers.
template <class Arch>
concept avxvnni = avx2<Arch> && target_avxvnni;

/// vpdpbusd on 128-bit registers.
template <class Arch>
concept avxvnni128 = sse2<Arch> && target_avxvnni;

/// sdot.
template <class Arch>
concept dotprod = neon64<Arch> && target_dotprod;

/// usdot.
template <class Arch>
concept i8mm = neon64<Arch> && target_i8mm;

/// Gathers that are faster than a load for each lane: those of Intel with AVX-512. Eight floats, cycles: Zen 5 9.0, its
/// loads and insertions 4.1; Emerald Rapids 5, where insertions have one port, 7. A target without AVX-512 may be
/// either, and has less to lose by loads: Zen 3, -march=x86-64-v3, one token, 512x512 at 80 and 95 %, csr 0.61 and
/// 0.66, tiled_sell 0.73 and 0.78 of the time with gathers.
#if defined(__AVX512F__)
inline constexpr bool target_gathers = !lacuna::detail::tuned_for_zen;
#else
inline constexpr bool target_gathers = false;
#endif
template <class Arch>
concept fast_gathers = (avx2<Arch> || avx512<Arch>) && target_gathers;

/// Memory that is read fastest in the order of addresses: that of Zen, by whose macro it goes. Others read four streams
/// side by side a third faster than one, for each has a prefetcher that runs ahead of it.
template <class Arch>
concept reads_in_order = (avx2<Arch> || avx512<Arch>) && lacuna::detail::tuned_for_zen;

/// Registers that a kernel can use: 32 of AVX-512 and of 64-bit Arm, 16 otherwise.
template <class Arch>
inline constexpr int register_count = avx512<Arch> || neon64<Arch> ? 32 : 16;

}  // namespace lacuna::simd::inline LACUNA_ISA
