// SPDX-License-Identifier: MIT
#include <lacuna/attention/shape.hpp>

#include <catch2/catch_test_macros.hpp>

namespace at = lacuna::attention;

TEST_CASE("shape: the queries are the last of the sequence") {
  STATIC_REQUIRE(at::shape{.queries = 10, .keys = 10}.first_position() == 0);
  STATIC_REQUIRE(at::shape{.queries = 1, .keys = 10}.first_position() == 9);
  STATIC_REQUIRE(at::shape{.queries = 10, .keys = 4}.first_position() == -6);
}

TEST_CASE("shape: heads share the keys of their group") {
  STATIC_REQUIRE(at::shape{.heads = 32, .kv_heads = 8}.group() == 4);
  STATIC_REQUIRE(at::shape{}.group() == 1);
  STATIC_REQUIRE(at::shape{.heads = 0, .kv_heads = 0}.group() == 0);
}

TEST_CASE("shape: equality is that of all four counts") {
  constexpr at::shape s{1, 2, 3, 4};
  STATIC_REQUIRE(s == at::shape{1, 2, 3, 4});
  STATIC_REQUIRE(s != at::shape{0, 2, 3, 4});
  STATIC_REQUIRE(s != at::shape{1, 0, 3, 4});
  STATIC_REQUIRE(s != at::shape{1, 2, 0, 4});
  STATIC_REQUIRE(s != at::shape{1, 2, 3, 0});
}
