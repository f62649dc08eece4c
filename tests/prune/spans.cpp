// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/spans.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace {

using lacuna::index;
using lacuna::reduction;
using lacuna::spans;
using lacuna_test::kind;
using lacuna_test::matrix_of;
using lacuna_test::refusal;
using lacuna_test::text_of;

/// Line by line, then unit by unit, as the rule reads.
lacuna::mask reference_spans(lacuna::dense<float> const& s, spans const& p) {
  bool const by_row = p.of == lacuna::outputs;
  index const lines = by_row ? s.rows() : s.cols();
  index const length = by_row ? s.cols() : s.rows();
  std::vector<double> units(static_cast<std::size_t>((lines + p.width - 1) / p.width),
                            p.reduce == reduction::largest ? -std::numeric_limits<double>::infinity() : 0.0);
  for (index line = 0; line != lines; ++line) {
    double sum = 0, squares = 0;
    auto& unit = units[static_cast<std::size_t>(line / p.width)];
    for (index k = 0; k != length; ++k) {
      auto const x = static_cast<double>(by_row ? s(line, k) : s(k, line));
      sum += x;
      squares += x * x;
      if (p.reduce == reduction::largest) unit = std::max(unit, x);
    }
    if (p.reduce == reduction::sum) unit += sum;
    if (p.reduce == reduction::l2) unit += squares;
  }
  if (p.reduce == reduction::l2)
    for (auto& unit : units) unit = std::sqrt(unit);
  auto const score = [&](index, index u) { return units[static_cast<std::size_t>(u)]; };
  auto const kept =
      lacuna_test::reference_mask(1, static_cast<index>(units.size()), score, p.sparsity, lacuna::per_row);
  lacuna::mask keep(s.rows(), s.cols());
  for (index i = 0; i != s.rows(); ++i)
    for (index j = 0; j != s.cols(); ++j) keep.set(i, j, kept(0, (by_row ? i : j) / p.width));
  return keep;
}

TEST_CASE("spans: rows, columns and heads by hand") {
  auto const s = matrix_of({{1, 2, 9, 0, 1}, {3, 3, 3, 3, 3}, {0, 0, 0, 0, 20}, {1, 1, 1, 1, 1}});
  CHECK(text_of(select(s, lacuna::rows{})) == "00000 11111 11111 00000");
  CHECK(text_of(select(s, lacuna::rows{.sparsity = 0.75, .reduce = reduction::largest})) == "00000 00000 11111 00000");
  CHECK(text_of(select(s, lacuna::columns{.sparsity = 0.4})) == "01101 01101 01101 01101");
  CHECK(text_of(select(s, spans{.width = 2})) == "11111 11111 00000 00000");
  // Sums 11, 17 and 25; the last span is one column.
  CHECK(text_of(select(s, spans{.sparsity = 0.67, .width = 2, .of = lacuna::inputs})) == "00001 00001 00001 00001");
  CHECK(text_of(select(matrix_of({{1, 1, 1, 1}}), lacuna::columns{})) == "0011");
}

TEST_CASE("spans: of any width, one holds everything") {
  auto const keep =
      lacuna::select(matrix_of({{1, 2}, {3, 4}}), lacuna::spans{.sparsity = 0.5, .width = index{1} << 62});
  CHECK(text_of(keep) == "11 11");
}

TEST_CASE("spans: equal to a sort of the reduced scores, over shapes, scores and both orders") {
  lacuna_test::random r(3);
  for (auto const shape : lacuna_test::shapes())
    for (auto const k : {kind::different, kind::few, kind::positive_edges, kind::equal}) {
      auto const s = lacuna_test::hard_scores(r, shape.rows, shape.cols, k);
      spans const p{.sparsity = r.uniform(),
                    .width = 1 + r.below(9),
                    .of = r.chance(0.5) ? lacuna::outputs : lacuna::inputs,
                    .reduce = static_cast<reduction>(r.below(3))};
      CAPTURE(shape.rows, shape.cols, static_cast<int>(k), p.sparsity, p.width, static_cast<int>(p.of),
              static_cast<int>(p.reduce));
      auto const expected = reference_spans(s, p);
      REQUIRE(select(s, p) == expected);
      REQUIRE(select(lacuna_test::col_major_copy(s), p) == expected);
    }
}

TEST_CASE("spans: threads change nothing") {
  lacuna_test::random r(4);
  auto const s = lacuna_test::hard_scores(r, 1301, 433, kind::different);
  for (spans const p : {spans{.width = 64}, spans{.of = lacuna::inputs, .reduce = reduction::l2}}) {
    auto const expected = reference_spans(s, p);
    for (index const workers : {1, 2, 3, 7}) {
      lacuna::threads pool{workers};
      CHECK(select(pool, s, p) == expected);
      CHECK(select(pool, lacuna_test::col_major_copy(s), p) == expected);
    }
  }
}

TEST_CASE("spans: with the fluctuation of inputs, FLAP's choice of columns") {
  lacuna_test::random r(5);
  auto const w = lacuna_test::random_dense<float>(r, 20, 16);
  auto const x = lacuna_test::random_dense<float>(r, 64, 16);
  lacuna::column_moments const moments(x);
  auto const keep = prune(w, lacuna::fluctuation{moments}, lacuna::columns{.sparsity = 0.25});
  std::vector<double> score;
  for (index j = 0; j != 16; ++j) {
    double norm = 0;
    for (index i = 0; i != 20; ++i) norm += std::pow(static_cast<double>(w(i, j)), 2);
    score.push_back(norm * moments.variance(j));
  }
  auto sorted = score;
  std::sort(sorted.begin(), sorted.end());
  for (index j = 0; j != 16; ++j) CHECK(keep(3, j) == (score[static_cast<std::size_t>(j)] > sorted[3]));
}

TEST_CASE("spans: what is refused") {
  lacuna::dense<float> s(4, 6);
  CHECK(refusal([&] { return select(s, spans{.sparsity = 1.5}); }) ==
        "value: spans: sparsity is 1.5, which is not in [0, 1]");
  CHECK(refusal([&] { return select(s, lacuna::rows{.sparsity = -1}); }) ==
        "value: rows: sparsity is -1, which is not in [0, 1]");
  CHECK(refusal([&] { return select(s, lacuna::columns{.sparsity = -1}); }) ==
        "value: columns: sparsity is -1, which is not in [0, 1]");
  CHECK(refusal([&] { return select(s, spans{.width = 0}); }) == "value: spans: a unit of 0 lines, expected 1 or more");
  s(1, 1) = std::numeric_limits<float>::infinity();
  s(1, 2) = -s(1, 1);
  CHECK(refusal([&] { return select(s, lacuna::rows{}); }) ==
        "value: spans: the scores of unit 1 hold infinities of both signs: their sum is NaN");
  CHECK(refusal([&] { return select(s, lacuna::rows{.reduce = reduction::largest}); }) == "none");
  s(3, 2) = s(2, 4) = std::numeric_limits<float>::quiet_NaN();
  for (auto const how : {reduction::sum, reduction::l2, reduction::largest}) {
    CHECK(refusal([&] { return select(s, spans{.width = 2, .reduce = how}); }) ==
          "value: select: the score in row 2, column 4 is NaN");
    CHECK(refusal([&] { return select(s, lacuna::columns{.reduce = how}); }) ==
          "value: select: the score in row 2, column 4 is NaN");
  }
}

}  // namespace
