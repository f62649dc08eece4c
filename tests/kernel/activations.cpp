// SPDX-License-Identifier: MIT
#include <lacuna/kernel/activations.hpp>

#include "support/stage_values.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <cmath>

namespace la = lacuna;
using Catch::Matchers::Message;
using lacuna_test::check_special;
using lacuna_test::check_values;
using lacuna_test::infinity;
using lacuna_test::not_a_number;

TEMPLATE_TEST_CASE("activations: functions of a value, scalar and register, within their bounds", "", float, double) {
  using T = TestType;
  using oracle = lacuna_test::oracle_stages<T>;
  check_values<T>(la::relu, oracle::relu());
  check_values<T>(la::gelu, oracle::gelu());
  check_values<T>(la::gelu_tanh, oracle::gelu_tanh());
  check_values<T>(la::silu, oracle::silu());
  check_values<T>(la::clamp(-0.5, 2), oracle::clamp(-0.5L, 2));
}

TEMPLATE_TEST_CASE("activations: infinities and NaN", "", float, double) {
  using T = TestType;
  for (double const v : {infinity, -infinity, not_a_number}) {
    check_special<T>(la::relu, v, v < 0 ? 0 : v);
    check_special<T>(la::clamp(-1, 2), v, std::isnan(v) ? not_a_number : v < 0 ? -1 : 2);
    check_special<T>(la::clamp(-infinity, infinity), v, v);
    check_special<T>(la::gelu, v, v > 0 ? infinity : not_a_number);  // -Inf * 0
    check_special<T>(la::gelu_tanh, v, v > 0 ? infinity : not_a_number);
    check_special<T>(la::silu, v, v > 0 ? infinity : not_a_number);
  }
}

TEST_CASE("activations: clamp wants lo <= hi") {
  CHECK_THROWS_MATCHES(la::clamp(2, 1), la::value_error, Message("clamp: lo is 2, hi is 1, expected lo <= hi"));
  CHECK_THROWS_AS(la::clamp(not_a_number, 1), la::value_error);
  CHECK_THROWS_AS(la::clamp(0, not_a_number), la::value_error);
  CHECK_NOTHROW(la::clamp(1, 1));
}
