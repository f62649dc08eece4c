// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/given.hpp>
#include <lacuna/core/error.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("given: as many scores as there are units of keys") {
  float const scores[6] = {};
  la::heads_view<float const> const s{scores, 1, 2, 3, 6, 3};
  at::given const g(s, 33, 16);
  CHECK(g.tiles() == 2);
  CHECK(g.unit() == 16);
  CHECK(g.tokens() == 33);
  CHECK(g.kind() == at::score_kind::mass);
  CHECK(lacuna_test::message_of<la::shape_error>([&] { return at::given(s, 32, 16); }) ==
        "given: 3 scores a tile for 32 keys in units of 16, expected one for each unit");
  CHECK_THROWS_AS(at::given(s, 49, 16), la::shape_error);
  CHECK_THROWS_AS(at::given(s, 3, 0), la::shape_error);
  la::heads_view<float const> const one{scores, 1, 2, 1, 6, 3};
  CHECK(at::given(one, 33, std::numeric_limits<la::index>::max()).unit() == std::numeric_limits<la::index>::max());
}
