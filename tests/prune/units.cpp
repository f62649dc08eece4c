// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/units.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>

namespace {

using lacuna::index;
using lacuna::unit_scores;
using lacuna::unit_shape;
using lacuna_test::matrix_of;
using lacuna_test::refusal;
using lacuna_test::text_of;

TEST_CASE("units: matrices that lose their heads together") {
  // Three heads of two: rows of q, columns of o.
  auto const q = matrix_of({{1, 0}, {0, 1}, {5, 0}, {0, 5}, {1, 1}, {1, 1}});
  auto const o = matrix_of({{9, 9, 0, 0, 1, 1}, {9, 9, 0, 0, 1, 1}});
  unit_shape const rows{.width = 2}, columns{.width = 2, .of = lacuna::inputs};
  unit_scores heads(3);
  heads.add(q, lacuna::magnitude{}, rows);
  CHECK(text_of(select_units(heads, 0.5)) == "011");
  heads.add(o, lacuna::magnitude{}, columns);
  CHECK((heads[0] == 38 && heads[1] == 10 && heads[2] == 8));
  auto const kept = select_units(heads, 0.5);
  CHECK(text_of(kept) == "110");
  CHECK(text_of(expand_units(kept, 6, 2, rows)) == "11 11 11 11 00 00");
  CHECK(text_of(expand_units(kept, 2, 6, columns)) == "111100 111100");
}

TEST_CASE("units: alone, they choose what the pattern chooses; threads change nothing") {
  lacuna::threads pool{3};
  for (auto const seed : lacuna_test::seeds(100)) {
    lacuna_test::random own(seed);
    auto const w = lacuna_test::hard_scores(own, 1 + own.below(50), 1 + own.below(50), lacuna_test::kind::few);
    unit_shape const shape{.width = 1 + own.below(5),
                           .of = own.chance(0.5) ? lacuna::outputs : lacuna::inputs,
                           .reduce = static_cast<lacuna::reduction>(own.below(3))};
    index const lines = shape.of == lacuna::outputs ? w.rows() : w.cols();
    double const sparsity = own.uniform();
    unit_scores units((lines + shape.width - 1) / shape.width);
    units.add(pool, w, lacuna::magnitude{}, shape);
    lacuna::spans const pattern{.sparsity = sparsity, .width = shape.width, .of = shape.of, .reduce = shape.reduce};
    CAPTURE(seed);
    REQUIRE(expand_units(select_units(units, sparsity), w.rows(), w.cols(), shape) ==
            prune(w, lacuna::magnitude{}, pattern));
  }
}

TEST_CASE("units: standardized scores have mean 0 and variance 1") {
  unit_scores s(4);
  for (index u = 0; u != 4; ++u) s[u] = 10 + 2 * static_cast<double>(u);
  s.standardize();
  double mean = 0, squares = 0;
  for (index u = 0; u != 4; ++u) {
    mean += s[u] / 4;
    squares += s[u] * s[u] / 4;
  }
  CHECK(std::fabs(mean) < 1e-15);
  CHECK(std::fabs(squares - 1) < 1e-15);
  CHECK((s[0] < s[1] && s[1] < s[2] && s[2] < s[3]));
  unit_scores equal(10);  // whose mean is not 0.1
  for (index u = 0; u != 10; ++u) equal[u] = 0.1;
  equal.standardize();
  CHECK((equal[0] == 0 && equal[9] == 0));
  unit_scores none(0);
  none.standardize();
  CHECK(select_units(none, 1.0).cols() == 0);
}

TEST_CASE("units: what is refused") {
  unit_scores s(3);
  auto const w = matrix_of({{1, 2}, {3, 4}});
  CHECK(refusal([] { return unit_scores(-1); }) == "shape: unit_scores: -1 units, expected 0 or more");
  auto const add = [&](unit_shape const& shape) {
    return refusal([&] {
      s.add(w, lacuna::magnitude{}, shape);
      return 0;
    });
  };
  CHECK(add({}) == "shape: unit_scores: W is 2x2 and has 2 units, expected 3");
  CHECK(refusal([&] {
          lacuna::unit_scores(1).add(lacuna::dense<float>(2, 2), lacuna::magnitude{}, {});
          return 0;
        }) == "shape: unit_scores: W is 2x2 and has 2 units, expected 1");
  CHECK(add({.width = 0}) == "value: unit_scores: a unit of 0 lines, expected 1 or more");
  CHECK(refusal([&] { return select_units(s, 2); }) == "value: select_units: sparsity is 2, which is not in [0, 1]");
  s[1] = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal([&] { return select_units(s, 0.5); }) == "value: select_units: the score of unit 1 is NaN");
  CHECK(refusal([] { return expand_units(lacuna::mask(1, 2), 3, 3, {}); }) ==
        "shape: expand_units: a matrix of 3x3 has 3 units, row 0 of a mask of 1x2 was to say which stay");
  CHECK(refusal([] { return expand_units(lacuna::mask(1, 3), 3, 3, {}, 1); }) ==
        "shape: expand_units: a matrix of 3x3 has 3 units, row 1 of a mask of 1x3 was to say which stay");
}

}  // namespace
