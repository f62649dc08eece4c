// SPDX-License-Identifier: MIT
#include <lacuna/prune/n_of_m.hpp>
#include <lacuna/reconstruct/obs_sweep.hpp>

#include "support/any_executor.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/worse.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace {

using lacuna::index;
using lacuna::mask;

/// What a mask has chosen, asked for as a whole or row by row.
struct masked {
  mask const& keep;
  bool rows_alone;

  template <class Scores>
  mask operator()(Scores const& scores, index first) const {
    mask chosen(scores.rows(), scores.cols());
    for (index i = 0; i != chosen.rows(); ++i)
      for (index j = 0; j != chosen.cols(); ++j) {
        CHECK(scores(i, j) >= 0);
        chosen.set(i, j, keep(i, first + j));
      }
    return chosen;
  }
  [[nodiscard]] bool by_rows() const { return rows_alone; }
  template <class Keys>
  void row(index i, index first, index count, Keys const& keys, std::uint64_t* bits) const {
    auto const* const scored = keys();
    for (index j = 0; j != count; ++j) {
      if (scored[j] < lacuna::detail::sort_key(0.0)) throw lacuna::value_error("a score below zero");
      if (keep(i, first + j)) bits[j / 64] |= std::uint64_t{1} << (j % 64);
    }
  }
};

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
        double const got = lacuna::detail::obs_sweep(executors.turn(turn), w.data(), rows, cols, u.data(), group, most,
                                                     noted, masked{keep, turn % 3 != 0});
        ++turn;
        CHECK(noted == keep);
        CHECK(std::fabs(got - loss) <= 1e-12 * loss);
        double worst = 0;
        for (std::size_t k = 0; k != w.size(); ++k) worst = lacuna_test::worse(worst, std::fabs(w[k] - expected[k]));
        CHECK(worst < 1e-10);
      }
}

/// 2:4, as a whole or row by row.
template <class E>
struct chooser {
  E const& exec;
  lacuna::n_of_m<2, 4> const& pattern;
  bool alone;

  template <class Scores>
  mask operator()(Scores const& scores, index) const {
    mask chosen(scores.rows(), scores.cols());
    mark_kept(exec, scores, pattern, chosen);
    return chosen;
  }
  [[nodiscard]] bool by_rows() const { return alone; }
  template <class Keys>
  void row(index, index, index count, Keys const& keys, std::uint64_t* bits) const {
    keep_row(pattern, keys(), count, bits);
  }
};

TEST_CASE("obs_sweep: a score that is NaN has a place in W") {
  lacuna::detail::sweep_block<float> block(2, 4);
  block.first = 8;
  lacuna::detail::sweep_scores<float> const scores{&block, 2, 2};
  CHECK(lacuna_test::message_of<lacuna::value_error>([&] { return scores.reject(1, 1), 0; }) ==
        "sparsegpt: the score in row 1, column 11 is NaN: the weights before it have grown beyond all bounds");
  // The first one, group by group, whether rows choose alone or together.
  lacuna_test::executors const executors;
  for (bool const alone : {false, true})
    for (auto const& [name, exec] : executors.all()) {
      CAPTURE(name, alone);
      index const rows = 200, cols = 9;
      std::vector<float> w(static_cast<std::size_t>(rows * cols), 1.0f), u(static_cast<std::size_t>(cols * cols));
      for (index j = 0; j != cols; ++j) u[static_cast<std::size_t>(j * cols + j)] = 1;
      for (index const at : {7 * cols + 8, 150 * cols + 5, 180 * cols + 6})
        w[static_cast<std::size_t>(at)] = std::numeric_limits<float>::quiet_NaN();
      mask keep(rows, cols);
      lacuna::n_of_m<2, 4> const pattern;
      auto const& on = exec;  // clang 14 captures no names of a structured binding
      chooser<std::remove_cvref_t<decltype(on)>> const choose{on, pattern, alone};
      CHECK(lacuna_test::message_of<lacuna::value_error>([&] {
              return lacuna::detail::obs_sweep(on, w.data(), rows, cols, u.data(), index{4}, index{8}, keep, choose);
            }) ==
            "sparsegpt: the score in row 150, column 5 is NaN: the weights before it have grown beyond all bounds");
    }
}

}  // namespace
