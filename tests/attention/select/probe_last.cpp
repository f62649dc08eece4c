// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/probe_last.hpp>
#include <lacuna/core/error.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <utility>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("probe_last: columns and diagonals of each head are apart, and 0 at first") {
  at::probe_last probe(2, 3, 1);
  float next = 1;
  for (la::index h = 0; h != 2; ++h)
    for (auto part : {probe.columns(h), probe.diagonals(h)}) {
      REQUIRE(part.size() == 3);
      for (auto& mass : part) {
        REQUIRE(mass == 0);
        mass = next++;
      }
    }
  CHECK(probe.diagonals(1)[2] == 12);
  CHECK(lacuna_test::message_of<la::shape_error>([&] { return at::probe_last(1, -1); }) ==
        "probe_last: 1 heads, -1 keys, 64 queries, expected none below 0");
  auto const moved = std::move(probe);
  CHECK((moved.heads() == 2 && moved.keys() == 3 && moved.diagonals(1)[2] == 12));
  CHECK((probe.heads() == 0 && probe.keys() == 0 && probe.columns(0).empty()));
}
