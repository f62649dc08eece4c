// SPDX-License-Identifier: MIT
//
// Rows of queries as floats, whatever they are stored as, and what scorers make of them.
//
// Bound: one pass, a load or two and a store for each register, nothing is used again.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/tile.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// to[i] = from[i] for 0 <= i < n.
template <class Arch, class T>
LACUNA_INLINE void copy_line(T const* from, index n, float* to) noexcept {
  simd::for_each_tile<Arch, float, 1>(
      n, [&](auto tile, index i) LACUNA_INLINE_LAMBDA { tile.store(to + i, tile.load_as(from + i), 0); });
}

/// to[i] += from[i].
template <class Arch, class T>
LACUNA_INLINE void add_line(T const* from, index n, float* to) noexcept {
  simd::for_each_tile<Arch, float, 1>(n, [&](auto tile, index i) LACUNA_INLINE_LAMBDA {
    tile.store(to + i, tile.load(to + i, 0) + tile.load_as(from + i), 0);
  });
}

/// line[i] *= factor.
template <class Arch>
LACUNA_INLINE void scale_line(float* line, index n, float factor) noexcept {
  simd::for_each_tile<Arch, float, 1>(n, [&](auto tile, index i) LACUNA_INLINE_LAMBDA {
    tile.store(line + i, tile.load(line + i, 0) * simd::batch<float, Arch>(factor), 0);
  });
}

/// to[i] = max(from[i], 0), to[n + i] = min(from[i], 0); both are NaN where from[i] is.
template <class Arch, class T>
LACUNA_INLINE void split_line(T const* from, index n, float* to) noexcept {
  simd::for_each_tile<Arch, float, 1>(n, [&](auto tile, index i) LACUNA_INLINE_LAMBDA {
    auto const x = tile.load_as(from + i);
    decltype(x) const zero(0.0f);
    tile.store(to + i, simd::choose(x < zero, zero, x), 0);
    tile.store(to + n + i, simd::choose(x > zero, zero, x), 0);
  });
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
