// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/diagonals.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/message_of.hpp"
#include "../support/patterns.hpp"
#include "../support/plans.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::check_pattern;

TEST_CASE("diagonals: a width of keys behind each offset") {
  at::diagonals const d({0, 10}, 3);
  for (la::index j = 0; j != 40; ++j) {
    auto const back = 30 - j;
    CHECK(d.allows(30, j) == ((back >= 0 && back < 3) || (back >= 10 && back < 13)));
  }
  CHECK(at::diagonals({-2}).allows(30, 32));
  CHECK(!at::diagonals({-2}).allows(30, 31));
  CHECK(!at::diagonals(std::vector<int>{}).allows(3, 3));
}

TEST_CASE("diagonals: those from 0 on are a window") {
  for (la::index const width : {1, 5, 64, 100})
    for (la::index const queries : {1, 64}) {
      la::index const keys = 300;
      at::shape const s{queries, keys, 1, 1};
      CHECK(at::materialize(at::diagonals({0}, width), s).view() == at::materialize(at::window{width}, s).view());
    }
}

TEST_CASE("diagonals: tiles, words and runs are what allows says") {
  CHECK(check_pattern(at::diagonals(std::vector<int>{}), true, 100) == "");
  CHECK(check_pattern(at::diagonals({0}), true, 300) == "");
  CHECK(check_pattern(at::diagonals({0, 20, 45, 46, 90}), true) == "");
  CHECK(check_pattern(at::diagonals({0, 20, -45, 46, 130}, 7), true) == "");
  CHECK(check_pattern(at::diagonals({70, 0, 150, -80}, 64), true) == "");
  CHECK(check_pattern(at::diagonals({0, 64, 128}, 64), true) == "");
  CHECK(check_pattern(at::diagonals({0, 1000000}, 30), true, 200) == "");
  CHECK(check_pattern(at::diagonals({0, la::index{1} << 40}, 30), true, 200) == "");
}

#if LACUNA_EXCEPTIONS
TEST_CASE("diagonals: a width or offset that is none is an error") {
  using lacuna_test::message_of;
  CHECK(message_of<la::value_error>([] { return at::diagonals({1, 2}, 0); }) ==
        "diagonals: the width is 0, expected 1 to 2^48");
  CHECK(message_of<la::value_error>([] { return at::diagonals({1, la::index{1} << 50}); }) ==
        "diagonals: offset 1 is 1125899906842624, expected -2^48 to 2^48");
}
#endif
