// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/shrink.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>

namespace {

using lacuna::index;
using lacuna::shrink;
using lacuna::sr_ste_gradient;
using lacuna_test::matrix_of;
using lacuna_test::refusal;

lacuna::mask two_of_four() {
  lacuna::mask keep(1, 4);
  keep.set(0, 1);
  keep.set(0, 2);
  return keep;
}

TEST_CASE("shrink: what is dropped shrinks, what is kept stays, in either order and every type") {
  auto const w = matrix_of({{1, -2, 3, 0.5}});
  auto const half = shrink(w, two_of_four(), 0.5);
  CHECK(half.weights == matrix_of({{0.5, -2, 3, 0.25}}));
  CHECK((half.ok() && half.keep == two_of_four()));
  CHECK(half.loss == (0.25 + 0.0625) / 2);
  auto const none = shrink(w, two_of_four(), 0);
  CHECK(none.weights == matrix_of({{0, -2, 3, 0}}));
  CHECK(none.loss == (1 + 0.25) / 2);
  CHECK(shrink(matrix_of<lacuna::bf16>({{1, -2, 3, 0.5}}), two_of_four(), 0.25).weights ==
        matrix_of<lacuna::bf16>({{0.25, -2, 3, 0.125}}));
  lacuna_test::random r(1);
  lacuna::threads pool{3};
  auto const large = lacuna_test::random_dense<float>(r, 200, 301);
  auto const keep = prune(large, lacuna::magnitude{}, lacuna::unstructured{});
  auto const one = shrink(large, keep, 0.7);
  auto const other = shrink(pool, lacuna_test::col_major_copy(large), keep, 0.7);
  CHECK((other.weights == one.weights && other.loss == one.loss));
  double moved = 0;
  for (index i = 0; i != 200; ++i)
    for (index j = 0; j != 301; ++j) {
      auto const x = keep(i, j) ? large(i, j) : static_cast<float>(static_cast<double>(large(i, j)) * 0.7);
      REQUIRE(one.weights(i, j) == x);
      double const d = static_cast<double>(x) - static_cast<double>(large(i, j));
      moved += d * d / 2;
    }
  CHECK(std::fabs(one.loss - moved) < 1e-12 * moved);
}

TEST_CASE("shrink: by 0 even an infinity is gone") {
  auto const w = matrix_of({{1, -2, 3, std::numeric_limits<double>::infinity()}});
  CHECK(shrink(w, two_of_four(), 0).weights == matrix_of({{0, -2, 3, 0}}));
}

TEST_CASE("shrink: schedules end where they should") {
  double linear = 1;
  for (index t = 0; t != 8; ++t) {
    linear *= lacuna::linear_decay(t, 8);
    CHECK(std::fabs(linear - static_cast<double>(7 - t) / 8) < 1e-15);
  }
  CHECK(lacuna::linear_decay(9, 8) == 0);
  CHECK(std::fabs(std::pow(lacuna::exponential_decay(10, 0.01), 10) - 0.01) < 1e-12);
  CHECK(refusal([] { return lacuna::linear_decay(-1, 8); }) ==
        "value: linear_decay: the step is -1, expected 0 or more");
  CHECK(refusal([] { return lacuna::exponential_decay(0); }) ==
        "value: exponential_decay: 0 steps to 0.001 of the weight, expected 1 step or more, to a fraction above 0");
}

TEST_CASE("shrink: the gradient of SR-STE") {
  auto const w = matrix_of({{1, -2, 3, 0.5}});
  auto const keep = prune(w, lacuna::magnitude{}, lacuna::n_of_m<2, 4>{});
  auto const g = matrix_of({{10, 20, 30, 40}});
  auto const result = sr_ste_gradient(g, w, keep, 0.5);
  CHECK(result.gradient == matrix_of({{10.5, 20, 30, 40.25}}));
  CHECK(result.weights == matrix_of({{0, -2, 3, 0}}));
  CHECK((result.ok() && result.keep == keep && result.loss == 0.25 * (1 + 0.25)));
  CHECK(sr_ste_gradient(lacuna::dense<double>(1, 4), w, keep).gradient == matrix_of<double>({{2e-4, 0, 0, 1e-4}}));
  lacuna::threads pool{2};
  auto const other = sr_ste_gradient(pool, lacuna::dense<double, lacuna::order::col_major>(1, 4),
                                     lacuna_test::col_major_copy(w), keep);
  CHECK((other.gradient(0, 3) == 1e-4 && other.gradient(0, 1) == 0 && other.weights == result.weights));
}

TEST_CASE("shrink: what is refused") {
  auto const w = matrix_of({{1, -2, 3, 0.5}});
  CHECK(refusal([&] { return shrink(w, lacuna::mask(4, 1), 0.5); }) == "shape: shrink: W is 1x4, the mask is 4x1");
  CHECK(refusal([&] { return shrink(w, lacuna::mask(1, 4), std::numeric_limits<double>::quiet_NaN()); }) ==
        "value: shrink: the factor is NaN");
  CHECK(refusal([&] { return sr_ste_gradient(lacuna::dense<float>(1, 3), w, lacuna::mask(1, 4)); }) ==
        "shape: sr_ste_gradient: W is 1x4, the gradient is 1x3, the mask is 1x4");
}

}  // namespace
