// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/dsnot.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace {

using lacuna::column_moments;
using lacuna::dsnot;
using lacuna::dsnot_rule;
using lacuna::index;
using lacuna_test::matrix_of;
using lacuna_test::refusal;
using lacuna_test::text_of;

/// What row i lacks on average, straight from the tokens.
double lacking(lacuna::dense<float> const& w, lacuna::mask const& keep, lacuna::dense<float> const& x, index i) {
  double r = 0;
  for (index t = 0; t != x.rows(); ++t)
    for (index j = 0; j != w.cols(); ++j)
      if (!keep(i, j)) r += static_cast<double>(w(i, j)) * static_cast<double>(x(t, j));
  return r / static_cast<double>(x.rows());
}

/// One row of the published method, as a list of what it says, without bits: small integers and eight tokens, so that
/// nothing is rounded.
struct straight_line {
  std::vector<double> part, variance, score;  // of each weight: what it gives on average, its input's spread, Wanda's
  std::vector<bool> kept;
  lacuna::dsnot_options options;

  [[nodiscard]] double lacking() const {
    double r = 0;
    for (std::size_t j = 0; j != kept.size(); ++j) r += kept[j] ? 0.0 : part[j];
    return r;
  }
  /// True if two weights were exchanged.
  bool cycle(bool positive_at_first) {
    double const r = lacking();
    if (std::fabs(r) <= options.threshold) return false;
    std::ptrdiff_t grow = -1, drop = -1;
    auto const n = static_cast<std::ptrdiff_t>(kept.size());
    auto const at = [](std::ptrdiff_t j) { return static_cast<std::size_t>(j); };
    auto const rank = [&](std::ptrdiff_t j) {  // infinite for an input that never varies
      return variance[at(j)] == 0 ? HUGE_VAL : std::fabs(part[at(j)]) / variance[at(j)];
    };
    for (std::ptrdiff_t j = n; j-- != 0;)  // the first of equals is met last
      if (!kept[at(j)] && part[at(j)] * r > 0 && (grow < 0 || rank(j) >= rank(grow))) grow = j;
    if (grow < 0) return false;
    for (std::ptrdiff_t j = n; j-- != 0;)
      if (kept[at(j)] && part[at(j)] * r < 0 && (options.group == 0 || j / options.group == grow / options.group) &&
          (drop < 0 || score[at(j)] <= score[at(drop)]))
        drop = j;
    if (drop < 0) return false;
    auto next = kept;
    next[at(grow)] = true;
    next[at(drop)] = false;
    std::swap(next, kept);
    double const after = lacking();
    bool const refused = options.rule == dsnot_rule::falls                 ? std::fabs(after) >= std::fabs(r)
                         : options.rule == dsnot_rule::reference_same_sign ? (after > 0) != positive_at_first
                                                                           : false;
    if (refused) std::swap(next, kept);
    return !refused;
  }
};

TEST_CASE("dsnot: equal to the published method spelled out, with ties, dead inputs and inputs of one value") {
  lacuna_test::random r(31);
  auto const small = [&](int most) { return static_cast<float>(static_cast<int>(r.below(2 * most + 1)) - most); };
  index exchanged = 0;
  for (int trial = 0; trial != 400; ++trial) {
    index const rows = 5, cols = 4 + static_cast<index>(r.below(20));
    lacuna::dense<float> w(rows, cols), x(8, cols);
    for (index j = 0; j != cols; ++j)
      for (index i = 0; i != rows; ++i) w(i, j) = small(4);
    for (index j = 0; j != cols; ++j) {
      auto const kind = r.below(6);
      float const shift = small(2);
      for (index t = 0; t != 8; ++t) x(t, j) = kind == 0 ? 0.0f : kind == 1 ? shift : shift + small(1 << (kind - 2));
    }
    lacuna::mask keep(rows, cols);
    for (index i = 0; i != rows; ++i)
      for (index j = 0; j != cols; ++j) keep.set(i, j, r.below(2) == 0);
    column_moments const moments(x);
    lacuna::dsnot_options const options{.cycles = static_cast<index>(r.below(8)),
                                        .threshold = r.below(2) == 0 ? 0.1 : 1.0,
                                        .rule = static_cast<dsnot_rule>(r.below(3)),
                                        .group = r.below(2) == 0 ? 0 : 4};
    auto const result = dsnot(w, keep, moments, options);
    index swaps = 0;
    double before = 0, after = 0;
    CAPTURE(trial, cols, options.cycles, options.threshold, static_cast<int>(options.rule), options.group);
    for (index i = 0; i != rows; ++i) {
      straight_line row{{}, {}, {}, {}, options};
      for (index j = 0; j != cols; ++j) {
        double sum = 0, squares = 0;
        for (index t = 0; t != 8; ++t) {
          sum += static_cast<double>(x(t, j));
          squares += static_cast<double>(x(t, j) * x(t, j));
        }
        row.part.push_back(static_cast<double>(w(i, j)) * sum / 8);
        row.variance.push_back(squares / 8 - sum / 8 * (sum / 8));
        row.score.push_back(std::fabs(static_cast<double>(w(i, j))) * std::sqrt(squares));
        row.kept.push_back(keep(i, j));
      }
      before += row.lacking() * row.lacking();
      bool const positive = row.lacking() > 0;
      for (index cycle = 0; cycle != options.cycles && row.cycle(positive); ++cycle) ++swaps;
      after += row.lacking() * row.lacking();
      for (index j = 0; j != cols; ++j) REQUIRE(result.keep(i, j) == row.kept[static_cast<std::size_t>(j)]);
    }
    REQUIRE(result.swaps == swaps);
    REQUIRE(result.loss_before == before);
    REQUIRE(result.loss == after);
    exchanged += swaps;
  }
  CHECK(exchanged > 500);
}

