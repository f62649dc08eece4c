// SPDX-License-Identifier: MIT
//
// Version, the few macros, and the name of the inline namespace that holds every algorithm.
#pragma once

#include <cstddef>

#define LACUNA_VERSION_MAJOR 0
#define LACUNA_VERSION_MINOR 1
#define LACUNA_VERSION_PATCH 0

/// Members of owners and views, and what kernels are made of, leave no out-of-line copy behind: an object file built
/// for a newer processor can then never lend its code to one built for an older.
#if defined(_MSC_VER) && !defined(__clang__)
#define LACUNA_INLINE __forceinline
#define LACUNA_INLINE_LAMBDA
#define LACUNA_COLD __declspec(noinline)
#define LACUNA_NOINLINE __declspec(noinline)
#else
#define LACUNA_INLINE inline __attribute__((always_inline))
#define LACUNA_INLINE_LAMBDA __attribute__((always_inline))
#define LACUNA_COLD __attribute__((cold, noinline))
#define LACUNA_NOINLINE __attribute__((noinline))
#endif

/// 1 when errors are thrown; 0 under -fno-exceptions, when the handler of core/error.hpp is called instead.
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define LACUNA_EXCEPTIONS 1
#else
#define LACUNA_EXCEPTIONS 0
#endif

/// Checks an internal precondition in debug builds only; what users can get wrong is checked in every build. Other
/// builds read the condition without evaluating it, so that what stands in it alone is not unused there.
#if defined(NDEBUG)
#define LACUNA_ASSERT(condition) static_cast<void>(sizeof(static_cast<bool>(condition)))
#else
#include <cassert>
#define LACUNA_ASSERT(condition) assert(condition)
#endif

/// 1 where kernels are tuned for AMD's Zen: the compiler's target or tuning says so. Define it to 1 for a build of one
/// generic target that is to run there.
#if !defined(LACUNA_ZEN)
#if defined(__znver1__) || defined(__znver2__) || defined(__znver3__) || defined(__znver4__) || defined(__znver5__) || \
    defined(__tune_znver1__) || defined(__tune_znver2__) || defined(__tune_znver3__) || defined(__tune_znver4__) ||    \
    defined(__tune_znver5__)
#define LACUNA_ZEN 1
#else
#define LACUNA_ZEN 0
#endif
#endif

// LACUNA_ISA names the inline namespace of every algorithm after what the compiler was told about the processor, so
// that two objects built with different flags define different symbols and each runs its own code.  xsimd's tag alone
// is too coarse: it is the same for Ice Lake and Sapphire Rapids, and for NEON with and without the dot product.
#if defined(__AVX512F__)
#define LACUNA_ISA_BASE isa_avx512f
#elif defined(__AVX2__)
#define LACUNA_ISA_BASE isa_avx2
#elif defined(__AVX__)
#define LACUNA_ISA_BASE isa_avx
#elif defined(__SSE4_2__)
#define LACUNA_ISA_BASE isa_sse4_2
#elif defined(__SSE4_1__)
#define LACUNA_ISA_BASE isa_sse4_1
#elif defined(__SSSE3__)
#define LACUNA_ISA_BASE isa_ssse3
#elif defined(__SSE3__)
#define LACUNA_ISA_BASE isa_sse3
#elif defined(__SSE2__) || defined(_M_X64)
#define LACUNA_ISA_BASE isa_sse2
#elif defined(__ARM_FEATURE_SVE2)
#define LACUNA_ISA_BASE isa_sve2
#elif defined(__ARM_FEATURE_SVE)
#define LACUNA_ISA_BASE isa_sve
#elif defined(__aarch64__) || defined(_M_ARM64)
#define LACUNA_ISA_BASE isa_neon64
#elif defined(__ARM_NEON)
#define LACUNA_ISA_BASE isa_neon
#else
#define LACUNA_ISA_BASE isa_generic
#endif

