// SPDX-License-Identifier: MIT
//
// The parts of a softmax, for lines of scores.
//
// Bound: a load and a maximum for a register of scores; for exponentials the polynomial of exp, beside a load, a store
// and an addition.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/tile.hpp>

#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The largest of n scores; the lowest float if there are none. NaNs may or may not be passed over.
template <class Arch>
[[nodiscard]] LACUNA_INLINE float largest(float const* scores, index n) noexcept {
  using batch = simd::batch<float, Arch>;
  constexpr float lowest = std::numeric_limits<float>::lowest();
  batch top(lowest);
  simd::for_each_tile<Arch, float, 1>(n, [&](auto tile, index i) LACUNA_INLINE_LAMBDA {
    constexpr int lanes = decltype(tile)::lanes;
    auto s = tile.load(scores + i, 0);
    if (n - i < lanes) s = simd::choose_lanes<float, Arch>(simd::first_lanes(n - i), s, batch(lowest));
    top = simd::max(top, s);
  });
  return simd::reduce_max(top);
}

/// to[i] = exp(scores[i] - top), and their sum, added up lane by lane. scores may be `to`.
template <class Arch>
LACUNA_INLINE float exponentials(float const* scores, index n, float top, float* to) noexcept {
  using batch = simd::batch<float, Arch>;
  batch sum(0.0f);
  simd::for_each_tile<Arch, float, 1>(n, [&](auto tile, index i) LACUNA_INLINE_LAMBDA {
    constexpr int lanes = decltype(tile)::lanes;
    auto e = simd::exp(tile.load(scores + i, 0) - batch(top));
    tile.store(to + i, e, 0);
    if (n - i < lanes) e = simd::choose_lanes<float, Arch>(simd::first_lanes(n - i), e, batch(0.0f));
    sum = sum + e;
  });
  return simd::reduce_add(sum);
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
