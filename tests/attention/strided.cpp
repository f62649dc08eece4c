// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/strided.hpp>

#include "../support/message_of.hpp"
#include "../support/patterns.hpp"
#include "../support/plans.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <string>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::message_of;

TEST_CASE("strided: near blocks, and stripes that move from head to head") {
  at::strided const s{.block = 10, .local = 2, .stride = 4, .shift = 1};
  for (la::index j = 0; j != 200; ++j) {
    auto const c = j / 10;
    CHECK(s.allows(155, j, 0) == (c == 15 || c == 14 || c % 4 == 3));
    CHECK(s.allows(155, j, 1) == (c == 15 || c == 14 || c % 4 == 2));
    CHECK(s.allows(155, j, 4) == s.allows(155, j, 0));
  }
  CHECK(s.alike(0, 4));
  CHECK(!s.alike(0, 1));
  CHECK(at::strided{}.alike(0, 1));
}

TEST_CASE("strided: heads together see everything") {
  at::strided const s{.block = 16, .local = 0, .stride = 8, .shift = 1};
  for (la::index j = 0; j != 500; ++j) {
    la::index seen = 0;
    for (la::index h = 0; h != 8; ++h) seen += s.allows(10, j, h);
    CHECK(seen == 1);
  }
}

TEST_CASE("strided: tiles, words and runs are what allows says") {
  for (la::index const block : {1, 10, 64, 100})
    for (la::index const local : {0, 1, 3})
      for (la::index const stride : {0, 1, 3, 8}) {
        CAPTURE(block, local, stride);
        CHECK(lacuna_test::check_pattern(at::strided{block, local, stride, 2}, true, 60, 3) == "");
      }
}

TEST_CASE("strided: blocks, stripes and counts of blocks larger than any sequence") {
  constexpr auto most = la::index{1} << 30, all = std::numeric_limits<la::index>::max();
  for (la::index const block : {la::index{1}, la::index{64}, most})
    for (la::index const local : {la::index{0}, la::index{2}, all})
      for (la::index const stride : {la::index{0}, la::index{3}, most}) {
        CAPTURE(block, local, stride);
        CHECK(lacuna_test::check_pattern(at::strided{block, local, stride, most}, true, 60, 3) == "");
      }
  at::strided const before{.block = 10, .local = all, .stride = 0};
  CHECK(before.allows(57, 0, 0));
  CHECK(before.allows(57, 59, 0));
  CHECK(!before.allows(57, 60, 0));
}

TEST_CASE("strided: a plan for heads that differ") {
  auto const p = at::causal{} & at::strided{.block = 16, .local = 2, .stride = 3, .shift = 1};
  auto const plan = at::materialize(p, {200, 240, 6, 2});
  CHECK(lacuna_test::check_plan(plan.view(), p) == "");
  CHECK(plan.arrays().slot_of_head[4] == 1);
}

#if LACUNA_EXCEPTIONS
TEST_CASE("strided: counts that are none are an error") {
  auto const of = [](at::strided s) {
    return message_of<la::value_error>([s] { return at::materialize(s, {1, 1, 1, 1}); });
  };
  constexpr auto most = la::index{1} << 30;
  CHECK(of({.block = 0}) == "strided: blocks of 0 positions, expected 1 to 2^30");
  CHECK(of({.block = most + 1}) == "strided: blocks of 1073741825 positions, expected 1 to 2^30");
  std::string const rest = ", expected none below 0, stride and shift up to 2^30";
  CHECK(of({.local = -1}) == "strided: local -1, stride 8, shift 0" + rest);
  CHECK(of({.stride = -2}) == "strided: local 16, stride -2, shift 0" + rest);
  CHECK(of({.shift = -1}) == "strided: local 16, stride 8, shift -1" + rest);
  CHECK(of({.stride = most + 1}) == "strided: local 16, stride 1073741825, shift 0" + rest);
  CHECK(of({.shift = most + 1}) == "strided: local 16, stride 8, shift 1073741825" + rest);
}
#endif
