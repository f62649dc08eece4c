// SPDX-License-Identifier: MIT
#include <lacuna/attention/block_mask.hpp>
#include <lacuna/attention/id_lists.hpp>

#include "../support/lists.hpp"
#include "../support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::message_of, lacuna_test::unordered_rows;

TEST_CASE("id_lists: ids in any order, of anything with rows") {
  at::block_mask const p(unordered_rows{{{3, 0, 2}, {}}, 4}, {.queries = 2, .keys = 5});
  for (la::index j = 0; j != 20; ++j) {
    CHECK(p.allows(0, j) == (j < 5 || j >= 10));
    CHECK(!p.allows(2, j));
  }
}

#if LACUNA_EXCEPTIONS
TEST_CASE("id_lists: ids that are none are an error") {
  auto const of = [](unordered_rows const& lists) { return message_of([&] { return at::block_mask(lists); }); };
  CHECK(of({{{0, 4}}, 4}) == "block_mask: row 0 has column 4, expected 0 <= column < 4");
  CHECK(of({{{0}, {-1}}, 4}) == "block_mask: row 1 has column -1, expected 0 <= column < 4");
  CHECK(of({{{0}, {2, 1, 2}}, 4}) == "block_mask: row 1 has column 2 twice");
  CHECK(of({{{0}}, la::index{1} << 31}) == "block_mask: 2147483648 columns, expected at most 2147483647");
}
#endif
