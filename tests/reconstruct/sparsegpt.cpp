// SPDX-License-Identifier: MIT
#include <lacuna/prune.hpp>
#include <lacuna/reconstruct/gram.hpp>
#include <lacuna/reconstruct/sparsegpt.hpp>

#include "prune/reference.hpp"
#include "reconstruct/reference.hpp"
#include "support/any_executor.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/worse.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace {

using lacuna::dense;
using lacuna::index;
using lacuna::mask;
using lacuna_test::matrix_of;

using lacuna_test::inverse_of;
using lacuna_test::loss_of;
using lacuna_test::part_of;
using lacuna_test::real;

constexpr lacuna::sparsegpt_options undamped{.damping = 0.0};

/// The definition: from left to right, what is dropped moves the weights behind it by the inverse of what is left of H.
/// `choose(scores, first)` gives the mask of the group of inputs that begins at `first`.
struct swept {
  dense<double> weights;
  mask keep;
  double loss = 0;
};
swept straight_line(dense<double> const& w, dense<double> const& h, index group,
                    std::function<mask(dense<double> const&)> const& choose) {
  swept s{w, mask(w.rows(), w.cols()), 0};
  for (index first = 0; first < w.cols(); first += group) {
    index const last = std::min(w.cols(), first + group);
    std::vector<lacuna_test::real_matrix> inverses;
    for (index j = first; j != last; ++j)
      inverses.push_back(inverse_of(part_of(h, lacuna_test::places_from(j, w.cols()))));
    dense<double> scores(w.rows(), last - first);
    for (index i = 0; i != w.rows(); ++i)
      for (index j = first; j != last; ++j)
        scores(i, j - first) = s.weights(i, j) * s.weights(i, j) /
                               static_cast<double>(inverses[static_cast<std::size_t>(j - first)][0][0]);
    mask const kept = choose(scores);
    for (index i = 0; i != w.rows(); ++i)
      for (index j = first; j != last; ++j) {
        if (kept(i, j - first)) {
          s.keep.set(i, j);
          continue;
        }
        auto const& inverse = inverses[static_cast<std::size_t>(j - first)];
        real const error = s.weights(i, j) / inverse[0][0];
        s.loss += static_cast<double>(error * s.weights(i, j) / 2);
        for (index k = j; k != w.cols(); ++k)
          s.weights(i, k) -= static_cast<double>(error * inverse[0][static_cast<std::size_t>(k - j)]);
        s.weights(i, j) = 0;
      }
  }
  return s;
}

double largest_difference(dense<double> const& a, dense<double> const& b) {
  double worst = 0;
  for (index k = 0; k != a.rows() * a.cols(); ++k)
    worst = lacuna_test::worse(worst, std::fabs(a.data()[k] - b.data()[k]));
  return worst;
}

TEST_CASE("sparsegpt: the golden vector, 2:4 without damping") {
  auto const x = matrix_of<double>({{1, 2, 0, 1}, {0, 1, 1, 0}, {2, 0, 1, 1}, {1, 1, 1, 3}});
  auto const w = matrix_of<double>({{1, -2, 3, .5}, {-1, .25, 2, -3}});
  auto const h = matrix_of<double>({{12, 6, 6, 12}, {6, 12, 4, 10}, {6, 4, 6, 8}, {12, 10, 8, 22}});  // 2 X^T X
  auto const expected = matrix_of<double>({{0, -1.952381, 3.523810, 0}, {0, 0, 1.5, -3.25}});
  auto const r = lacuna::sparsegpt(w, h, lacuna::n_of_m<2, 4>{}, undamped);
  REQUIRE(r.ok());
  CHECK(lacuna_test::text_of(r.keep) == "0110 0011");
  CHECK(largest_difference(r.weights, expected) < 1e-6);
  CHECK(std::fabs(r.loss - 12.362103) < 1e-6);
  CHECK(std::fabs(r.loss / loss_of(w, r.weights, h) - 1) < 1e-13);
  // The factor of H is one of the loss, and of nothing else.
  auto const half = lacuna::sparsegpt(w, lacuna::gram<double>(x), lacuna::n_of_m<2, 4>{}, undamped);
  CHECK(half.keep == r.keep);
  CHECK(largest_difference(half.weights, r.weights) < 1e-13);
  CHECK(std::fabs(2 * half.loss - r.loss) < 1e-12);
}

