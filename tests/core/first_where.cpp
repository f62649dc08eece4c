// SPDX-License-Identifier: MIT
#include <lacuna/core/first_where.hpp>

#include <catch2/catch_test_macros.hpp>

#include <limits>

namespace la = lacuna;
using la::detail::first_where;

TEST_CASE("first_where: any range, with the first at any place, or none") {
  for (la::index const low : {-3, 0, 5})
    for (la::index count = 0; count <= 17; ++count)
      for (la::index first = low; first <= low + count; ++first) {
        bool inside = true;
        auto const found = first_where(low, low + count, [&](la::index i) {
          inside = inside && i >= low && i < low + count;
          return i >= first;
        });
        CAPTURE(low, count, first);
        CHECK(found == first);
        CHECK(inside);
      }
}

TEST_CASE("first_where: of many, in as many steps as they have bits") {
  constexpr auto most = std::numeric_limits<la::index>::max();
  int calls = 0;
  CHECK(first_where(0, most, [&](la::index i) {
          ++calls;
          return i > 12345678901;
        }) == 12345678902);
  CHECK(calls <= 63);
}
