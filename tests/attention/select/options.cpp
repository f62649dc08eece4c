// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/mean_pool.hpp>
#include <lacuna/attention/select/options.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <span>

namespace at = lacuna::attention;

namespace {

struct first_unit {
  lacuna::index choose(std::span<float const> scores, std::int32_t* places) const noexcept {
    if (!scores.empty()) *places = 0;
    return scores.empty() ? 0 : 1;
  }
};
struct chooses_nothing {
  void choose(std::span<float const>, std::int32_t*) const noexcept {}
};

}  // namespace

TEST_CASE("select options: what scores and what chooses") {
  STATIC_REQUIRE(lacuna::scorer<at::mean_pool>);
  STATIC_REQUIRE(!lacuna::scorer<at::top_k>);
  STATIC_REQUIRE(lacuna::chooser<at::top_k>);
  STATIC_REQUIRE(lacuna::chooser<at::top_p>);
  STATIC_REQUIRE(lacuna::chooser<at::above>);
  STATIC_REQUIRE(lacuna::chooser<at::anchor_diff>);
  STATIC_REQUIRE(lacuna::chooser<first_unit>);
  STATIC_REQUIRE(!lacuna::chooser<chooses_nothing>);
  STATIC_REQUIRE(!lacuna::chooser<at::mean_pool>);
  lacuna::select_options const usual;
  CHECK(usual.tile_queries == 64);
  CHECK(!usual.share_group);
}
