// SPDX-License-Identifier: MIT
#include <lacuna/prune/reduction.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <initializer_list>
#include <limits>

namespace {

using lacuna::reduction;

double reduce(reduction how, std::initializer_list<double> scores) {
  return lacuna::detail::with_reduction(how, [&](auto r) {
    double a = r.start, b = r.start, all = r.start, slow = lacuna::detail::start_of(how);
    int k = 0;
    for (auto const s : scores) {
      auto& part = k++ < 2 ? a : b;
      part = r.with(part, s);
      all = r.with(all, s);
      slow = lacuna::detail::reduced(how, slow, s);
    }
    auto const parts = r.end(r.join(a, b));
    auto const whole = r.end(all);
    CHECK((parts == whole || (std::isnan(parts) && std::isnan(whole))));
    CHECK((slow == all || (std::isnan(slow) && std::isnan(all))));
    return whole;
  });
}

constexpr auto inf = std::numeric_limits<double>::infinity();
constexpr auto nan = std::numeric_limits<double>::quiet_NaN();

TEST_CASE("reduction: L1, L2 and the largest, whole or in parts") {
  CHECK(reduce(reduction::sum, {1, 2, 4, -3}) == 4);
  CHECK(reduce(reduction::l2, {1, -2, 4, 2}) == 5);
  CHECK(reduce(reduction::largest, {-1, -2, -4, -3}) == -1);
  CHECK(reduce(reduction::sum, {}) == 0);
  CHECK(reduce(reduction::l2, {}) == 0);
  CHECK(reduce(reduction::largest, {}) == -inf);
}

TEST_CASE("reduction: infinities and NaN are not lost") {
  CHECK(reduce(reduction::sum, {1, inf}) == inf);
  CHECK(std::isnan(reduce(reduction::sum, {-inf, inf})));
  CHECK(reduce(reduction::l2, {-inf, inf}) == inf);
  CHECK(reduce(reduction::largest, {-inf, -inf}) == -inf);
  for (auto const how : {reduction::sum, reduction::l2, reduction::largest}) {
    CHECK(std::isnan(reduce(how, {1, nan, 2})));
    CHECK(std::isnan(reduce(how, {nan, 1, 2})));
    CHECK(std::isnan(reduce(how, {1, 2, 3, nan})));
  }
}

}  // namespace
