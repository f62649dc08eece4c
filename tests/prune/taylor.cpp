// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/taylor.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

namespace {

using lacuna::index;
using lacuna_test::col_major_copy;
using lacuna_test::matrix_of;
using lacuna_test::refusal;
using lacuna_test::text_of;

TEST_CASE("taylor: first order, its square, and second order, by hand") {
  auto const w = matrix_of({{1, -2, 3}, {-4, 5, 0}});
  auto const g = matrix_of({{2, 1, -1}, {-1, 0, 9}});
  auto const h = matrix_of({{2, 4, 2}, {1, 2, 8}});
  CHECK(scores(w, lacuna::first_order(g)) == matrix_of({{2, 2, 3}, {4, 0, 0}}));
  CHECK(scores(w, lacuna::first_order_squared(g)) == matrix_of({{4, 4, 9}, {16, 0, 0}}));
  CHECK(scores(w, lacuna::taylor(g, h)) == matrix_of({{-1, 10, 12}, {4, 25, 0}}));
  CHECK(scores(w, lacuna::taylor(lacuna::dense<float>(2, 3), h)) == matrix_of({{1, 8, 9}, {8, 25, 0}}));
}

TEST_CASE("taylor: derivatives in either order and any floating type") {
  auto const w = matrix_of({{1, -2, 3}, {-4, 5, 0}});
  auto const g = matrix_of<double>({{2, 1, -1}, {-1, 0, 9}});
  auto const h = matrix_of<lacuna::bf16>({{2, 4, 2}, {1, 2, 8}});
  auto const expected = matrix_of({{-1, 10, 12}, {4, 25, 0}});
  CHECK(scores(w, lacuna::taylor(g, h)) == expected);
  CHECK(scores(col_major_copy(w), lacuna::taylor(col_major_copy(g), h.view())) == expected);
  lacuna::threads pool{2};
  CHECK(scores(pool, w, lacuna::taylor(g, col_major_copy(h))) == expected);
}

TEST_CASE("taylor: exact for a quadratic loss") {
  // L(w) = sum of a (w - c)^2: g = 2 a (w - c), h = 2 a, and L without w - L = a c^2 - a (w - c)^2.
  lacuna_test::random r(4);
  lacuna::dense<float> w(3, 5), g(3, 5), h(3, 5), change(3, 5);
  for (index i = 0; i != 3; ++i)
    for (index j = 0; j != 5; ++j) {
      auto const a = static_cast<float>(1 + r.below(8));
      auto const c = static_cast<float>(r.below(17) - 8);
      w(i, j) = static_cast<float>(r.below(17) - 8);
      g(i, j) = 2 * a * (w(i, j) - c);
      h(i, j) = 2 * a;
      change(i, j) = a * c * c - a * (w(i, j) - c) * (w(i, j) - c);
    }
  CHECK(scores(w, lacuna::taylor(g, h)) == change);
}

TEST_CASE("taylor: the square changes no mask of single weights") {
  lacuna_test::random r(5);
  auto const w = lacuna_test::random_dense<float>(r, 33, 65);
  auto const g = lacuna_test::random_dense<float>(r, 33, 65);
  CHECK(prune(w, lacuna::first_order(g), lacuna::unstructured{}) ==
        prune(w, lacuna::first_order_squared(g), lacuna::unstructured{}));
}

TEST_CASE("taylor: derivatives of another shape are refused") {
  auto const w = matrix_of({{1, -2, 3}});
  lacuna::dense<float> const one(1, 3), two(2, 3), narrow(1, 2);
  CHECK(refusal([&] { return scores(w, lacuna::first_order(two)); }) ==
        "shape: first_order: W is 1x3, the gradient is 2x3");
  CHECK(refusal([&] { return scores(w, lacuna::first_order_squared(narrow)); }) ==
        "shape: first_order_squared: W is 1x3, the gradient is 1x2");
  CHECK(refusal([&] { return scores(w, lacuna::taylor(two, one)); }) == "shape: taylor: W is 1x3, the gradient is 2x3");
  CHECK(refusal([&] { return scores(w, lacuna::taylor(one, two)); }) ==
        "shape: taylor: W is 1x3, the curvature is 2x3");
}

}  // namespace