TEST_CASE("sparsegpt: every step as it is defined, over seeds, patterns and block sizes") {
  for (auto const seed : lacuna_test::seeds(60)) {
    lacuna_test::random r(seed);
    CAPTURE(seed);
    index const rows = 1 + r.below(11), cols = 1 + r.below(30);
    auto const h = lacuna_test::random_hessian(r, cols, 2 * cols + 5);
    auto const w = lacuna_test::random_weights<double>(r, rows, cols);
    index const block = 1 + r.below(cols + 3);
    auto const check = [&](lacuna::reconstructed<double> const& got, swept const& expected) {
      REQUIRE(got.ok());
      CHECK(got.keep == expected.keep);
      CHECK(largest_difference(got.weights, expected.weights) < 1e-7);
      CHECK(std::fabs(got.loss - expected.loss) <= 1e-9 * (1 + expected.loss));
      CHECK(std::fabs(got.loss - loss_of(w, got.weights, h)) <= 1e-9 * (1 + got.loss));
      for (index i = 0; i != rows; ++i)
        for (index j = 0; j != cols; ++j)
          if (!got.keep(i, j)) CHECK(got.weights(i, j) == 0);
    };
    auto const compare = [&](auto const& pattern, index group) {
      check(lacuna::sparsegpt(w, h, pattern, {.block = block, .damping = 0.0}),
            straight_line(w, h, group, [&](dense<double> const& scores) { return lacuna::select(scores, pattern); }));
    };
    compare(lacuna::n_of_m<2, 4>{}, 4);
    compare(lacuna::n_of_m<1, 3>{}, 3);
    compare(lacuna::unstructured{.sparsity = 0.6}, block);
    compare(lacuna::unstructured{.sparsity = 0.5, .scope = lacuna::whole}, block);
    compare(lacuna::blocks<2, 2>{.sparsity = 0.5}, (block + 1) / 2 * 2);
  }
}

TEST_CASE("sparsegpt: wide layers take the lazy update through every tile") {
  lacuna_test::random r(5);
  index const rows = 300, cols = 1400;
  dense<double> h(cols, cols);  // tridiagonal, so that the result is known to be local
  for (index j = 0; j != cols; ++j) {
    h(j, j) = 2 + 0.1 * static_cast<double>(j % 5);
    if (j != 0) h(j, j - 1) = h(j - 1, j) = -0.7;
  }
  auto const w = lacuna_test::random_weights<double>(r, rows, cols);
  mask keep(rows, cols, true);
  for (index i = 0; i != rows; ++i)
    for (index j = 0; j != cols; ++j)
      if ((i * 7 + j * 3) % 11 < 5) keep.set(i, j, false);
  auto const got = lacuna::sparsegpt(w, h, keep, undamped);
  REQUIRE(got.ok());
  CHECK(got.keep == keep);
  double loss = 0;  // 1/2 tr(D H D^T) of a band
  for (index i = 0; i != rows; ++i)
    for (index j = 0; j != cols; ++j) {
      double const d = got.weights(i, j) - w(i, j);
      loss += 0.5 * d * d * h(j, j);
      if (j != 0) loss += d * h(j, j - 1) * (got.weights(i, j - 1) - w(i, j - 1));
    }
  CHECK(std::fabs(got.loss / loss - 1) < 1e-11);
}

