// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/choosers.hpp>

#include <catch2/catch_test_macros.hpp>

namespace at = lacuna::attention;

TEST_CASE("choosers: they are written in one word") {
  CHECK(at::top_k{5}.k == 5);
  CHECK(at::top_p{0.5}.p == 0.5);
  CHECK(at::above{-1}.threshold == -1);
  CHECK(at::anchor_diff{2}.theta == 2);
  CHECK(at::top_k{}.k == 0);
}
