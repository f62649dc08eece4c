// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/neuron_scores.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

namespace {

using lacuna::column_norms;
using lacuna::index;
using lacuna::neuron_scores;
using lacuna_test::matrix_of;
using lacuna_test::refusal;

TEST_CASE("neuron_scores: by hand") {
  // Norms 1 and 2. Down: shares of output 0 are 3/5 and 2/5, of output 1 1/9 and 8/9.
  auto const down = matrix_of({{3, -1}, {-1, 4}});
  auto const up = matrix_of({{1, 1}, {3, -1}});
  auto const gate = matrix_of({{0, 2}, {0, 2}});
  column_norms const norms(matrix_of({{1, 2}}));
  auto const s = neuron_scores(gate, up, down, norms);
  CHECK(std::fabs(s[0] - ((3.0 / 5 + 1.0 / 9) / 2 + (1.0 / 4 + 1.0 / 2) / 2 + 1.0 / 4)) < 1e-7);
  CHECK(std::fabs(s[1] - 2 * ((2.0 / 5 + 8.0 / 9) / 2 + (3.0 / 4 + 1.0 / 2) / 2 + 1.0 / 4)) < 1e-7);
  auto const plain = neuron_scores(gate, up, down, norms, {.weight_exponent = 0, .exponent = 0});
  CHECK(std::fabs(plain[0] - ((3.0 / 4 + 1.0 / 5) / 2 + 3.0 / 8 + 1.0 / 4)) < 1e-7);
  // Each exponent in its place: shares of down with norms 1 and 4, and the sum times 8; the sum alone is as `plain`.
  auto const squares = neuron_scores(gate, up, down, norms, {.weight_exponent = 2, .exponent = 3});
  CHECK(std::fabs(squares[1] - 8 * ((4.0 / 7 + 16.0 / 17) / 2 + (3.0 / 4 + 1.0 / 2) / 2 + 1.0 / 4)) < 1e-6);
  // Gate and up have shares of their own.
  auto const swapped = neuron_scores(matrix_of({{0, 2}, {0, 6}}), up, down, norms);
  CHECK(std::fabs(swapped[0] - s[0] - (1.0 / 8 - 1.0 / 4)) < 1e-7);
}

TEST_CASE("neuron_scores: shares of a neuron's own weights leave nothing but the norm") {
  lacuna_test::random r(1);
  auto const gate = lacuna_test::random_dense<float>(r, 6, 9);
  auto const up = lacuna_test::random_dense<float>(r, 6, 9);
  auto const down = lacuna_test::random_dense<float>(r, 5, 6);
  column_norms const norms(lacuna_test::random_dense<float>(r, 4, 6));
  auto const s = neuron_scores(gate, up, down, norms, {.shares = lacuna::neuron_shares::own});
  for (index k = 0; k != 6; ++k) CHECK(std::fabs(s[k] - s[0] * norms[k] / norms[0]) < 1e-5);
}

TEST_CASE("neuron_scores: threads and orders change nothing; the choice is that of the three matrices together") {
  lacuna_test::random r(2);
  lacuna::threads pool{3};
  auto const gate = lacuna_test::random_dense<float>(r, 200, 90);
  auto const up = lacuna_test::random_dense<float>(r, 200, 90);
  auto const down = lacuna_test::random_dense<float>(r, 90, 200);
  column_norms const norms(lacuna_test::random_dense<float>(r, 30, 200));
  auto const one = neuron_scores(gate, up, down, norms);
  auto const other = neuron_scores(pool, gate, lacuna_test::col_major_copy(up), down, norms);
  auto const flipped = neuron_scores(lacuna_test::col_major_copy(gate), up, lacuna_test::col_major_copy(down), norms);
  for (index k = 0; k != 200; ++k) REQUIRE((one[k] == other[k] && one[k] == flipped[k]));
  auto const kept = select_units(one, 0.25);
  CHECK(expand_units(kept, 200, 90, {}).count() == 150 * 90);
  CHECK(expand_units(kept, 90, 200, {.of = lacuna::inputs}).count() == 150 * 90);
}

TEST_CASE("neuron_scores: what is refused") {
  lacuna::dense<float> const w(3, 3), other(4, 3);
  column_norms const norms(lacuna::dense<float>(1, 3));
  CHECK(refusal([&] { return neuron_scores(other, w, w, norms); }) ==
        "shape: neuron_scores: gate has 4 neurons, up has 3, down has 3, the norms are of 3");
  CHECK(refusal([&] { return neuron_scores(w, w, w, norms, {.exponent = std::nan("")}); }) ==
        "value: neuron_scores: an exponent is nan, expected finite ones");
  CHECK(refusal([&] { return neuron_scores(w, w, w, column_norms(lacuna::dense<float>(0, 3))); }) ==
        "value: neuron_scores: the column norms are of no tokens");
}

}  // namespace
