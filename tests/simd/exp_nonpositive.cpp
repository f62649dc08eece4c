// SPDX-License-Identifier: MIT
#include <lacuna/simd/exp_nonpositive.hpp>

#include "../support/random.hpp"
#include "../support/worse.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>

namespace simd = lacuna::simd;

namespace {

using arch = simd::default_arch;

template <class T>
T exp_of(T x) {
  simd::batch<T, arch> two[2] = {simd::batch<T, arch>(T{-1}), simd::batch<T, arch>(x)};
  simd::exp_nonpositive(two);
  return two[1].get(0);
}

}  // namespace

TEST_CASE("exp_nonpositive: float within some units of roundoff; 0 far below") {
  lacuna_test::random r(1);
  double worst = 0;
  for (int i = 0; i != 200000; ++i) {
    auto const x = static_cast<float>(r.uniform(-87.3, 0));
    auto const exact = std::exp(static_cast<double>(x));
    auto const units = 3 + std::fabs(static_cast<double>(x)) / 20;
    worst = lacuna_test::worse(worst, std::fabs(static_cast<double>(exp_of(x)) - exact) / exact / units);
  }
  CHECK(worst <= 0x1p-24);
  for (float const x : {-87.7f, -88.0f, -100.0f, -1e10f, -3e38f, -std::numeric_limits<float>::infinity()})
    CHECK(exp_of(x) == 0);
  for (float x = -87.2f; x > -87.9f; x -= 0.01f) CHECK(std::fabs(exp_of(x) - std::exp(x)) <= 0x1p-126f);
  CHECK(exp_of(0.0f) == 1);
  CHECK(std::isnan(exp_of(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("exp_nonpositive: double") {
  if constexpr (simd::has_batch<arch, double>) {
    for (double const x : {0.0, -0.5, -3.25, -100.0, -700.0})
      CHECK(std::fabs(exp_of(x) - std::exp(x)) <= 4 * 0x1p-53 * std::exp(x));
    CHECK(exp_of(-1e300) == 0);
    CHECK(exp_of(-std::numeric_limits<double>::infinity()) == 0);
    CHECK(std::isnan(exp_of(std::numeric_limits<double>::quiet_NaN())));
  }
}
