// SPDX-License-Identifier: MIT
#include <lacuna/simd/math.hpp>

#include "support/lanes.hpp"
#include "support/math_errors.hpp"
#include "support/oracle.hpp"
#include "support/worse.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <limits>

namespace simd = lacuna::simd;
using lacuna_test::lanes;
using lacuna_test::math_errors;

namespace {

/// The largest error of f, scalar and register, relative to the true value, in units of T's roundoff. Values below T's
/// normal numbers are left out.
template <class T, class F, class Reference>
double worst_error(F const& f, Reference const& reference, double low, double high) {
  double worst = 0;
  int const steps = lacuna_test::quick() ? 2000 : 100000;
  for (int i = 0; i <= steps; ++i) {
    auto const x = static_cast<T>(low + (high - low) * i / steps);
    auto const truth = reference(static_cast<long double>(x));
    if (std::fabs(truth) < std::numeric_limits<T>::min()) continue;
    auto const all = lanes<T>(f(lacuna_test::batch<T>(x)));
    for (T const got : {f(x), all.front(), all.back()})
      worst =
          lacuna_test::worse(worst, static_cast<double>(std::fabs((static_cast<long double>(got) - truth) / truth)));
  }
  return worst / lacuna_test::precision_of<T>().unit;
}

}  // namespace

TEMPLATE_TEST_CASE("math: erf, exp and tanh are as exact as epilogues rely on", "", float, double) {
  using T = TestType;
  auto const erf = [](auto v) { return simd::erf(v); };
  auto const exp = [](auto v) { return simd::exp(v); };
  auto const tanh = [](auto v) { return simd::tanh(v); };
  auto const true_erf = [](long double v) { return std::erf(v); };
  auto const true_exp = [](long double v) { return std::exp(v); };
  auto const true_tanh = [](long double v) { return std::tanh(v); };
  double const wide = math_errors<T>::exp_range;
  CHECK(worst_error<T>(erf, true_erf, -7, 7) <= math_errors<T>::erf);
  CHECK(worst_error<T>(erf, true_erf, -1e-2, 1e-2) <= math_errors<T>::erf);
  CHECK(worst_error<T>(exp, true_exp, -wide, wide) <= math_errors<T>::exp);
  CHECK(worst_error<T>(exp, true_exp, -1e-2, 1e-2) <= math_errors<T>::exp);
  CHECK(worst_error<T>(tanh, true_tanh, -20, 20) <= math_errors<T>::tanh);
  CHECK(worst_error<T>(tanh, true_tanh, -1e-2, 1e-2) <= math_errors<T>::tanh);
}

TEST_CASE("math: the normal distribution function, scalar") {
  for (float const x : {-3.0f, -0.5f, 0.0f, 1.0f, 4.0f})
    CHECK(std::fabs(simd::normal_cdf(x) - static_cast<float>(std::erfc(-static_cast<double>(x) / std::sqrt(2.0)) / 2)) <
          2.7e-7f);
}

TEMPLATE_TEST_CASE("math: the normal distribution function", "", double) {
  using T = TestType;
  double worst = 0;
  int const steps = lacuna_test::quick() ? 5000 : 500000;
  for (int i = 0; i <= steps; ++i) {
    auto const x = static_cast<T>(-7.0 + 14.0 * i / steps);
    auto const truth = std::erfc(-static_cast<long double>(x) / std::sqrt(2.0L)) / 2;
    auto const all = lanes<T>(simd::normal_cdf(lacuna_test::batch<T>(x)));
    for (T const got : {simd::normal_cdf(x), all.front(), all.back()})
      worst = lacuna_test::worse(worst, static_cast<double>(std::fabs(static_cast<long double>(got) - truth)));
  }
  CHECK(worst / lacuna_test::precision_of<T>().unit <= math_errors<T>::normal_cdf);
  constexpr T infinity = std::numeric_limits<T>::infinity();
  for (T const x : {T{9}, T{100}, T{1e30f}, infinity}) {  // what v is multiplied with, however large it is
    CHECK(lanes<T>(simd::normal_cdf(lacuna_test::batch<T>(x))).back() == 1);
    CHECK(lanes<T>(simd::normal_cdf(lacuna_test::batch<T>(-x))).back() == 0);
  }
}

