// SPDX-License-Identifier: MIT
//
// A stage of an epilogue, value by value: as a scalar and in every lane of a register.
#pragma once

#include <lacuna/core/config.hpp>

#include "support/epilogues.hpp"
#include "support/lanes.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace lacuna_test {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Stages without operands ask nothing of the place.
struct nowhere {};

/// The value, as a scalar and as a lane of a register.
template <class T, class Stage>
std::vector<T> results(Stage const& stage, double v) {
  auto const value = static_cast<T>(v);
  std::vector<T> all{stage(value, nowhere{})};
  if constexpr (!Stage::requantizes) {
    auto const all_lanes = lanes<T>(stage(batch<T>(value), nowhere{}));
    all.insert(all.end(), all_lanes.begin(), all_lanes.end());
  }
  return all;
}

template <class T, class Stage>
void check_values(Stage const& stage, oracle_stage const& oracle) {
  lacuna::index wrong = 0;
  double first = 0;
  auto const check = [&](double v) {
    auto const expected = oracle(0, 0, approximate{static_cast<long double>(static_cast<T>(v)), 0});
    for (T const got : results<T>(stage, v))
      if (!detail::acceptable<T>(static_cast<double>(got), expected)) first = wrong++ == 0 ? v : first;
  };
  for (int i = -40000; i <= 40000; i += quick() ? 97 : 7) check(i * 0.0005);  // +-20
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

}  // namespace lacuna_test
