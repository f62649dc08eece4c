// SPDX-License-Identifier: MIT
#include <lacuna/core/moved_along.hpp>

#include <catch2/catch_test_macros.hpp>

#include <type_traits>
#include <utility>

using lacuna::detail::moved_along;

namespace {

struct extent {
  int rows = 3;
  int cols = 4;
};

}  // namespace

static_assert(std::is_nothrow_move_constructible_v<moved_along<int>>);
static_assert(std::is_nothrow_move_assignable_v<moved_along<int>>);
static_assert(std::is_convertible_v<moved_along<int>, int>);

TEST_CASE("moved_along: a copy leaves the value, a move takes it along") {
  moved_along<int> a = 7;
  moved_along<int> b = a;
  CHECK(a == 7);
  moved_along<int> c = std::move(a);
  CHECK(c == 7);
  CHECK(a == 0);
  b = std::move(c);
  CHECK(b == 7);
  CHECK(c == 0);
  c = b;
  CHECK(b == 7);
  CHECK(c == 7);
}

TEST_CASE("moved_along: what is left has the defaults of its type") {
  moved_along<extent> a = extent{8, 9};
  CHECK(a->rows == 8);
  moved_along<extent> const b = std::move(a);
  CHECK(b->cols == 9);
  CHECK(a->rows == 3);
  CHECK(a->cols == 4);
}
