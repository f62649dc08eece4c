// SPDX-License-Identifier: MIT
#include <lacuna/attention/window.hpp>

#include "../support/patterns.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>

namespace at = lacuna::attention;

TEST_CASE("window: the width counts the query's own position") {
  STATIC_REQUIRE(at::pattern<at::window>);
  constexpr at::window w{256};
  STATIC_REQUIRE(w.allows(1000, 1000));
  STATIC_REQUIRE(w.allows(1000, 745));
  STATIC_REQUIRE(!w.allows(1000, 744));
  STATIC_REQUIRE(!w.allows(1000, 1001));
  lacuna::index seen = 0;
  for (lacuna::index j = 0; j != 2000; ++j) seen += w.allows(1000, j);
  CHECK(seen == 256);
}

TEST_CASE("window: it may look ahead") {
  constexpr at::window w{.left = 2, .right = 3};
  for (lacuna::index j = 0; j != 20; ++j) CHECK(w.allows(10, j) == (j >= 9 && j <= 13));
}

TEST_CASE("window: a width of one is the diagonal, of zero nothing") {
  for (lacuna::index j = 0; j != 20; ++j) {
    CHECK(at::window{}.allows(10, j) == (j == 10));
    CHECK(!at::window{0}.allows(10, j));
    CHECK(!at::window{-5}.allows(10, j));
    CHECK(at::window{0, 2}.allows(10, j) == (j == 11 || j == 12));
    CHECK(at::window{3, -1}.allows(10, j) == (j == 8 || j == 9));
  }
}

TEST_CASE("window: a width without end does not overflow") {
  constexpr auto most = std::numeric_limits<lacuna::index>::max();
  CHECK(at::window{most}.classify({-9, 100, 0, 64}) == at::cover::partial);
  CHECK(at::window{most}.classify({63, 100, 0, 64}) == at::cover::full);
  CHECK(at::window{most, most}.classify({-9, 100, 0, 64}) == at::cover::full);
  CHECK(at::window{most, most}.allows(-9, 100));
  CHECK(at::window{most, most}.word(-9, 100, 64, 0) == ~std::uint64_t{0});
  CHECK(at::window{most}.word(30, 0, 64, 0) == (std::uint64_t{1} << 31) - 1);
}

TEST_CASE("window: tiles, words and runs are what allows says") {
  for (lacuna::index left : {-3, -1, 0, 1, 2, 3, 7, 16, 40, 1000})
    for (lacuna::index right : {-5, -2, -1, 0, 1, 2, 5, 30, 1000}) {
      CAPTURE(left, right);
      CHECK(lacuna_test::check_pattern(at::window{left, right}, true, 200) == "");
    }
}
