// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/antidiagonal.hpp>
#include <lacuna/core/error.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("antidiagonal: it borrows keys, and blocks are whole groups") {
  float keys[12] = {};
  la::heads_view<float> const k{keys, 1, 6, 2, 12, 2};
  at::antidiagonal const scorer(k, 2, 4);
  STATIC_REQUIRE(std::is_same_v<decltype(scorer), at::antidiagonal<float> const>);
  CHECK(scorer.tokens() == 6);
  CHECK(scorer.unit() == 4);
  CHECK(scorer.keys().data == keys);
  CHECK(scorer.kind() == at::score_kind::mass);
  CHECK(lacuna_test::message_of<la::shape_error>([&] { return at::antidiagonal(k, 3, 4); }) ==
        "antidiagonal: blocks of 4 keys in groups of 3, expected whole groups of 1 to 2^31");
  CHECK_THROWS_AS(at::antidiagonal(k, 0, 4), la::shape_error);
  CHECK_THROWS_AS(at::antidiagonal(k, 4, 0), la::shape_error);
  auto const far = (la::index{1} << 31) + 1;
  CHECK_THROWS_AS(at::antidiagonal(k, far, far), la::shape_error);
}
