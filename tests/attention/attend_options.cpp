// SPDX-License-Identifier: MIT
#include <lacuna/attention/attend_options.hpp>

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;

TEST_CASE("attend options: nothing is given unless it is") {
  la::attend_options const none;
  CHECK(!none.scale.given());
  CHECK(!none.lse.given());
  CHECK(none.block_mass.data == nullptr);
  none.lse(0, 0, 1.0f);  // goes nowhere

  la::attend_options const zero{.scale = 0};
  CHECK(zero.scale.given());
  CHECK(zero.scale.value() == 0);
}

TEST_CASE("attend options: log-sum-exps go to vectors and to matrices of either order") {
  std::vector<float> one(3);
  la::attend_options const vector{.lse = one};
  REQUIRE(vector.lse.given());
  CHECK(vector.lse.rows() == 1);
  CHECK(vector.lse.size() == 3);
  vector.lse(0, 2, 0.5);
  CHECK(one == std::vector<float>{0, 0, 0.5f});

  la::dense<double> by_rows(2, 3);
  la::dense<double, la::order::col_major> by_cols(2, 3);
  for (auto const& options : {la::attend_options{.lse = by_rows}, la::attend_options{.lse = by_cols}}) {
    CHECK(options.lse.rows() == 2);
    CHECK(options.lse.size() == 3);
    for (la::index h = 0; h != 2; ++h)
      for (la::index q = 0; q != 3; ++q) options.lse(h, q, static_cast<float>(10 * h + q));
  }
  for (la::index h = 0; h != 2; ++h)
    for (la::index q = 0; q != 3; ++q) {
      CHECK(by_rows(h, q) == static_cast<double>(10 * h + q));
      CHECK(by_cols(h, q) == by_rows(h, q));
    }
}
