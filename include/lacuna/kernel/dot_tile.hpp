// SPDX-License-Identifier: MIT
//
// Dot products of some lines with some others, all at once in registers.
//
// Bound: (R + C) / (R C) loads and one fma for each of the R C products of a register, then 3 operations a sum: 1 x 8
// needs 1.125 loads for each fma, at most 82 % of the fma peak from L1 at 1.84 loads a cycle, and one load from behind
// it where every line of v is another; 4 x 4 needs 0.5.
//
// What is reached: kernel/sddmm/csr.hpp, kernel/sddmm/bsr.hpp, kernel/sddmm/row_dots.hpp.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// sums[(p R + r) C + c], 0 <= p < Phases, add up to the dot product of u[r] and v[c], which have `length` elements:
/// register s of them goes to phase s % Phases, but that the last ones may all go to phase 0. Reads nothing beyond the
/// elements. The bits of a sum depend on its two lines, `length` and Phases alone.
template <class Arch, int Phases, std::size_t R, std::size_t C, class T>
LACUNA_INLINE void dot_tile(T const* const (&u)[R], T const* const (&v)[C], index length, T* sums) noexcept {
  using batch = simd::batch<T, Arch>;
  constexpr index lanes = static_cast<index>(batch::size);
  constexpr int rows = static_cast<int>(R);
  constexpr int columns = static_cast<int>(C);
  constexpr int count = Phases * rows * columns;
  static_assert(count % 8 == 0);
  constexpr bool pinned = rows > 1 && columns > 1 && count + rows + 1 <= simd::register_count<Arch>;
  batch sum[static_cast<std::size_t>(count)];
  simd::unroll<count>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = batch(T{0}); });
  auto const add = [&](auto phase, auto&& load) LACUNA_INLINE_LAMBDA {
    batch left[R];
    simd::unroll<rows>([&](auto r) LACUNA_INLINE_LAMBDA {
      left[r] = load(u[r]);
      if constexpr (pinned) simd::pin(left[r]);
    });
    simd::unroll<columns>([&](auto c) LACUNA_INLINE_LAMBDA {
      auto right = load(v[c]);
      if constexpr (pinned) simd::pin(right);
      simd::unroll<rows>([&](auto r) LACUNA_INLINE_LAMBDA {
        constexpr int n = (decltype(phase)::value * rows + decltype(r)::value) * columns + decltype(c)::value;
        sum[n] = simd::fma(left[r], right, sum[n]);
      });
    });
  };
  index t = 0;
  for (; length - t >= Phases * lanes; t += Phases * lanes)
    simd::unroll<Phases>([&](auto p) LACUNA_INLINE_LAMBDA {
      add(p, [&](T const* line) LACUNA_INLINE_LAMBDA { return batch::load_unaligned(line + t + p * lanes); });
    });
  std::integral_constant<int, 0> const first;
  for (; length - t >= lanes; t += lanes)
    add(first, [&](T const* line) LACUNA_INLINE_LAMBDA { return batch::load_unaligned(line + t); });
  if (t != length) {
    auto const bits = simd::first_lanes(length - t);
    add(first, [&](T const* line) LACUNA_INLINE_LAMBDA { return simd::masked<Arch, T>::load(line + t, bits); });
  }
  simd::unroll<count / 8>([&](auto n) LACUNA_INLINE_LAMBDA {
    batch eight[8];
    simd::unroll<8>([&](auto g) LACUNA_INLINE_LAMBDA { eight[g] = sum[8 * n + g]; });
    simd::sum_lanes<Arch, T>::store(eight, sums + 8 * n);
  });
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
