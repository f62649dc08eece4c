// SPDX-License-Identifier: MIT
#include <lacuna/simd/lane_ends.hpp>

#include "support/lanes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEMPLATE_TEST_CASE("lane_ends: every count of lanes; what is left out is 0, whatever it was", "", float, double) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, T>) {
    using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr int size = lacuna_test::lanes_of<T>;
    constexpr T numbers[] = {T{-3}, std::numeric_limits<T>::infinity(), T{5}, std::numeric_limits<T>::quiet_NaN()};
    T value[size];
    for (int l = 0; l != size; ++l) value[l] = numbers[l % 4];
    auto const all = lacuna_test::batch<T>::load_unaligned(value);
    for (int n = 0; n <= size; ++n) {
      auto const above = lacuna_test::lanes<T>(la::simd::lanes_from(all, n));
      auto const below = lacuna_test::lanes<T>(la::simd::lanes_below(all, n));
      for (int l = 0; l != size; ++l) {
        CAPTURE(n, l);
        auto const at = static_cast<std::size_t>(l);
        CHECK(std::bit_cast<bits>(above[at]) == (l >= n ? std::bit_cast<bits>(value[l]) : bits{0}));
        CHECK(std::bit_cast<bits>(below[at]) == (l < n ? std::bit_cast<bits>(value[l]) : bits{0}));
      }
    }
  }
}
