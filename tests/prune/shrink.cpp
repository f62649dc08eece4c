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
  auto w = matrix_of({{1, -2, 3, 0.5}});
  shrink(w, two_of_four(), 0.5);
  CHECK(w == matrix_of({{0.5, -2, 3, 0.25}}));
  shrink(w, two_of_four(), 0);
  CHECK(w == matrix_of({{0, -2, 3, 0}}));
  auto h = matrix_of<lacuna::bf16>({{1, -2, 3, 0.5}});
  shrink(h, two_of_four(), 0.25);
  CHECK(h == matrix_of<lacuna::bf16>({{0.25, -2, 3, 0.125}}));
  lacuna_test::random r(1);
  lacuna::threads pool{3};
  auto large = lacuna_test::random_dense<float>(r, 200, 301);
  auto col = lacuna_test::col_major_copy(large);
  auto const keep = prune(large, lacuna::magnitude{}, lacuna::unstructured{});
  auto const old = large;
  shrink(large, keep, 0.7);
  shrink(pool, col, keep, 0.7);
  for (index i = 0; i != 200; ++i)
    for (index j = 0; j != 301; ++j) {
      auto const x = keep(i, j) ? old(i, j) : static_cast<float>(static_cast<double>(old(i, j)) * 0.7);
      REQUIRE((large(i, j) == x && col(i, j) == x));
    }
}

TEST_CASE("shrink: by 0 even an infinity is gone") {
  auto w = matrix_of({{1, -2, 3, std::numeric_limits<double>::infinity()}});
  shrink(w, two_of_four(), 0);
  CHECK(w == matrix_of({{0, -2, 3, 0}}));
}

TEST_CASE("shrink: schedules end where they should") {
  double linear = 1;
  for (index t = 0; t != 8; ++t) {
    linear *= lacuna::linear_decay(t, 8);
    CHECK(std::fabs(linear - static_cast<double>(7 - t) / 8) < 1e-15);
  }
  CHECK(lacuna::linear_decay(9, 8) == 0);
  CHECK(std::fabs(std::pow(lacuna::exponential_decay(10, 0.01), 10) - 0.01) < 1e-12);
  CHECK(refusal([] { return lacuna::linear_decay(-1, 8); }) == "value: linear_decay: step -1");
  CHECK(refusal([] { return lacuna::exponential_decay(0); }) ==
        "value: exponential_decay: 0 steps to 0.001 of the weight");
}

TEST_CASE("shrink: the gradient of SR-STE") {
  auto const w = matrix_of({{1, -2, 3, 0.5}});
  auto const keep = prune(w, lacuna::magnitude{}, lacuna::n_of_m<2, 4>{});
  auto g = matrix_of({{10, 20, 30, 40}});
  sr_ste_gradient(g, w, keep, 0.5);
  CHECK(g == matrix_of({{10.5, 20, 30, 40.25}}));
  lacuna::dense<double> small(1, 4);
  sr_ste_gradient(small, w, keep);
  CHECK(small == matrix_of<double>({{2e-4, 0, 0, 1e-4}}));
  lacuna::threads pool{2};
  auto const transposed = lacuna_test::col_major_copy(w);
  lacuna::dense<double, lacuna::order::col_major> other(1, 4);
  sr_ste_gradient(pool, other, transposed, keep);
  CHECK(other(0, 3) == 1e-4);
}

TEST_CASE("shrink: what is refused") {
  auto w = matrix_of({{1, -2, 3, 0.5}});
  auto const no = [&](auto&& f) {
    return refusal([&] {
      f();
      return 0;
    });
  };
  CHECK(no([&] { shrink(w, lacuna::mask(4, 1), 0.5); }) == "shape: shrink: W is 1x4, the mask is 4x1");
  CHECK(no([&] { shrink(w, lacuna::mask(1, 4), std::numeric_limits<double>::quiet_NaN()); }) ==
        "value: shrink: the factor is NaN");
  lacuna::dense<float> g(1, 3);
  CHECK(no([&] { sr_ste_gradient(g, w, lacuna::mask(1, 4)); }) ==
        "shape: sr_ste_gradient: W is 1x4, the gradient is 1x3, the mask is 1x4");
}

}  // namespace
