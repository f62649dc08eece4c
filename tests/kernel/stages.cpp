// SPDX-License-Identifier: MIT
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/stages.hpp>

#include "support/epilogues.hpp"
#include "support/lanes.hpp"
#include "support/oracle.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace la = lacuna;
using Catch::Matchers::Message;
using lacuna_test::approximate;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Stages without operands ask nothing of the place.
struct nowhere {};

/// The value, as a scalar and as a lane of a register.
template <class T, class Stage>
std::vector<T> results(Stage const& stage, double v) {
  auto const value = static_cast<T>(v);
  std::vector<T> all{stage(value, nowhere{})};
  if constexpr (!Stage::requantizes) {
    auto const lanes = lacuna_test::lanes<T>(stage(lacuna_test::batch<T>(value), nowhere{}));
    all.insert(all.end(), lanes.begin(), lanes.end());
  }
  return all;
}

template <class T, class Stage>
void check_values(Stage const& stage, lacuna_test::oracle_stage const& oracle) {
  lacuna::index wrong = 0;
  double first = 0;
  auto const check = [&](double v) {
    auto const expected = oracle(0, 0, approximate{static_cast<long double>(static_cast<T>(v)), 0});
    for (T const got : results<T>(stage, v))
      if (!lacuna_test::detail::acceptable<T>(static_cast<double>(got), expected)) first = wrong++ == 0 ? v : first;
  };
  for (int i = -40000; i <= 40000; i += lacuna_test::quick() ? 97 : 7) check(i * 0.0005);  // +-20
  for (double v = 1e-30; v < 1e30; v *= 1.7)
    for (double const sign : {1.0, -1.0}) check(sign * v);
  check(0);
  CAPTURE(first);
  CHECK(wrong == 0);
}

template <class T, class Stage>
void check_special(Stage const& stage, double v, double expected) {
  for (T const got : results<T>(stage, v)) {
    CAPTURE(v, got);
    CHECK((std::isnan(expected) ? std::isnan(got) : got == static_cast<T>(expected)));
  }
}

}  // namespace

TEMPLATE_TEST_CASE("stages: functions of a value, scalar and register, within their bounds", "", float, double) {
  using T = TestType;
  using oracle = lacuna_test::oracle_stages<T>;
  check_values<T>(la::relu, oracle::relu());
  check_values<T>(la::gelu, oracle::gelu());
  check_values<T>(la::gelu_tanh, oracle::gelu_tanh());
  check_values<T>(la::silu, oracle::silu());
  check_values<T>(la::clamp(-0.5, 2), oracle::clamp(-0.5L, 2));
  check_values<T>(la::scale(T{3} / T{7}), oracle::times([](auto, auto) { return T{3} / T{7}; }));
}

TEMPLATE_TEST_CASE("stages: infinities and NaN", "", float, double) {
  using T = TestType;
  for (double const v : {infinity, -infinity, not_a_number}) {
    check_special<T>(la::relu, v, v < 0 ? 0 : v);
    check_special<T>(la::clamp(-1, 2), v, std::isnan(v) ? not_a_number : v < 0 ? -1 : 2);
    check_special<T>(la::clamp(-infinity, infinity), v, v);
    check_special<T>(la::scale(T{-2}), v, -v);
    check_special<T>(la::gelu, v, v > 0 ? infinity : not_a_number);  // -Inf * 0
    check_special<T>(la::gelu_tanh, v, v > 0 ? infinity : not_a_number);
    check_special<T>(la::silu, v, v > 0 ? infinity : not_a_number);
  }
}

TEST_CASE("stages: clamp wants lo <= hi") {
  CHECK_THROWS_MATCHES(la::clamp(2, 1), la::value_error, Message("clamp: lo is 2, hi is 1, expected lo <= hi"));
  CHECK_THROWS_AS(la::clamp(not_a_number, 1), la::value_error);
  CHECK_THROWS_AS(la::clamp(0, not_a_number), la::value_error);
  CHECK_NOTHROW(la::clamp(1, 1));
}

TEMPLATE_TEST_CASE("stages: requantize rounds half to even, saturates, and takes NaN for 0", "", float, double) {
  using T = TestType;
  auto const signed8 = la::requantize<std::int8_t>(0.5);
  for (auto const& [v, expected] : std::initializer_list<std::pair<double, double>>{
           {1, 0},       {3, 2},      {5, 2},        {-1, 0},         {-3, -2},          {-5, -2},         {1.002, 1},
           {2.998, 1},   {253, 126},  {254, 127},    {255, 127},      {256, 127},        {-255, -128},     {-256, -128},
           {-258, -128}, {1e30, 127}, {-1e30, -128}, {infinity, 127}, {-infinity, -128}, {not_a_number, 0}})
    check_special<T>(signed8, v, expected);
  auto const unsigned8 = la::requantize<std::uint8_t>(1.0f, 128);
  for (auto const& [v, expected] : std::initializer_list<std::pair<double, double>>{{0, 128},
                                                                                    {0.5, 128},
                                                                                    {1.5, 130},
                                                                                    {-0.5, 128},
                                                                                    {-128, 0},
                                                                                    {-128.4, 0},
                                                                                    {-200, 0},
                                                                                    {127, 255},
                                                                                    {127.4, 255},
                                                                                    {300, 255},
                                                                                    {not_a_number, 128},
                                                                                    {infinity, 255},
                                                                                    {-infinity, 0}})
    check_special<T>(unsigned8, v, expected);
  check_special<T>(la::requantize<std::int16_t>(2), 20000, 32767);
  check_special<T>(la::requantize<std::int16_t>(2), -16383.9, -32768);
  check_special<T>(la::requantize<std::uint16_t>(1, 7), -100, 0);
}

TEST_CASE("stages: integers accumulate with wrap-around") {
  struct {
    [[nodiscard]] std::int32_t output() const { return std::numeric_limits<std::int32_t>::max(); }
  } const at;
  CHECK(la::accumulate(std::int32_t{1}, at) == std::numeric_limits<std::int32_t>::min());
  CHECK(la::accumulate(std::int32_t{-1}, at) == std::numeric_limits<std::int32_t>::max() - 1);
}

TEST_CASE("stages: a scale of any arithmetic type is what it says") {
  CHECK(la::scale(3)(2.0f, nowhere{}) == 6.0f);
  CHECK(la::scale(0.1)(1.0, nowhere{}) == 0.1);
  CHECK(la::scale(0.1f)(1.0, nowhere{}) == static_cast<double>(0.1f));
  CHECK(la::scale(0.1)(1.0f, nowhere{}) == 0.1f);
}
