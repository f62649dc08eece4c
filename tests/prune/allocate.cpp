// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/allocate.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace {

using lacuna::index;
using lacuna::layer;
using lacuna_test::refusal;

std::vector<layer> random_layers(lacuna_test::random& r) {
  std::vector<layer> all(static_cast<std::size_t>(1 + r.below(12)));
  for (auto& l : all) l = {1 + r.below(300), 1 + r.below(300), r.uniform(0, 3)};
  return all;
}

/// What all layers drop, of all their weights.
double dropped_share(std::vector<layer> const& layers, lacuna::buffer<double> const& sparsity) {
  double dropped = 0, all = 0;
  for (std::size_t l = 0; l != layers.size(); ++l) {
    double const elements = static_cast<double>(layers[l].rows * layers[l].cols);
    dropped += elements * sparsity[static_cast<index>(l)];
    all += elements;
  }
  return dropped / all;
}

bool near(double a, double b) { return std::fabs(a - b) < 1e-12; }

TEST_CASE("allocate: uniform") {
  std::vector<layer> const layers{{10, 20}, {30, 40}};
  auto const s = lacuna::allocate_uniform(layers, 0.7);
  CHECK((s.size() == 2 && s[0] == 0.7 && s[1] == 0.7));
}

TEST_CASE("allocate: ERK by hand, with a layer that keeps all") {
  // Raw densities 20/100 and 200/10000: with half of all weights, the first layer would keep 4.6 times its own.
  std::vector<layer> const layers{{10, 10}, {100, 100}};
  auto const half = lacuna::allocate_erk(layers, 0.5);
  CHECK(near(half[0], 0));
  CHECK(near(half[1], 1 - (5050.0 - 100) / 10000));
  auto const most = lacuna::allocate_erk(layers, 0.98);
  double const factor = 0.02 * 10100 / (20 + 200);
  CHECK(near(most[0], 1 - 0.2 * factor));
  CHECK(near(most[1], 1 - 0.02 * factor));
}

TEST_CASE("allocate: ERK gives equal layers the very sparsity; no outlier is at the limit") {
  std::vector<lacuna::layer> const equal(3, lacuna::layer{20, 30, 1});
  for (int percent = 0; percent <= 100; ++percent)
    for (auto const s : lacuna::allocate_erk(equal, percent / 100.0)) CHECK(s == percent / 100.0);
  lacuna::dense<float> ones(4, 8);
  for (index k = 0; k != 32; ++k) ones.data()[k] = 1;
  CHECK(lacuna::outlier_share(ones, lacuna::magnitude{}, 1.0) == 0);
}

TEST_CASE("allocate: ERK, softmax and OWL hit their budgets, within [0, 1]") {
  for (auto const seed : lacuna_test::seeds(300)) {
    lacuna_test::random r(seed);
    auto const layers = random_layers(r);
    double const sparsity = seed % 10 == 0 ? static_cast<double>(seed % 20 == 0) : r.uniform();
    CAPTURE(seed, sparsity);
    auto const erk = lacuna::allocate_erk(layers, sparsity);
    auto const softmax = lacuna::allocate_softmax(layers, sparsity, r.uniform(0.1, 2));
    auto const owl = lacuna::allocate_owl(layers, sparsity, r.uniform(0, 0.5));
    REQUIRE(near(dropped_share(layers, erk), sparsity));
    REQUIRE(near(dropped_share(layers, softmax), sparsity));
    double mean = 0;
    for (index l = 0; l != owl.size(); ++l) {
      mean += owl[l] / static_cast<double>(owl.size());
      for (auto const s : {erk[l], softmax[l], owl[l]}) REQUIRE((s >= -1e-12 && s <= 1 + 1e-12));
    }
    REQUIRE(near(mean, sparsity));
    for (index a = 0; a != owl.size(); ++a)
      for (index b = 0; b != owl.size(); ++b)
        if (layers[static_cast<std::size_t>(a)].importance < layers[static_cast<std::size_t>(b)].importance) {
          REQUIRE(owl[a] >= owl[b]);
          REQUIRE(softmax[a] >= softmax[b]);
        }
  }
}

