// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/segments.hpp>

#include "../support/lists.hpp"
#include "../support/message_of.hpp"
#include "../support/patterns.hpp"
#include "../support/plans.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::message_of;

TEST_CASE("segments: each document sees itself") {
  at::segments const s({0, 100, 130, 260, 400});
  CHECK(s.allows(99, 0));
  CHECK(!s.allows(100, 99));
  CHECK(s.allows(100, 129));
  CHECK(!s.allows(400, 399));
  CHECK(!s.allows(-1, 0));
  CHECK(lacuna_test::check_pattern(s, true) == "");
  auto const p = at::causal{} & s;
  auto const plan = at::materialize(p, {400, 400, 2, 1});
  CHECK(lacuna_test::check_plan(plan.view(), p, true) == "");
}

TEST_CASE("segments: a graph between an instruction, documents and a question") {
  std::vector<std::int32_t> const ends{0, 20, 60, 110, 130};
  la::mask graph(4, 4);
  for (la::index d = 0; d != 4; ++d) {
    graph.set(d, d);
    graph.set(d, 0);
    graph.set(3, d);
  }
  at::segments const s(ends, graph);
  CHECK(s.allows(30, 5));    // a document sees the instruction
  CHECK(!s.allows(70, 30));  // and no other document
  CHECK(s.allows(125, 30));  // the question sees all
  CHECK(!s.allows(5, 30));
  CHECK(lacuna_test::check_pattern(s, true, 300) == "");
  CHECK(lacuna_test::check_pattern(at::segments(ends, lacuna_test::csr_of(graph)), true, 50) == "");
}

#if LACUNA_EXCEPTIONS
TEST_CASE("segments: ends and graphs that do not fit are errors") {
  std::vector<int> const ends{0, 5, 9}, none;
  CHECK(message_of([&] { return at::segments(ends, la::mask(3, 3)); }) ==
        "segments: the matrix has 3 columns, expected one for each of 2 blocks of keys");
  CHECK(message_of([&] { return at::segments(ends, la::mask(1, 2)); }) ==
        "segments: the matrix has 1 rows, expected one for each of 2 blocks of queries");
  CHECK(message_of([&] { return at::segments(none); }) ==
        "segments: there are no ends of blocks of keys, expected at least one, which is 0");
  CHECK(message_of([&] { return at::segments({0, 5, 4}); }) ==
        "segments: block 1 of keys goes from 5 to 4, expected ends that rise");
  std::vector<std::uint64_t> const far{0, 5, std::uint64_t{1} << 63};
  CHECK(message_of([&] { return at::segments(far); }) ==
        "segments: block 1 of keys ends at 9223372036854775808, expected at most 2^48");
  CHECK(message_of<la::shape_error>([&] { return at::materialize(at::segments({0, 5, 9}), {1, 10, 1, 1}); }) ==
        "segments: there are lists for queries at positions 0 to 8, but the queries stand at 9 to 9");
}
#endif
