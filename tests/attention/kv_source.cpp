// SPDX-License-Identifier: MIT
#include <lacuna/attention/kv_source.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace at = lacuna::attention;
using count = lacuna::index;

namespace {

struct source {
  using key_type = float;
  using value_type = double;
  [[nodiscard]] count tokens() const { return 0; }
  [[nodiscard]] count heads() const { return 0; }
  [[nodiscard]] count key_dim() const { return 0; }
  [[nodiscard]] count value_dim() const { return 0; }
  void key_rows(count, count, count, float const**) const noexcept {}
  void key_rows(count, std::int32_t const*, count, float const**) const noexcept {}
  void value_rows(count, count, count, double const**) const noexcept {}
  void value_rows(count, std::int32_t const*, count, double const**) const noexcept {}
};

struct even : source {
  [[nodiscard]] bool contiguous(count first, count tokens) const noexcept { return first % 2 == 0 && tokens == 3; }
};
struct silent : source {
  [[nodiscard]] int contiguous(count, count) const noexcept { return 1; }
};
struct no_gather : source {
  void key_rows(count, count, count, float const**) const noexcept {}
};
struct may_throw : source {
  void value_rows(count, count, count, double const**) const {}
  void value_rows(count, std::int32_t const*, count, double const**) const noexcept {}
};
struct other_type : source {
  using value_type = float;
};

}  // namespace

TEST_CASE("kv_source: four counts and the addresses of rows, in order or by number, without exceptions") {
  STATIC_REQUIRE(at::kv_source<source>);
  STATIC_REQUIRE(!at::kv_source<no_gather>);
  STATIC_REQUIRE(!at::kv_source<may_throw>);
  STATIC_REQUIRE(!at::kv_source<other_type>);
  STATIC_REQUIRE(!at::kv_source<int>);
}

TEST_CASE("kv_source: rows stand one behind the other where a source says so") {
  STATIC_REQUIRE(at::kv_source<even>);
  CHECK(at::contiguous_rows(even{}, 4, 3));
  CHECK_FALSE(at::contiguous_rows(even{}, 5, 3));
  CHECK_FALSE(at::contiguous_rows(even{}, 4, 2));
  CHECK_FALSE(at::contiguous_rows(source{}, 4, 3));
  CHECK_FALSE(at::contiguous_rows(silent{}, 4, 3));
}
