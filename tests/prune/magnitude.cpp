// SPDX-License-Identifier: MIT
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/magnitude.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>

namespace {

static_assert(lacuna::criterion<lacuna::magnitude>);

TEST_CASE("magnitude: the absolute value") {
  constexpr lacuna::magnitude score;
  CHECK(score(-3.5f, 0, 0) == 3.5f);
  CHECK(score(2.0f, 7, 1) == 2.0f);
  CHECK(score(-0.0f, 0, 0) == 0.0f);
  CHECK(score(-std::numeric_limits<float>::infinity(), 0, 0) == std::numeric_limits<float>::infinity());
  CHECK(std::isnan(score(std::numeric_limits<float>::quiet_NaN(), 0, 0)));
}

}  // namespace
