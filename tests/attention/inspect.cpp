// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/columns.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/diagonals.hpp>
#include <lacuna/attention/inspect.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/per_head.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/message_of.hpp"
#include "../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::message_of;

namespace {

template <class P>
std::string drawn(P const& plan, at::picture_options o = {}) {
  std::ostringstream text;
  at::print(text, plan.view(), o);
  return text.str();
}

}  // namespace

TEST_CASE("inspect: counts of rows, runs and pairs") {
  std::vector<int> const kinds{0, 1, 0};
  auto const plan = at::materialize(at::per_head(kinds, at::causal{}, at::sink{3}), {100, 100, 3, 1});
  auto const sum = at::inspect(plan.view());
  CHECK(sum.rows == 4);
  CHECK(sum.tokens == 2 * 3);
  CHECK(sum.runs == 1 + 2);  // [0, 64) partial; [0, 65), [65, 100) partial
  CHECK(sum.partial_runs == 2);
  CHECK(sum.pairs == 2 * (64 * 64 + 36 * 100) + 100 * 3);
  CHECK(sum.masked == 2 * (64 * 64 + 36 * 35));
  CHECK(sum.density == sum.pairs / 30000);
  CHECK(at::density(plan) == sum.density);
  auto const& a = plan.arrays();
  CHECK(sum.bytes == 3 * 4 + 5 * 8 + 3 * static_cast<la::index>(sizeof(at::run)) + 5 * 8 + 6 * 4);
  CHECK(a.runs.size() == 3);
  CHECK(at::density(at::materialize(at::all{}, {5, 7, 2, 1})) == 1);
  CHECK(at::density(at::materialize(at::none{}, {5, 7, 2, 1})) == 0);
  CHECK(at::density(at::materialize(at::all{}, {0, 7, 2, 1})) == 0);
}

TEST_CASE("allowed_pairs: those that the pattern allows") {
  lacuna_test::random r(1);
  auto const p = at::causal{} & (at::columns({0, 1, 2, 50, 90}) | at::diagonals({0, 30}, 40));
  for (int n = 0; n != 20; ++n) {
    at::shape const s{r.below(150), r.below(200), 2, 1};
    double pairs = 0;
    for (la::index i = 0; i != s.queries; ++i)
      for (la::index j = 0; j != s.keys; ++j) pairs += 2 * p.allows(i + s.first_position(), j);
    CHECK(at::allowed_pairs(at::materialize(p, s)) == pairs);
  }
}

TEST_CASE("print: queries downwards, keys to the right, the same for one letter a key as for many keys a letter") {
  auto const streaming = at::causal{} & (at::sink{2} | at::window{3});
  CHECK(drawn(at::materialize(streaming, {8, 8, 1, 1}, {.tile_queries = 1})) ==
        "#.......\n"
        "##......\n"
        "###.....\n"
        "####....\n"
        "#####...\n"
        "##.###..\n"
        "##..###.\n"
        "##...###\n");
  CHECK(drawn(at::materialize(streaming, {8, 8, 1, 1}, {.tile_queries = 1}), {.width = 4, .height = 4}) ==
        "+...\n"
        "#+..\n"
        "#++.\n"
        "#.++\n");
  CHECK(drawn(at::materialize(at::causal{}, {256, 256, 1, 1}), {.width = 8}) ==
        "++......\n"
        "##++....\n"
        "####++..\n"
        "######++\n");
  CHECK(drawn(at::materialize(at::columns({1}), {64, 40, 1, 1}), {.width = 7}) == ":......\n");
  CHECK(drawn(at::materialize(at::all{}, {0, 5, 1, 1})).empty());
  CHECK(drawn(at::materialize(at::all{}, {5, 0, 1, 1})) == "\n");
}

TEST_CASE("print: the letters of any sizes count every key once") {
  for (la::index keys = 1; keys != 70; ++keys)
    for (la::index width : {1, 3, 7, 64})
      CHECK(drawn(at::materialize(at::all{}, {1, keys, 1, 1}), {.width = width}) ==
            std::string(static_cast<std::size_t>(keys < width ? keys : width), '#') + "\n");
}

TEST_CASE("print: heads apart") {
  auto const plan = at::materialize(at::per_head(std::vector<int>{1, 0}, at::all{}, at::none{}), {1, 4, 2, 1});
  CHECK(drawn(plan, {.head = 0}) == "....\n");
  CHECK(drawn(plan, {.head = 1}) == "####\n");
}

#if LACUNA_EXCEPTIONS
TEST_CASE("print: a head or size that is none is an error") {
  auto const plan = at::materialize(at::all{}, {5, 5, 2, 1});
  CHECK(message_of<la::shape_error>([&] { return drawn(plan, {.head = 2}); }) ==
        "print: head is 2, expected 0 <= head < 2");
  CHECK(message_of<la::value_error>([&] { return drawn(plan, {.width = 0}); }) ==
        "print: a picture of 0x32, expected 1 or more");
}
#endif
