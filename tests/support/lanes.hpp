// SPDX-License-Identifier: MIT
//
// Masks of lanes to try, and registers as arrays.
#pragma once

#include <lacuna/simd/isa.hpp>

#include "support/quick.hpp"
#include "support/random.hpp"

#include <array>
#include <vector>

namespace lacuna_test {

template <class T>
using batch = lacuna::simd::batch<T, lacuna::simd::default_arch>;
template <class T>
inline constexpr int lanes_of = static_cast<int>(batch<T>::size);

/// The lanes of a register.
template <class T>
[[nodiscard]] std::array<T, batch<T>::size> lanes(batch<T> value) {
  std::array<T, batch<T>::size> all;
  value.store_unaligned(all.data());
  return all;
}

/// Every mask of so many lanes up to 16 of them; of more, those of the first and the last few, and random ones.
[[nodiscard]] inline std::vector<lacuna::simd::lane_bits> lane_masks(int count) {
  std::vector<lacuna::simd::lane_bits> all;
  random r(static_cast<std::uint64_t>(count));
  auto const every = count == 64 ? ~lacuna::simd::lane_bits{0} : (lacuna::simd::lane_bits{1} << count) - 1;
  if (count <= 16) {
    lacuna::simd::lane_bits const step = quick() && count > 8 ? 7 : 1;
    for (lacuna::simd::lane_bits bits = 0; bits <= every; bits += step) all.push_back(bits);
  } else {
    for (int n = 0; n != 2000; ++n) all.push_back(r.bits() & r.bits() & every);
    for (int n = 0; n != 2000; ++n) all.push_back((r.bits() | r.bits()) & every);
    for (int n = 0; n != count; ++n) all.push_back(every >> n);
    for (int n = 0; n != count; ++n) all.push_back(every << n & every);
  }
  all.push_back(every);
  return all;
}

}  // namespace lacuna_test
