// SPDX-License-Identifier: MIT
#include <lacuna/active.hpp>

#include "support/allocations.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace la = lacuna;
using lacuna_test::message_of;

TEST_CASE("select_active: a threshold that no float can hold counts as the double it is") {
  std::vector<float> const x{0.1f, -0.1f, 0.09999999f};  // 0.1f is a little above 0.1
  CHECK(la::select_active(x, 0.1).stored() == 2);
  CHECK(la::select_active(x, 0.1f).stored() == 0);
  std::vector<float> const large{std::numeric_limits<float>::max(), std::numeric_limits<float>::infinity()};
  CHECK(la::select_active(large, 1e300).stored() == 1);
  CHECK(la::select_active(large, std::numeric_limits<double>::infinity()).stored() == 0);
  CHECK(la::select_active(large, 3e38).stored() == 2);
}

TEST_CASE("select_active: a threshold below zero, or NaN, is refused") {
  std::vector<float> const x(3);
  auto const said = [&](double threshold) {
    return message_of<la::value_error>([&] { return la::select_active(x, threshold); });
  };
  CHECK(said(-1) == "select_active: the threshold is -1, expected >= 0");
  CHECK(said(std::numeric_limits<double>::quiet_NaN()) == "select_active: the threshold is nan, expected >= 0");
  CHECK(said(0) == "no error");
}

TEST_CASE("select_active: nothing allocates once the list has room") {
  lacuna_test::random r(1);
  auto const x = lacuna_test::random_vector<float>(r, 1000);
  la::sparse_vector<float> active(1000);
  CHECK(lacuna_test::allocations_during([&] {
          for (double const threshold : {0.0, 0.5, 2.0}) la::select_active(x, threshold, active);
          la::select_active(std::span(x).first(10), 0.0, active);
        }) == 0);
  CHECK(active.size() == 10);
}
