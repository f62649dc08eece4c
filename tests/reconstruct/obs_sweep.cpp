// SPDX-License-Identifier: MIT
#include <lacuna/reconstruct/obs_sweep.hpp>

#include "support/any_executor.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

using lacuna::index;
using lacuna::mask;

/// Every step by itself: a dropped weight w of column j takes w / u_jj * U(j, :) from its row.
template <class S>
double straight_line(std::vector<S>& w, index rows, index cols, std::vector<S> const& u, mask const& keep) {
  double loss = 0;
  auto const at = [&](index i, index j) { return static_cast<std::size_t>(i * cols + j); };
  for (index i = 0; i != rows; ++i)
    for (index j = 0; j != cols; ++j) {
      if (keep(i, j)) continue;
      S const error = w[at(i, j)] / u[at(j, j)];
      loss += 0.5 * static_cast<double>(error) * static_cast<double>(error);
      for (index k = j; k != cols; ++k) w[at(i, k)] -= error * u[at(j, k)];
      w[at(i, j)] = 0;
    }
  return loss;
}

TEST_CASE("obs_sweep: blocks of any width, groups within them, and ragged rows equal single steps") {
  lacuna_test::executors const executors;
  index turn = 0;
  for (index const rows : {1, 7, 8, 9, 65, 300})
    for (index const cols : {1, 15, 16, 17, 50})
      for (index const group : {1, 3, 16}) {
        index const most = group * (turn % 4 + 1);
        CAPTURE(rows, cols, group, most);
        lacuna_test::random r(static_cast<std::uint64_t>(turn) + 1);
        std::vector<double> w, u(static_cast<std::size_t>(cols * cols));
        for (index k = 0; k != rows * cols; ++k) w.push_back(r.normal());
        for (index i = 0; i != cols; ++i)
          for (index j = i; j != cols; ++j)
            u[static_cast<std::size_t>(i * cols + j)] = i == j ? r.uniform(0.5, 2) : 0.2 * r.normal();
        auto const keep = lacuna_test::random_mask(r, rows, cols, 0.5);
        auto expected = w;
        double const loss = straight_line(expected, rows, cols, u, keep);
        mask noted(rows, cols);
        double const got = lacuna::detail::obs_sweep(executors.turn(turn++), w.data(), rows, cols, u.data(), group,
                                                     most, noted, [&](auto const& scores, index first) {
                                                       mask chosen(scores.rows(), scores.cols());
                                                       for (index i = 0; i != chosen.rows(); ++i)
                                                         for (index j = 0; j != chosen.cols(); ++j) {
                                                           CHECK(scores(i, j) >= 0);
                                                           chosen.set(i, j, keep(i, first + j));
                                                         }
                                                       return chosen;
                                                     });
        CHECK(noted == keep);
        CHECK(std::fabs(got - loss) <= 1e-12 * loss);
        double worst = 0;
        for (std::size_t k = 0; k != w.size(); ++k) worst = std::max(worst, std::fabs(w[k] - expected[k]));
        CHECK(worst < 1e-10);
      }
}

TEST_CASE("obs_sweep: a score that is NaN has a place in W") {
  lacuna::detail::sweep_block<float> block(2, 4);
  block.first = 8;
  lacuna::detail::sweep_scores<float> const scores{&block, 2, 2};
  CHECK(lacuna_test::message_of<lacuna::value_error>([&] { return scores.reject(1, 1), 0; }) ==
        "sparsegpt: the score in row 1, column 11 is NaN: the weights before it have grown beyond all bounds");
}

}  // namespace
