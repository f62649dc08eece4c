// SPDX-License-Identifier: MIT
//
// The criterion that knows nothing: chance, fixed by a seed.
#pragma once

#include <lacuna/core/config.hpp>

#include <cstdint>

namespace lacuna {

/// Scores a weight by a number from [0, 1) that depends on the seed and on its row and column alone: the same for every
/// order of visits, memory order, thread count and processor, whatever the weight. The baseline of every comparison:
/// S. Liu et al., "The Unreasonable Effectiveness of Random Pruning", ICLR 2022. The numbers are SplitMix64 of the
/// place: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
struct random {
  std::uint64_t seed = 0;  ///< another seed is another mask

  [[nodiscard]] LACUNA_INLINE constexpr float operator()(float /*w*/, index i, index j) const noexcept {
    auto const row = mixed(seed + (static_cast<std::uint64_t>(i) + 1) * step);
    auto const bits = mixed(row + (static_cast<std::uint64_t>(j) + 1) * step);
    return static_cast<float>(bits >> 40) * 0x1p-24f;
  }

 private:
  static constexpr std::uint64_t step = 0x9E3779B97F4A7C15u;

  [[nodiscard]] LACUNA_INLINE static constexpr std::uint64_t mixed(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
};

}  // namespace lacuna
