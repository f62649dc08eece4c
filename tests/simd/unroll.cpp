// SPDX-License-Identifier: MIT
#include <lacuna/simd/unroll.hpp>

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <type_traits>
#include <vector>

using lacuna::simd::unroll;

TEST_CASE("unroll: every step once, in order, each a constant") {
  std::vector<int> steps;
  unroll<5>([&](auto n) {
    STATIC_REQUIRE(std::same_as<decltype(n), std::integral_constant<int, decltype(n)::value>>);
    steps.push_back(n);
  });
  CHECK(steps == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("unroll: no step at all") {
  unroll<0>([](auto) { FAIL("there is no step 0"); });
  SUCCEED();
}

TEST_CASE("unroll: can be evaluated by the compiler") {
  constexpr int sum = [] {
    int s = 0;
    unroll<4>([&](auto n) { s = 10 * s + n; });
    return s;
  }();
  STATIC_REQUIRE(sum == 123);
}
