// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEMPLATE_TEST_CASE("sum_lanes: sums of eight registers, each of its own lanes, and nothing is written beside", "",
                   float, double) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, T>) {
    using batch = lacuna_test::batch<T>;
    constexpr int lanes = static_cast<int>(batch::size);
    lacuna_test::random r(1);
    for (int repeat = 0; repeat != 50; ++repeat) {
      T numbers[8 * lanes];
      T exact[8] = {};
      for (int n = 0; n != 8 * lanes; ++n) {
        numbers[n] = static_cast<T>(r.below(2001) - 1000);  // whole, so that every order gives the same sum
        exact[n / lanes] += numbers[n];
      }
      batch a[8];
      for (int g = 0; g != 8; ++g) a[g] = batch::load_unaligned(numbers + g * lanes);
      for (auto const where : {lacuna_test::placement::lower, lacuna_test::placement::upper}) {
        lacuna_test::guarded<T> to(8, where);
        la::simd::sum_lanes<arch, T>::store(a, to.data());
        CHECK(std::memcmp(to.data(), exact, sizeof exact) == 0);
        CHECK(to.intact());
      }
    }
  }
}

TEMPLATE_TEST_CASE("sum_lanes: the same bits in every place", "", float, double) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, T>) {
    using batch = lacuna_test::batch<T>;
    lacuna_test::random r(2);
    for (int repeat = 0; repeat != 50; ++repeat) {
      T numbers[batch::size];
      for (auto& n : numbers) n = lacuna_test::random_value<T>(r, lacuna_test::spread::heavy_tailed);
      batch a[8];
      for (auto& b : a) b = batch::load_unaligned(numbers);
      T to[8];
      la::simd::sum_lanes<arch, T>::store(a, to);
      for (auto const sum : to) CHECK(std::memcmp(&sum, &to[0], sizeof(T)) == 0);
    }
  }
}