TEMPLATE_TEST_CASE("math: where exp would be a subnormal number it is 0", "", float, double) {
  using T = TestType;
  for (double x = -1.0085 * math_errors<T>::exp_range; x > -2000; x *= 1.003)
    CHECK(lanes<T>(simd::exp(lacuna_test::batch<T>(static_cast<T>(x)))).front() == 0);
}

TEMPLATE_TEST_CASE("math: infinities and NaN", "", float, double) {
  using T = TestType;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  auto const check = [](auto const& f, T x, T expected) {
    for (T const got : {f(x), lanes<T>(f(lacuna_test::batch<T>(x))).back()})
      CHECK((std::isnan(expected) ? std::isnan(got) : got == expected));
  };
  T const nan = std::numeric_limits<T>::quiet_NaN();
  for (int sign : {1, -1}) {
    check([](auto v) { return simd::erf(v); }, static_cast<T>(sign) * infinity, static_cast<T>(sign));
    check([](auto v) { return simd::tanh(v); }, static_cast<T>(sign) * infinity, static_cast<T>(sign));
    check([](auto v) { return simd::exp(v); }, static_cast<T>(sign) * infinity, sign > 0 ? infinity : T{0});
  }
  check([](auto v) { return simd::erf(v); }, nan, nan);
  check([](auto v) { return simd::tanh(v); }, nan, nan);
  check([](auto v) { return simd::exp(v); }, nan, nan);
}

TEMPLATE_TEST_CASE("math: arguments larger than any integer", "", float, double) {
  using T = TestType;
  // A sanitizer sees a conversion to an integer that does not fit; everybody else, what came of it.
  for (T const x : {T{1e10f}, T{1e30f}, std::numeric_limits<T>::max()})
    for (T const sign : {T{1}, T{-1}}) {
      lacuna_test::batch<T> const v(sign * x);
      CHECK(lanes<T>(simd::erf(v)).back() == sign);
      CHECK(lanes<T>(simd::tanh(v)).back() == sign);
      CHECK(lanes<T>(simd::exp(v)).back() == (sign > 0 ? std::numeric_limits<T>::infinity() : T{0}));
    }
}

TEMPLATE_TEST_CASE("math: splat, choose, nearbyint, lane_t", "", float, double) {
  using T = TestType;
  using batch = lacuna_test::batch<T>;
  STATIC_REQUIRE(std::same_as<simd::lane_t<T>, T>);
  STATIC_REQUIRE(std::same_as<simd::lane_t<batch>, T>);
  CHECK(simd::splat<T>(0.1) == static_cast<T>(0.1));
  for (T const lane : lanes<T>(simd::splat<batch>(0.1))) CHECK(lane == static_cast<T>(0.1));
  CHECK(simd::choose(true, T{1}, T{2}) == 1);
  CHECK(simd::choose(false, T{1}, T{2}) == 2);

  std::array<T, batch::size> source;
  for (std::size_t l = 0; l != source.size(); ++l) source[l] = static_cast<T>(l) - T{1.5};
  auto const value = batch::load_unaligned(source.data());
  auto const chosen = lanes<T>(simd::choose(value < simd::splat<batch>(0), simd::splat<batch>(7), value));
  auto const whole = lanes<T>(simd::nearbyint(value));
  for (std::size_t l = 0; l != source.size(); ++l) {
    CHECK(chosen[l] == (source[l] < 0 ? T{7} : source[l]));
    CHECK(whole[l] == simd::nearbyint(source[l]));
  }
  CHECK(simd::nearbyint(T{0.5}) == 0);  // ties to even
  CHECK(simd::nearbyint(T{1.5}) == 2);
  CHECK(simd::nearbyint(T{-2.5}) == -2);
  T sum = 0;
  for (T const lane : source) sum += lane;
  CHECK(simd::reduce_add(value) == sum);  // small multiples of a half: exact in any order
  CHECK(simd::fma(T{2}, T{3}, T{4}) == 10);
}
