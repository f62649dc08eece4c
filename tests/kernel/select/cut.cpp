// SPDX-License-Identifier: MIT
#include <lacuna/kernel/select/cut.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace la = lacuna;
using cuts = la::kernel::cut_scores<la::simd::default_arch>;
using lacuna_test::guarded;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Scores between guard pages, and workspace for a cut.
struct line {
  guarded<float> scores, weights, memory;
  line(std::vector<float> const& s, std::vector<float> const& w)
      : scores(static_cast<la::index>(s.size())),
        weights(static_cast<la::index>(w.size())),
        memory(2 * cuts::filled(static_cast<la::index>(s.size()))) {
    std::copy(s.begin(), s.end(), scores.data());
    std::copy(w.begin(), w.end(), weights.data());
    scores.make_read_only();
    weights.make_read_only();
  }
  [[nodiscard]] la::kernel::score_cut highest(double target) {
    return cuts::highest(scores.data(), weights.size() == 0 ? nullptr : weights.data(), scores.size(), target,
                         memory.data());
  }
};

}  // namespace

TEST_CASE("cut: so many of the highest, of equal ones the first") {
  lacuna_test::random r(1);
  for (la::index const n : {1, 2, 31, 32, 33, 34, 100, 1030})
    for (int const kind : {0, 1, 2, 3}) {  // apart, with ties, over the range of floats, infinite
      std::vector<float> scores;
      for (la::index i = 0; i != n; ++i) {
        auto const x = static_cast<float>(r.normal());
        scores.push_back(kind == 0       ? x
                         : kind == 1     ? static_cast<float>(r.below(5))
                         : kind == 2     ? x * std::ldexp(1.0f, static_cast<int>(r.below(240)) - 120)
                         : r.chance(0.3) ? (x < 0 ? -infinity : infinity)
                                         : x);
      }
      auto sorted = scores;
      std::sort(sorted.begin(), sorted.end(), std::greater<>());
      line at(scores, {});
      for (la::index const k : {la::index{1}, n / 3, n - 1, n}) {
        if (k < 1) continue;
        auto const cut = at.highest(static_cast<double>(k));
        auto const above = std::count_if(scores.begin(), scores.end(), [&](float s) { return s > cut.score; });
        CAPTURE(n, kind, k);
        REQUIRE(above + cut.ties >= k);
        if (k != n) REQUIRE(above + cut.ties == k);
        REQUIRE((k == n || cut.score == sorted[static_cast<std::size_t>(k - 1)]));
      }
    }
}

TEST_CASE("cut: so much of the weight, ties shared out one by one") {
  // Scores 0 to 9, ten of each, whose weights are twice the score: 900 in all.
  std::vector<float> scores, weights;
  for (int i = 0; i != 100; ++i) {
    scores.push_back(static_cast<float>(i % 10));
    weights.push_back(static_cast<float>(i % 10 * 2));
  }
  line at(scores, weights);
  auto const is = [&](double target, float score, la::index ties) {
    auto const cut = at.highest(target);
    CAPTURE(target, cut.score, cut.ties);
    CHECK((cut.score == score && cut.ties == ties));
  };
  is(1, 9, 1);
  is(18, 9, 1);
  is(18.5, 9, 2);
  is(180, 9, 10);
  is(181, 8, 1);
  is(340, 8, 10);
  is(900, 1, 10);
  CHECK(at.highest(0).score == infinity);
  CHECK(at.highest(-1).ties == 0);
}

TEST_CASE("cut: the ends of a line, all of it") {
  lacuna_test::random r(2);
  for (la::index n = 1; n != 40; ++n) {
    std::vector<float> scores;
    for (la::index i = 0; i != n; ++i) scores.push_back(static_cast<float>(r.normal()));
    line const at(scores, {});
    auto const ends = cuts::range(at.scores.data(), n);
    CHECK(ends.lowest == *std::min_element(scores.begin(), scores.end()));
    CHECK(ends.highest == *std::max_element(scores.begin(), scores.end()));
    CHECK(cuts::everything(n).score == -infinity);
    CHECK(cuts::everything(n).ties == n);
  }
}
