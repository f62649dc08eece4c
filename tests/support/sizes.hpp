// SPDX-License-Identifier: MIT
//
// The sizes at which kernels break: nothing, one, the edges of tiles and registers, primes.
#pragma once

#include <lacuna/core/config.hpp>

#include <vector>

namespace lacuna_test {

/// 0, 1, the neighbourhood of each power of two up to 128 (registers hold 2 to 64 elements, tiles up to 8 registers),
/// and primes that are multiples of nothing.
inline constexpr lacuna::index sizes[] = {0,  1,  2,  3,  4,  5,  7,  8,  9,  13,  15,  16, 17,
                                          31, 32, 33, 47, 61, 63, 64, 65, 97, 127, 128, 129};

/// A subset for products of three sizes, and for emulators, which are some 30 times slower.
inline constexpr lacuna::index few_sizes[] = {0, 1, 3, 8, 17, 33, 67};

/// tile - 1, tile, tile + 1 for each multiple of a tile up to `last`, after 0 and 1.
[[nodiscard]] inline std::vector<lacuna::index> around(lacuna::index tile, lacuna::index last) {
  std::vector<lacuna::index> all{0, 1};
  for (lacuna::index multiple = tile; multiple <= last; multiple += tile)
    for (lacuna::index n : {multiple - 1, multiple, multiple + 1})
      if (n > all.back()) all.push_back(n);
  return all;
}

struct shape {
  lacuna::index rows;
  lacuna::index cols;
};

/// Matrices small and odd enough to try many of: every pair of few_sizes, and some long ones.
[[nodiscard]] inline std::vector<shape> shapes() {
  std::vector<shape> all;
  for (auto const rows : few_sizes)
    for (auto const cols : few_sizes) all.push_back({rows, cols});
  for (shape const s : {shape{1, 1031}, shape{1031, 1}, shape{5, 257}, shape{129, 64}, shape{64, 129}})
    all.push_back(s);
  return all;
}

}  // namespace lacuna_test
