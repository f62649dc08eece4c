// SPDX-License-Identifier: MIT
#include <lacuna/kernel/select/score.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>

namespace la = lacuna;

TEST_CASE("score: a NaN is larger than anything, on either side") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  CHECK(la::kernel::not_a_number(nan));
  CHECK(la::kernel::not_a_number(-nan));
  CHECK_FALSE(la::kernel::not_a_number(infinity));
  CHECK_FALSE(la::kernel::not_a_number(-infinity));
  CHECK(std::isnan(la::kernel::larger_score(nan, 1)));
  CHECK(std::isnan(la::kernel::larger_score(1, nan)));
  CHECK(la::kernel::larger_score(1, 2) == 2);
  CHECK(la::kernel::larger_score(2, 1) == 2);
}

TEST_CASE("score: a job knows its queries and lines") {
  float scores[64];
  la::kernel::score_job job;
  job.head = 4;
  job.tile = 2;
  job.tiles = 3;
  job.tile_queries = 10;
  job.queries = 45;
  job.scores = scores;
  job.stride = 5;
  CHECK(job.first_query(4) == 40);
  CHECK(job.last_query(4) == 45);
  CHECK(job.last_query(3) == 40);
  CHECK(job.row(5, 4) == scores + 25);
}
