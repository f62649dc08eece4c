// SPDX-License-Identifier: MIT
//
// Sizes of the tiles of attention, and of the register tiles within.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A block of up to 64 rows (queries of one head or of several that share keys) meets a tile of up to 64 keys: scores
/// of 16 KB in float, which stay in the L1 cache between the product that makes them and the one that uses them. Which
/// keys of a tile a row sees is a word.
struct attend_tile {
  static constexpr index rows = 64;
  static constexpr index keys = 64;
  static constexpr index spare = 8;  // lines behind the last that a register tile may compute for nobody
};

/// n rounded up to a multiple of m.
[[nodiscard]] LACUNA_INLINE constexpr index attend_rounded(index n, index m) noexcept { return (n + m - 1) / m * m; }

/// Register tiles are some lines (keys, or rows of the output) times N registers. Of 32 registers 24 hold sums, N a
/// line of the other operand and one a broadcast: (N + lines) / (N * lines) loads for each multiply-add, 10/24 at most
/// where two loads are free for two multiply-adds. Of 16 registers 12 hold sums.
template <class Arch>
inline constexpr int attend_widest = simd::register_count<Arch> >= 32 ? 4 : 2;

/// Whether one register of rows meets 12 keys, which take turns at it: 13 loads for 12 multiply-adds.
template <class Arch>
inline constexpr bool attend_one_register = attend_widest<Arch> == 4;

/// Lines of a tile of N registers.
template <class Arch, int N>
inline constexpr int attend_lines = N == attend_widest<Arch>              ? 6
                                    : N == 1 && attend_one_register<Arch> ? 12
                                                                          : 8;

/// Cuts n lines into tiles of `Long` and of 4 (12: and of 8), so that little is computed in vain: 64 = 10 * 6 + 4 = 4 *
/// 12 + 2 * 8, 32 = 4 * 6 + 2 * 4. Calls f(first, lines), lines being a constant; the last tile may reach beyond n, by
/// less than `spare`.
template <int Long, class F>
LACUNA_INLINE void for_each_lines(index n, F&& f) noexcept {
  for (index first = 0; first < n;) {
    index const rest = n - first;
    if (rest <= 4 || (Long == 6 && (rest == 7 || rest == 8))) {
      f(first, std::integral_constant<int, 4>{});
      first += 4;
    } else if (Long == 12 && (rest <= 8 || (rest > 12 && rest <= 16))) {
      f(first, std::integral_constant<int, 8>{});
      first += 8;
    } else {
      f(first, std::integral_constant<int, Long>{});
      first += Long;
    }
  }
}

/// Cuts n elements, a multiple of `lanes`, into strips of N registers, then of N/2 and so on. Calls f(first,
/// registers), registers being a constant.
template <int N, class F>
LACUNA_INLINE void for_each_strip(index n, index lanes, F&& f, index first = 0) noexcept {
  for (; n - first >= N * lanes; first += N * lanes) f(first, std::integral_constant<int, N>{});
  if constexpr (N > 1) for_each_strip<N / 2>(n, lanes, f, first);
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
