// SPDX-License-Identifier: MIT
//
// A hint that memory will be read soon.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/prefetch.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// Asks for the cache lines of `bytes` bytes from p on. Changes nothing, and never faults, whatever p is; does nothing
/// where the compiler has no word for it.
template <int Bytes>
LACUNA_INLINE void prefetch(void const* p) noexcept {
  for (int b = 0; b < Bytes; b += 64) prefetch_line(static_cast<char const*>(p) + b);
}

/// The same from `ahead` bytes behind p on, where there may be no element any more: counted in integers, for a pointer
/// past the end of its array must not even be made.
template <int Bytes>
LACUNA_INLINE void prefetch_ahead(void const* p, index ahead) noexcept {
  prefetch<Bytes>(
      reinterpret_cast<void const*>(reinterpret_cast<std::uintptr_t>(p) + static_cast<std::uintptr_t>(ahead)));
}

/// The same behind the instruction that computes `value`, and before what is made of it next: compilers put prefetches
/// that may move side by side, and Zen 5 loses some of those that are issued at once.
template <int Bytes, class T, class Arch>
LACUNA_INLINE void prefetch_ahead_behind(batch<T, Arch>& value, void const* p, index ahead) noexcept {
#if defined(__GNUC__) && defined(__x86_64__)
  if constexpr (!requires { value.data.size(); }) {
    auto const at = reinterpret_cast<std::uintptr_t>(p) + static_cast<std::uintptr_t>(ahead);
    for (std::uintptr_t b = 0; b < Bytes; b += 64)
      __asm__ volatile("prefetcht0 %1" : "+v"(value.data) : "m"(*reinterpret_cast<char const*>(at + b)));
    return;
  }
#endif
  static_cast<void>(value);
  prefetch_ahead<Bytes>(p, ahead);
}

/// How far behind what is in use, in bytes, blocks are asked for that are read as one stream. Intel: 2 KB, worth 10 to
/// 25 % from L3. Zen 5 has more of memory on the way: one token, int8, 2048x2048 from memory, 2, 4, 8 KB ahead: 4x4 21,
/// 26 and 31 GB/s, 32x4 23, 26, 26, 16x1 22, 24, 24, 8x1 the same.
inline constexpr index stream_ahead = lacuna::detail::tuned_for_zen ? 8192 : 2048;

/// Asks for the one line `ahead` bytes behind p, to be written.
LACUNA_INLINE void prefetch_to_write([[maybe_unused]] void const* p, [[maybe_unused]] index ahead) noexcept {
#if defined(__GNUC__)
  auto const at = reinterpret_cast<std::uintptr_t>(p) + static_cast<std::uintptr_t>(ahead);
  __builtin_prefetch(reinterpret_cast<void const*>(at), 1);
#endif
}

/// Asks for the cache lines of `bytes` bytes from `ahead` behind p on, to be brought as near as the L2 cache.
template <int Bytes>
LACUNA_INLINE void prefetch_far_ahead([[maybe_unused]] void const* p, [[maybe_unused]] index ahead) noexcept {
#if defined(__GNUC__)
  auto const at = reinterpret_cast<std::uintptr_t>(p) + static_cast<std::uintptr_t>(ahead);
  for (std::uintptr_t b = 0; b < Bytes; b += 64) __builtin_prefetch(reinterpret_cast<void const*>(at + b), 0, 2);
#endif
}

}  // namespace lacuna::simd::inline LACUNA_ISA