TEST_CASE("sparsegpt: with diagonal H it is Wanda, and moves nothing that stays") {
  for (auto const seed : lacuna_test::seeds(200)) {
    lacuna_test::random r(seed);
    CAPTURE(seed);
    index const rows = 1 + r.below(9), cols = 1 + r.below(70);
    auto const w = lacuna_test::random_weights<float>(r, rows, cols);
    dense<double> h(cols, cols);
    std::vector<double> norms;
    for (index j = 0; j != cols; ++j) {
      h(j, j) = r.uniform(0.1, 50);
      norms.push_back(std::sqrt(h(j, j)));
    }
    auto const got = lacuna::sparsegpt(w, h, lacuna::n_of_m<2, 4>{}, undamped);
    auto const expected = lacuna::prune(w, lacuna::wanda{norms}, lacuna::n_of_m<2, 4>{});
    REQUIRE(got.ok());
    CHECK(got.keep == expected);
    for (index i = 0; i != rows; ++i)
      for (index j = 0; j != cols; ++j) CHECK(got.weights(i, j) == (expected(i, j) ? w(i, j) : 0.0f));
  }
}

TEST_CASE("sparsegpt: executors, memory orders and 16-bit weights") {
  lacuna_test::executors const executors;
  lacuna_test::random r(8);
  auto const w = lacuna_test::random_weights<float>(r, 523, 150);
  dense<float> x(400, 150);
  for (index k = 0; k != 400 * 150; ++k) x.data()[k] = static_cast<float>(r.normal());
  lacuna::gram<float> const g(x);
  auto const by_column = lacuna_test::col_major_copy(w);
  lacuna::serial alone;
  auto const one =
      lacuna::sparsegpt(lacuna_test::any_executor(alone), w, g, lacuna::unstructured{.scope = lacuna::whole});
  REQUIRE(one.ok());
  CHECK(one.report.damping == 0.01);
  for (auto const& [name, exec] : executors.all()) {
    CAPTURE(name);
    auto const other = lacuna::sparsegpt(exec, by_column, g, lacuna::unstructured{.scope = lacuna::whole});
    CHECK(other.weights == one.weights);
    CHECK(other.keep == one.keep);
    CHECK(other.loss == one.loss);
  }
  dense<lacuna::bf16> narrow(20, 150);
  dense<float> wide(20, 150);
  for (index k = 0; k != 20 * 150; ++k) {
    narrow.data()[k] = lacuna::bf16(w.data()[k]);
    wide.data()[k] = static_cast<float>(narrow.data()[k]);
  }
  auto const a = lacuna::sparsegpt(narrow, g, lacuna::n_of_m<2, 4>{});
  auto const b = lacuna::sparsegpt(wide, g, lacuna::n_of_m<2, 4>{});
  CHECK(a.keep == b.keep);
  for (index k = 0; k != 20 * 150; ++k)
    CHECK(static_cast<float>(a.weights.data()[k]) == static_cast<float>(lacuna::bf16(b.weights.data()[k])));
}

TEST_CASE("sparsegpt: dead inputs lose their weights, at no loss") {
  lacuna_test::random r(4);
  auto h = lacuna_test::random_hessian(r, 8, 30);
  for (index j = 0; j != 8; ++j) h(3, j) = h(j, 3) = 0;
  auto const w = lacuna_test::random_weights<double>(r, 5, 8);
  auto const got = lacuna::sparsegpt(w, h, lacuna::unstructured{.sparsity = 0.25}, undamped);
  REQUIRE(got.ok());
  for (index i = 0; i != 5; ++i) CHECK(got.weights(i, 3) == 0);
  CHECK(std::fabs(got.loss - loss_of(w, got.weights, h)) < 1e-9);
}

