// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/permutation.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace {

using lacuna::channel_permutation;
using lacuna::index;
using lacuna_test::matrix_of;
using lacuna_test::refusal;

std::vector<index> list(lacuna::buffer<index> const& order) { return {order.begin(), order.end()}; }

double retained(lacuna::dense<float> const& s) {
  auto const keep = select(s, lacuna::n_of_m<2, 4>{});
  double sum = 0;
  for (index i = 0; i != s.rows(); ++i)
    for (index j = 0; j != s.cols(); ++j)
      if (keep(i, j)) sum += static_cast<double>(s(i, j));
  return sum;
}

/// y = W relu(V x + b), summed along rows.
std::vector<double> network(lacuna::dense<float> const& v, std::vector<float> const& b, lacuna::dense<float> const& w,
                            std::vector<float> const& x) {
  std::vector<double> hidden, y;
  for (index i = 0; i != v.rows(); ++i) {
    double sum = static_cast<double>(b[static_cast<std::size_t>(i)]);
    for (index j = 0; j != v.cols(); ++j)
      sum += static_cast<double>(v(i, j)) * static_cast<double>(x[static_cast<std::size_t>(j)]);
    hidden.push_back(sum < 0 ? 0 : sum);
  }
  for (index i = 0; i != w.rows(); ++i) {
    double sum = 0;
    for (index j = 0; j != w.cols(); ++j) sum += static_cast<double>(w(i, j)) * hidden[static_cast<std::size_t>(j)];
    y.push_back(sum);
  }
  return y;
}

TEST_CASE("permutation: RIA's deal") {
  double const ascending[] = {0, 1, 2, 3, 4, 5, 6, 7};
  CHECK(list(lacuna::detail::dealt_columns(ascending, 8, 4)) == std::vector<index>{0, 3, 4, 7, 1, 2, 5, 6});
  double const mixed[] = {5, 1, 4, 0, 9, 1};
  CHECK(list(lacuna::detail::dealt_columns(mixed, 6, 4)) == std::vector<index>{3, 1, 5, 2, 0, 4});
  CHECK(lacuna::detail::dealt_columns(nullptr, 0, 4).size() == 0);
}

TEST_CASE("permutation: large columns in one group are spread over the groups") {
  lacuna::dense<float> s(3, 8);
  for (index i = 0; i != 3; ++i)
    for (index j = 0; j != 8; ++j) s(i, j) = j < 4 ? 10.0f : 1.0f;
  CHECK(retained(s) == 66);
  CHECK(retained(permuted_columns(s, channel_permutation<2, 4>(s))) == 120);
}

TEST_CASE("permutation: never lowers what 2:4 keeps; the same order for every thread count") {
  lacuna::threads pool{3};
  for (auto const seed : lacuna_test::seeds(60)) {
    lacuna_test::random r(seed);
    auto const w =
        lacuna_test::random_dense<float>(r, 1 + r.below(40), 1 + r.below(60), lacuna_test::spread::heavy_tailed);
    auto const s = scores(w, lacuna::magnitude{});
    auto const order = channel_permutation<2, 4>(s);
    CAPTURE(seed, w.rows(), w.cols());
    REQUIRE(retained(permuted_columns(s, order)) >= retained(s) * (1 - 1e-12));
    REQUIRE(list(channel_permutation<2, 4>(pool, lacuna_test::col_major_copy(s))) == list(order));
    REQUIRE(list(permuted(order, inverse_permutation(order))) ==
            list(channel_permutation<4, 4>(lacuna::dense<float>(2, w.cols()))));
    REQUIRE(permuted_columns(permuted_columns(w, order), inverse_permutation(order)) == w);
  }
}