#if defined(LACUNA_EMULATED_BITS)
#define LACUNA_ISA_EMULATED _emulated
#else
#define LACUNA_ISA_EMULATED
#endif
#if defined(__FMA__)
#define LACUNA_ISA_FMA _fma
#else
#define LACUNA_ISA_FMA
#endif
#if defined(__F16C__)
#define LACUNA_ISA_F16C _f16c
#else
#define LACUNA_ISA_F16C
#endif
#if defined(__BMI2__)
#define LACUNA_ISA_BMI2 _bmi2
#else
#define LACUNA_ISA_BMI2
#endif
#if defined(__AVXVNNI__)
#define LACUNA_ISA_AVXVNNI _avxvnni
#else
#define LACUNA_ISA_AVXVNNI
#endif
#if defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && defined(__AVX512CD__)
#define LACUNA_ISA_512CORE _bw_dq_vl_cd
#elif defined(__AVX512BW__) && defined(__AVX512DQ__)
#define LACUNA_ISA_512CORE _bw_dq
#elif defined(__AVX512DQ__)
#define LACUNA_ISA_512CORE _dq
#elif defined(__AVX512BW__)
#define LACUNA_ISA_512CORE _bw
#else
#define LACUNA_ISA_512CORE
#endif
#if defined(__AVX512VBMI2__)
#define LACUNA_ISA_VBMI _vbmi2
#elif defined(__AVX512VBMI__)
#define LACUNA_ISA_VBMI _vbmi
#else
#define LACUNA_ISA_VBMI
#endif
#if defined(__AVX512VNNI__)
#define LACUNA_ISA_VNNI _vnni
#else
#define LACUNA_ISA_VNNI
#endif
#if defined(__AVX512VPOPCNTDQ__) && defined(__AVX512BITALG__)
#define LACUNA_ISA_POPCNT _bitalg
#else
#define LACUNA_ISA_POPCNT
#endif
#if defined(__AVX512BF16__) || defined(__ARM_FEATURE_BF16)
#define LACUNA_ISA_BF16 _bf16
#else
#define LACUNA_ISA_BF16
#endif
#if defined(__AVX512FP16__) || defined(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)
#define LACUNA_ISA_FP16 _fp16
#else
#define LACUNA_ISA_FP16
#endif
#if defined(__ARM_FEATURE_DOTPROD)
#define LACUNA_ISA_DOTPROD _dotprod
#else
#define LACUNA_ISA_DOTPROD
#endif
#if defined(__ARM_FEATURE_MATMUL_INT8)
#define LACUNA_ISA_I8MM _i8mm
#else
#define LACUNA_ISA_I8MM
#endif
#if LACUNA_ZEN
#define LACUNA_ISA_TUNING _zen
#else
#define LACUNA_ISA_TUNING
#endif
// Modes that change what an inline function means, or how it fails, are kept apart for the same reason.
#if defined(__FAST_MATH__)
#define LACUNA_ISA_MATH _fastmath
#else
#define LACUNA_ISA_MATH
#endif
#if LACUNA_EXCEPTIONS
#define LACUNA_ISA_ERRORS
#else
#define LACUNA_ISA_ERRORS _noexcept
#endif
#if defined(NDEBUG)
#define LACUNA_ISA_DEBUG
#else
#define LACUNA_ISA_DEBUG _debug
#endif

#define LACUNA_JOIN_4_(a, b, c, d) a##b##c##d
#define LACUNA_JOIN_4(a, b, c, d) LACUNA_JOIN_4_(a, b, c, d)
#define LACUNA_ISA                                                                                                    \
  LACUNA_JOIN_4(LACUNA_JOIN_4(LACUNA_ISA_BASE, LACUNA_ISA_EMULATED, LACUNA_ISA_FMA, LACUNA_ISA_F16C),                 \
                LACUNA_JOIN_4(LACUNA_ISA_BMI2, LACUNA_ISA_AVXVNNI, LACUNA_ISA_512CORE, LACUNA_ISA_VBMI),              \
                LACUNA_JOIN_4(LACUNA_ISA_VNNI, LACUNA_ISA_POPCNT, LACUNA_ISA_BF16, LACUNA_ISA_FP16),                  \
                LACUNA_JOIN_4(LACUNA_JOIN_4(LACUNA_ISA_DOTPROD, LACUNA_ISA_I8MM, LACUNA_ISA_TUNING, LACUNA_ISA_MATH), \
                              LACUNA_ISA_ERRORS, LACUNA_ISA_DEBUG, ))

namespace lacuna {

/// Counts and positions everywhere in the interface: signed, as Eigen's.
using index = std::ptrdiff_t;

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Kernels and packers are tuned for AMD's Zen.
inline constexpr bool tuned_for_zen = LACUNA_ZEN != 0;

/// The registers of kernels, for packers that prepare work for as many; simd/arch.hpp says the same of its Arch.
struct register_file {
  int count;
  int bytes;  ///< of each
};
#if defined(LACUNA_EMULATED_BITS)
inline constexpr register_file registers{16, LACUNA_EMULATED_BITS / 8};
#elif defined(__AVX512F__)
inline constexpr register_file registers{32, 64};
#elif defined(__AVX__)
inline constexpr register_file registers{16, 32};
#elif defined(__aarch64__) || defined(_M_ARM64)
inline constexpr register_file registers{32, 16};
#else
inline constexpr register_file registers{16, 16};
#endif

}  // namespace lacuna::detail::inline LACUNA_ISA
