// SPDX-License-Identifier: MIT
#include <lacuna/kernel/stages.hpp>

#include "support/stage_values.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>

namespace la = lacuna;
using lacuna_test::check_special;
using lacuna_test::check_values;
using lacuna_test::infinity;
using lacuna_test::not_a_number;
using lacuna_test::nowhere;

TEMPLATE_TEST_CASE("stages: scale, scalar and register, within its bound", "", float, double) {
  using T = TestType;
  using oracle = lacuna_test::oracle_stages<T>;
  check_values<T>(la::scale(T{3} / T{7}), oracle::times([](auto, auto) { return T{3} / T{7}; }));
  for (double const v : {infinity, -infinity, not_a_number}) check_special<T>(la::scale(T{-2}), v, -v);
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