TEST_CASE("permutation: the published example, 128 x 64 numbers of NumPy's generator with seed 1") {
  std::mt19937 engine(1);
  lacuna::dense<double> w(128, 64);
  double all = 0;
  for (index k = 0; k != 128 * 64; ++k) {
    auto const high = engine() >> 5, low = engine() >> 6;
    all += w.data()[k] = (static_cast<double>(high) * 0x1p26 + static_cast<double>(low)) * 0x1p-53;
  }
  auto const kept = [](lacuna::dense<double> const& m, auto const& pattern) {
    auto const keep = prune(m, lacuna::magnitude{}, pattern);
    double sum = 0;
    for (index i = 0; i != m.rows(); ++i)
      for (index j = 0; j != m.cols(); ++j) sum += keep(i, j) ? m(i, j) : 0;
    return sum;
  };
  // The figures of J. Pool, C. Yu, "Channel Permutations for N:M Sparsity", NeurIPS 2021, and of its code: all, half of
  // the whole, half of each row, 2:4 as it is, and after swaps of channels as long as one helps.
  CHECK(std::fabs(all - 4083.169) < 1e-3);
  CHECK(std::fabs(kept(w, lacuna::unstructured{.scope = lacuna::whole}) - 3060.238) < 1e-3);
  CHECK(std::fabs(kept(w, lacuna::unstructured{}) - 3042.332) < 1e-3);
  CHECK(std::fabs(kept(w, lacuna::n_of_m<2, 4>{}) - 2852.377) < 1.5e-3);
  double const found = kept(permuted_columns(w, channel_permutation<2, 4>(w)), lacuna::n_of_m<2, 4>{});
  CHECK(found >= 2913.352);
  CHECK(found <= 3042.332);
}

TEST_CASE("permutation: of producer and consumer leaves the network's function as it is") {
  for (auto const seed : lacuna_test::seeds(20)) {
    lacuna_test::random r(seed);
    // Small integers: every sum is exact in any order.
    auto const whole = [&](index rows, index cols) {
      lacuna::dense<float> m(rows, cols);
      for (index i = 0; i != rows; ++i)
        for (index j = 0; j != cols; ++j) m(i, j) = static_cast<float>(r.below(17) - 8);
      return m;
    };
    auto const v = whole(13, 7), w = whole(5, 13);
    std::vector<float> b, x;
    for (index i = 0; i != 13; ++i) b.push_back(static_cast<float>(r.below(17) - 8));
    for (index i = 0; i != 7; ++i) x.push_back(static_cast<float>(r.below(17) - 8));
    auto const order = channel_permutation<2, 4>(scores(w, lacuna::magnitude{}));
    auto const moved = permuted(b, order);
    REQUIRE(network(permuted_rows(v, order), {moved.begin(), moved.end()}, permuted_columns(w, order), x) ==
            network(v, b, w, x));
  }
}

TEST_CASE("permutation: helpers take either order and any type") {
  std::vector<int> const order{2, 0, 1};
  auto const w = matrix_of<double>({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  CHECK(permuted_columns(w, order) == matrix_of<double>({{3, 1, 2}, {6, 4, 5}, {9, 7, 8}}));
  CHECK(permuted_rows(lacuna_test::col_major_copy(w), order) == matrix_of<double>({{7, 8, 9}, {1, 2, 3}, {4, 5, 6}}));
  CHECK(list(lacuna::inverse_permutation(order)) == std::vector<index>{1, 2, 0});
}

TEST_CASE("permutation: what is refused") {
  auto const w = matrix_of({{1, 2, 3}});
  CHECK(refusal([&] { return permuted_columns(w, std::vector<int>{0, 1}); }) ==
        "shape: permuted_columns: an order of 2, expected 3");
  CHECK(refusal([&] { return permuted_columns(w, std::vector<int>{0, 1, 1}); }) ==
        "value: permuted_columns: place 2 of the order is 1, which is there before");
  CHECK(refusal([&] { return permuted_rows(w, std::vector<int>{-1}); }) ==
        "value: permuted_rows: place 0 of the order is -1, which is outside it");
  CHECK(refusal([] { return lacuna::inverse_permutation(std::vector<index>{0, 2}); }) ==
        "value: inverse_permutation: place 1 of the order is 2, which is outside it");
  auto bad = w;
  bad(0, 2) = std::numeric_limits<float>::infinity();
  CHECK(refusal([&] { return channel_permutation<2, 4>(bad); }) ==
        "value: channel_permutation: the score in row 0, column 2 is inf, expected a finite one");
  CHECK(refusal([&] { return channel_permutation<2, 4>(w, {.rounds = -1}); }) ==
        "value: channel_permutation: rounds is -1, expected 0 or more");
}

}  // namespace