TEST_CASE("allocate: OWL by hand; equal layers are treated alike") {
  std::vector<layer> const layers{{8, 8, 1}, {800, 8, 2}, {8, 8, 3}};
  auto const s = lacuna::allocate_owl(layers, 0.7, 0.08);
  CHECK(near(s[0], 0.78));
  CHECK(near(s[1], 0.7));
  CHECK(near(s[2], 0.62));
  std::vector<layer> const equal{{8, 8, 1}, {9, 9, 1}};
  CHECK(near(lacuna::allocate_owl(equal, 0.7)[0], 0.7));
  CHECK(near(lacuna::allocate_owl(equal, 0.7)[1], 0.7));
  CHECK(lacuna::allocate_owl(equal, 0.1)[1] == 0.1);  // to the bit: a tenth of ten is one
  CHECK(lacuna::allocate_owl({}, 0.7).size() == 0);
}

TEST_CASE("allocate: softmax by hand, and uniform when hot") {
  std::vector<layer> const layers{{1, 100, 0}, {1, 100, std::log(3.0)}};
  auto const s = lacuna::allocate_softmax(layers, 0.5);
  CHECK(near(s[0], 0.75));
  CHECK(near(s[1], 0.25));
  CHECK(near(lacuna::allocate_softmax(layers, 0.8)[0], 1));
  CHECK(near(lacuna::allocate_softmax(layers, 0.8)[1], 0.6));
  CHECK(std::fabs(lacuna::allocate_softmax(layers, 0.8, 1e9)[0] - 0.8) < 1e-8);
  std::vector<layer> const far{{1, 100, 0}, {1, 100, 1e6}};
  CHECK(near(lacuna::allocate_softmax(far, 0.75)[1], 0.5));
}

TEST_CASE("allocate: the share of outliers; threads change nothing") {
  auto const w = lacuna_test::matrix_of({{1, 1, 1, -1}, {1, -30, 1, 20}});
  CHECK(outlier_share(w, lacuna::magnitude{}, 2) == 0.25);
  CHECK(outlier_share(w, lacuna::magnitude{}, 3) == 0.125);
  CHECK(outlier_share(lacuna::dense<float>(0, 3), lacuna::magnitude{}) == 0);
  lacuna_test::random r(1);
  auto const large = lacuna_test::random_dense<float>(r, 300, 201, lacuna_test::spread::heavy_tailed);
  auto const one = outlier_share(large, lacuna::magnitude{});
  CHECK((one > 0 && one < 0.2));
  lacuna::threads pool{3};
  CHECK(outlier_share(pool, large, lacuna::magnitude{}) == one);
}

TEST_CASE("allocate: what is refused") {
  std::vector<layer> layers{{8, 8, 1}, {8, 8, std::numeric_limits<double>::infinity()}};
  CHECK(refusal([&] { return lacuna::allocate_owl(layers, 0.5); }) ==
        "value: allocate_owl: the importance of layer 1 is inf, expected a finite one");
  CHECK(refusal([&] { return lacuna::allocate_uniform(layers, -0.5); }) ==
        "value: allocate_uniform: sparsity is -0.5, which is not in [0, 1]");
  layers[1] = {8, -1, 0};
  CHECK(refusal([&] { return lacuna::allocate_erk(layers, 0.5); }) ==
        "shape: allocate_erk: layer 1 is 8x-1, expected counts of 0 or more");
  layers[1] = {8, 1, 0};
  CHECK(refusal([&] { return lacuna::allocate_owl(layers, 0.5, 2); }) ==
        "value: allocate_owl: lambda is 2, expected 0 to 1");
  CHECK(refusal([&] { return lacuna::allocate_softmax(layers, 0.5, 0); }) ==
        "value: allocate_softmax: the temperature is 0, expected more than 0");
  lacuna::dense<float> bad(2, 2);
  bad(1, 0) = std::numeric_limits<float>::quiet_NaN();
  CHECK(refusal([&] { return outlier_share(bad, lacuna::magnitude{}); }) ==
        "value: outlier_share: the score in row 1, column 0 is NaN");
}

}  // namespace
