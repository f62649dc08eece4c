// SPDX-License-Identifier: MIT
//
// A register that stays a register.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

namespace lacuna::simd::inline LACUNA_ISA {

/// Keeps what was loaded in a register. Without it gcc 12 folds a load that two multiply-adds share into both of them,
/// and the second load costs what sharing was to save (2048x512 at 50 % sparsity: 143 instead of 165 GFLOP/s). Costs no
/// instruction; does nothing on compilers without this form of asm, and on emulated registers.
template <class T, class Arch>
LACUNA_INLINE void pin(batch<T, Arch>& value) noexcept {
#if defined(__GNUC__) && defined(__x86_64__)
  if constexpr (!requires { value.data.size(); }) __asm__("" : "+v"(value.data));
#elif defined(__GNUC__) && defined(__aarch64__)
  if constexpr (!requires { value.data.size(); }) __asm__("" : "+w"(value.data));
#endif
  static_cast<void>(value);
}

}  // namespace lacuna::simd::inline LACUNA_ISA
