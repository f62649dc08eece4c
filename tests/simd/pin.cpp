// SPDX-License-Identifier: MIT
#include <lacuna/simd/pin.hpp>

#include "support/lanes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

namespace simd = lacuna::simd;
using arch = simd::default_arch;

TEMPLATE_TEST_CASE("pin: a register is what it was", "", float, double) {
  using T = TestType;
  if constexpr (simd::has_batch<arch, T>) {
    simd::batch<T, arch> value(T(3));
    simd::pin(value);
    for (auto const lane : lacuna_test::lanes<T>(value)) CHECK(lane == T(3));
  }
}
