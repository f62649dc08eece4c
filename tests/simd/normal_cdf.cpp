// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/normal_cdf.hpp>

#include "support/lanes.hpp"
#include "support/math_errors.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/worse.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace simd = lacuna::simd;
using arch = simd::default_arch;
using batch = lacuna_test::batch<float>;
using lacuna_test::lanes;

namespace {

/// Phi of every lane of K registers that start with x and go on in steps.
template <std::size_t K>
std::vector<float> phi(float x, float step) {
  batch v[K];
  for (std::size_t k = 0; k != K; ++k) {
    alignas(batch) float lane[batch::size];
    for (std::size_t l = 0; l != batch::size; ++l) lane[l] = x + step * static_cast<float>(k * batch::size + l);
    v[k] = batch::load_aligned(lane);
  }
  simd::normal_cdf_of<arch>::run(v);
  std::vector<float> all;
  for (auto const& r : v)
    for (float const lane : lanes<float>(r)) all.push_back(lane);
  return all;
}

double error(float x, float got) {
  auto const truth = std::erfc(-static_cast<long double>(x) / std::sqrt(2.0L)) / 2;
  return static_cast<double>(std::fabs(static_cast<long double>(got) - truth));
}

}  // namespace

TEST_CASE("normal_cdf: within its bound, for one register and for several") {
  double worst = 0;
  float const step = lacuna_test::quick() ? 0x1p-10f : 0x1p-15f;
  for (float x = -7; x < 7; x += step * static_cast<float>(3 * batch::size)) {
    auto const all = phi<3>(x, step);
    for (std::size_t l = 0; l != all.size(); ++l)
      worst = lacuna_test::worse(worst, error(x + step * static_cast<float>(l), all[l]));
    auto const one = phi<1>(x, step);
    REQUIRE(std::equal(one.begin(), one.end(), all.begin()));
  }
  INFO("worst " << worst / lacuna_test::precision_of<float>().unit);
  CHECK(worst / lacuna_test::precision_of<float>().unit <= lacuna_test::math_errors<float>::normal_cdf);
}

TEST_CASE("normal_cdf: what v is multiplied with is 0 and 1 exactly, however large v is") {
  for (float const x :
       {5.4f, 9.0f, 100.0f, 1e10f, 1e30f, std::numeric_limits<float>::max(), std::numeric_limits<float>::infinity()}) {
    for (float const got : phi<2>(x, 0)) CHECK(got == 1);
    for (float const got : phi<2>(-x, 0)) CHECK(got == 0);
  }
  for (float const got : phi<1>(0.0f, 0)) CHECK(got == 0.5f);
}
