// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/score_kind.hpp>

#include <catch2/catch_test_macros.hpp>

TEST_CASE("score_kind: logits and masses are told apart") {
  STATIC_REQUIRE(lacuna::attention::score_kind::logit != lacuna::attention::score_kind::mass);
}