TEST_CASE("sparsegpt: not positive definite is told with the pivot, and changes nothing; damping helps") {
  lacuna_test::random r(6);
  auto h = lacuna_test::random_hessian(r, 9, 40);
  for (index j = 0; j != 9; ++j) h(j, 4) = h(4, j) = h(6, j);  // input 4 equals input 6
  h(4, 4) = h(4, 6) = h(6, 4) = h(6, 6);
  auto const w = lacuna_test::random_weights<float>(r, 3, 9);
  auto const got = lacuna::sparsegpt(w, h, lacuna::n_of_m<2, 4>{}, undamped);
  CHECK_FALSE(got.ok());
  CHECK(got.report.status == lacuna::factor_status::not_positive_definite);
  CHECK(got.report.pivot == 4);  // of the inputs from 4 on, the first depends on the others
  CHECK(got.weights == w);
  CHECK(got.keep == mask(3, 9, true));
  CHECK(got.loss == 0);
  CHECK(lacuna::sparsegpt(w, h, lacuna::n_of_m<2, 4>{}).ok());
  auto const adapted = lacuna::sparsegpt(w, h, lacuna::n_of_m<2, 4>{}, {.damping = 0, .adaptive_damping = true});
  CHECK(adapted.ok());
  CHECK(adapted.report.damping == 1e-6);
  h(2, 2) = -1e3;  // no damping up to the mean of the diagonal makes up for this
  auto const hopeless = lacuna::sparsegpt(w, h, lacuna::n_of_m<2, 4>{}, {.damping = 0.01, .adaptive_damping = true});
  CHECK_FALSE(hopeless.ok());
  CHECK(hopeless.report.damping == 1.0);
  CHECK(lacuna::sparsegpt(w, h, lacuna::n_of_m<2, 4>{}, {.damping = 0.02, .adaptive_damping = true}).report.damping ==
        1.0);
}

TEST_CASE("sparsegpt: blocks of inputs cut no transposable tile") {
  lacuna_test::random r(8);
  auto const h = lacuna_test::random_hessian(r, 24, 60);
  auto const w = lacuna_test::random_weights<double>(r, 6, 24);
  auto const got = lacuna::sparsegpt(w, h, lacuna::transposable<3, 6>{}, {.block = 8, .damping = 0});
  REQUIRE(got.ok());
  for (index tile = 0; tile != 4; ++tile)
    for (index a = 0; a != 6; ++a) {
      index across = 0, down = 0;
      for (index b = 0; b != 6; ++b) {
        across += got.keep(a, tile * 6 + b);
        down += got.keep(b, tile * 6 + a);
      }
      CHECK((across == 3 && down == 3));
    }
}

TEST_CASE("sparsegpt: what does not fit, or is no number, is refused with its place") {
  using lacuna_test::message_of;
  constexpr lacuna::n_of_m<2, 4> pattern;
  dense<float> w(4, 8);
  dense<double> h(8, 8);
  for (index j = 0; j != 8; ++j) h(j, j) = 1;
  auto const message = [&](auto const& source, lacuna::sparsegpt_options const& o = {}) {
    return message_of<std::logic_error>([&] { return lacuna::sparsegpt(w, source, pattern, o); });
  };
  CHECK(message(lacuna::gram<float>(dense<float>(3, 7))) == "sparsegpt: W is 4x8, the Gram matrix is of 7 inputs");
  CHECK(message(lacuna::gram<float>()) == "sparsegpt: the Gram matrix is of no tokens");
  CHECK(message(lacuna::gram<float>(dense<float>(0, 8))) == "sparsegpt: the Gram matrix is of no tokens");
  CHECK(message(dense<double>(8, 7)) == "sparsegpt: W is 4x8, H is 8x7");
  CHECK(message(h, {.block = 0}) == "sparsegpt: blocks of 0 inputs, expected 1 or more");
  CHECK(message(h, {.damping = -1}) == "sparsegpt: damping is -1, expected a fraction of the mean diagonal, 0 or more");
  CHECK(message_of<lacuna::shape_error>([&] { return lacuna::sparsegpt(dense<double>(4, 8), h, mask(4, 7)); }) ==
        "sparsegpt: W is 4x8, the mask is 4x7");
  h(5, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK(message(h) == "sparsegpt: H in row 5, column 2 is nan, expected a finite number");
  h(5, 2) = 0;
  w(2, 7) = std::numeric_limits<float>::infinity();
  CHECK(message(h) == "sparsegpt: W in row 2, column 7 is inf, expected a finite number");
  CHECK(lacuna::sparsegpt(dense<float>(0, 8), h, pattern).ok());
  CHECK(lacuna::sparsegpt(dense<float>(3, 0), dense<double>(0, 0), pattern).ok());
}

}  // namespace
