// SPDX-License-Identifier: MIT
#include <lacuna/core/executor.hpp>
#include <lacuna/prune/channel_swaps.hpp>
#include <lacuna/prune/score_view.hpp>

#include "prune/reference.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace {

using lacuna::index;
using lacuna::detail::channel_swaps;

struct itself {
  float operator()(float s, index, index) const { return s; }
};

channel_swaps swaps_of(lacuna::dense<float> const& s, int keep, int m) {
  itself const rule;
  return {lacuna::detail::scores_of(s, rule, "test"), keep, m};
}

/// What n_of_m keeps of the columns in an order.
double retained(lacuna::dense<float> const& s, lacuna::buffer<index> const& order, index keep, index m) {
  lacuna::dense<float> moved(s.rows(), s.cols());
  for (index i = 0; i != s.rows(); ++i)
    for (index j = 0; j != s.cols(); ++j) moved(i, j) = s(i, order[j]);
  auto const kept = lacuna_test::reference_n_of_m(moved, keep, m);
  double sum = 0;
  for (index i = 0; i != s.rows(); ++i)
    for (index j = 0; j != s.cols(); ++j)
      if (kept(i, j)) sum += static_cast<double>(moved(i, j));
  return sum;
}

TEST_CASE("channel_swaps: the sum of the larger of two") {
  for (index const n : {0, 1, 7, 8, 9, 16, 23}) {
    std::vector<float> x, y;
    double sum = 0;
    for (index i = 0; i != n; ++i) {
      x.push_back(static_cast<float>(i % 5));
      y.push_back(static_cast<float>((i + 3) % 4));
      sum += static_cast<double>(std::max(x.back(), y.back()));
    }
    CHECK(lacuna::detail::sum_of_larger(x.data(), y.data(), n) == sum);
  }
}

TEST_CASE("channel_swaps: retained is what n_of_m keeps; improve never lowers it and ends where no swap helps") {
  for (auto const seed : lacuna_test::seeds(200)) {
    lacuna_test::random r(seed);
    int const m = 1 + static_cast<int>(r.below(5)), keep = 1 + static_cast<int>(r.below(m));
    // Multiples of 1/4: sums are exact.
    lacuna::dense<float> s(1 + r.below(12), 1 + r.below(14));
    for (index i = 0; i != s.rows(); ++i)
      for (index j = 0; j != s.cols(); ++j) s(i, j) = static_cast<float>(r.below(200) - 50) / 4;
    lacuna::serial one;
    auto state = swaps_of(s, keep, m);
    auto order = state.order();
    state.reorder(one, order);
    CAPTURE(seed, s.rows(), s.cols(), keep, m);
    REQUIRE(state.retained(one) == retained(s, order, keep, m));
    for (double before = retained(s, order, keep, m);;) {
      bool const better = state.improve(one);
      double const now = retained(s, state.order(), keep, m);
      REQUIRE(state.retained(one) == now);
      REQUIRE((better ? now > before : now == before));
      before = now;
      if (!better) break;
    }
    order = state.order();
    double const best = retained(s, order, keep, m);
    for (index p = 0; p != s.cols(); ++p)
      for (index q = 0; q != p; ++q) {
        std::swap(order[p], order[q]);
        REQUIRE(retained(s, order, keep, m) <= best);
        std::swap(order[p], order[q]);
      }
  }
}

}  // namespace