TEST_CASE("dsnot: a swap by hand") {
  // Means 1, variances 1: parts are the weights. Dropped are 1 and 3: r = 4. Of them 3 returns, and of the negative
  // ones -1 goes, the smallest: r = 0.
  auto const x = matrix_of({{0, 0, 0, 0, 0}, {2, 2, 2, 2, 2}});
  auto const w = matrix_of({{1, 3, -1, -4, 5}});
  lacuna::mask keep(1, 5, true);
  keep.set(0, 0, false);
  keep.set(0, 1, false);
  auto const result = dsnot(w, keep, column_moments(x));
  CHECK(text_of(result.keep) == "01011");
  CHECK((result.ok() && result.loss_before == 16 && result.loss == 0 && result.swaps == 1));
  CHECK(result.weights == matrix_of({{0, 3, 0, -4, 5}}));
  // Without cycles nothing happens, nor with a threshold that is met.
  CHECK(dsnot(w, keep, column_moments(x), {.cycles = 0}).keep == keep);
  CHECK(dsnot(w, keep, column_moments(x), {.threshold = 4}).keep == keep);
}

TEST_CASE("dsnot: by default |r| only falls; the published code also takes what makes it larger") {
  auto const x = matrix_of({{0, 0, 0}, {2, 2, 2}});
  auto const w = matrix_of({{1, -4, 5}});
  lacuna::mask keep(1, 3, true);
  keep.set(0, 0, false);
  // r = 1; 1 for -4 would make it -4.
  CHECK(dsnot(w, keep, column_moments(x)).swaps == 0);
  auto const taken = dsnot(w, keep, column_moments(x), {.cycles = 1, .rule = dsnot_rule::reference});
  CHECK((taken.swaps == 1 && taken.loss == 16 && text_of(taken.keep) == "101"));
  CHECK(dsnot(w, keep, column_moments(x), {.cycles = 1, .rule = dsnot_rule::reference_same_sign}).swaps == 0);
}

TEST_CASE("dsnot: keeps counts, lowers the loss of every row, and the same for every thread count") {
  lacuna::threads pool{3};
  for (auto const seed : lacuna_test::seeds(100)) {
    lacuna_test::random r(seed);
    auto const w = lacuna_test::random_dense<float>(r, 12, 64);
    auto x = lacuna_test::random_dense<float>(r, 32, 64);
    for (index t = 0; t != 32; ++t)
      for (index j = 0; j != 64; ++j) x(t, j) += static_cast<float>(j % 3);
    column_moments const moments(x);
    auto const keep = prune(w, lacuna::magnitude{}, lacuna::n_of_m<2, 4>{});
    bool const grouped = seed % 2 == 0;
    auto const result = dsnot(w, keep, moments, {.threshold = 1e-3, .group = grouped ? 4 : 0});
    double before = 0, after = 0;
    CAPTURE(seed);
    for (index i = 0; i != 12; ++i) {
      double const old = lacking(w, keep, x, i), now = lacking(w, result.keep, x, i);
      REQUIRE(std::fabs(now) <= std::fabs(old) * (1 + 1e-9));
      REQUIRE(result.keep.count(i) == 32);
      before += old * old;
      after += now * now;
      for (index j = 0; grouped && j != 64; j += 4) {
        index kept = 0;
        for (index k = 0; k != 4; ++k) kept += result.keep(i, j + k);
        REQUIRE(kept == 2);
      }
    }
    REQUIRE(std::fabs(result.loss_before - before) <= 1e-9 * before);
    REQUIRE(std::fabs(result.loss - after) <= 1e-9 * before);
    auto const other =
        dsnot(pool, lacuna_test::col_major_copy(w), keep, moments, {.threshold = 1e-3, .group = grouped ? 4 : 0});
    REQUIRE((other.keep == result.keep && other.weights == result.weights && other.loss == result.loss));
    auto const reference = dsnot(w, keep, moments, {.rule = dsnot_rule::reference});
    REQUIRE(reference.keep.count() == keep.count());
  }
}

TEST_CASE("dsnot: what is refused, and matrices without elements") {
  column_moments const moments(lacuna::dense<float>(2, 3));
  CHECK(refusal([&] { return dsnot(lacuna::dense<float>(2, 3), lacuna::mask(2, 4), moments); }) ==
        "shape: dsnot: W is 2x3, the mask is 2x4, the moments are of 3 columns");
  CHECK(refusal([&] { return dsnot(lacuna::dense<float>(2, 4), lacuna::mask(2, 4), moments); }) ==
        "shape: dsnot: W is 2x4, the mask is 2x4, the moments are of 3 columns");
  CHECK(refusal([] {
          return dsnot(lacuna::dense<float>(2, 3), lacuna::mask(2, 3), column_moments(lacuna::dense<float>(0, 3)));
        }) == "value: dsnot: the column moments are of no tokens");
  CHECK(refusal([&] { return dsnot(lacuna::dense<float>(2, 3), lacuna::mask(2, 3), moments, {.group = -1}); }) ==
        "value: dsnot: 50 cycles in groups of -1, expected none below 0");
  CHECK(refusal([&] {
          return dsnot(lacuna::dense<float>(2, 3), lacuna::mask(2, 3), moments, {.threshold = std::nan("")});
        }) == "value: dsnot: the threshold is nan, expected a number");
  CHECK(dsnot(lacuna::dense<float>(0, 3), lacuna::mask(0, 3), moments).loss == 0);
}

}  // namespace
