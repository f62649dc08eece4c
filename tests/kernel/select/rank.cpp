// SPDX-License-Identifier: MIT
#include <lacuna/kernel/select/rank.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

TEST_CASE("rank: as a stable sort orders them, with many equal scores") {
  for (auto const seed : lacuna_test::seeds(100)) {
    lacuna_test::random r(seed);
    auto const n = r.below(70);
    std::vector<float> scores;
    for (lacuna::index i = 0; i != 70; ++i) scores.push_back(static_cast<float>(r.below(8)));
    std::vector<std::int32_t> places(static_cast<std::size_t>(n));
    std::iota(places.begin(), places.end(), static_cast<std::int32_t>(70 - n));
    auto expected = places;
    std::sort(expected.begin(), expected.end(), [&](std::int32_t a, std::int32_t b) {
      auto const x = scores[static_cast<std::size_t>(a)], y = scores[static_cast<std::size_t>(b)];
      return x != y ? x > y : a < b;
    });
    lacuna::kernel::rank_places(places.data(), n, scores.data());
    REQUIRE(places == expected);
  }
}
