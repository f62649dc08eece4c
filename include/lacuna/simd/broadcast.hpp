// SPDX-License-Identifier: MIT
//
// One, two or four neighbours in memory, each in all lanes or over and over, widened on the way.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/repeat.hpp>

#include <concepts>

namespace lacuna::simd::inline LACUNA_ISA {

/// Two neighbours, each in all lanes of a register.
template <class Batch>
struct broadcast_pair {
  Batch first;
  Batch second;
};

/// A seam operation, with its portable body: numbers of W, stored in T or in 16 bits and widened without loss, in
/// registers of T. Reads no more than it is asked for.
template <class Arch, class T, class W = T>
struct broadcast {
  using batch_type = batch<T, Arch>;
  using pair = broadcast_pair<batch_type>;
  /// Whether this is as good as memory that others are widened into beforehand.
  static constexpr bool at_once = std::same_as<T, W>;

  /// p[0] in all lanes.
  [[nodiscard]] LACUNA_INLINE static batch_type one(W const* p) noexcept { return batch_type(detail::convert<T>(*p)); }
  /// p[0] in all lanes, and p[1] in all lanes.
  [[nodiscard]] LACUNA_INLINE static pair two(W const* p) noexcept { return {one(p), one(p + 1)}; }
  /// Lane l is p[l % 4].
  [[nodiscard]] LACUNA_INLINE static batch_type four(W const* p) noexcept {
    if constexpr (std::same_as<T, W>) {
      return repeat<Arch, T, 4>::load(p);
    } else {
      T const wide[4] = {detail::convert<T>(p[0]), detail::convert<T>(p[1]), detail::convert<T>(p[2]),
                         detail::convert<T>(p[3])};
      return repeat<Arch, T, 4>::load(wide);
    }
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
