// SPDX-License-Identifier: MIT
#include <lacuna/prune/knapsack.hpp>

#include "prune/refusal.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace {

using lacuna::index;
using lacuna::knapsack;
using lacuna::option;
using lacuna_test::refusal;
using choices = std::vector<std::vector<option>>;

constexpr auto inf = std::numeric_limits<double>::infinity();

/// The least error of all choices within the budget, and the least cost with it.
struct every_choice {
  choices const& layers;
  std::int64_t budget;
  double error = inf;
  std::int64_t cost = 0;

  void rest(std::size_t l, std::int64_t spent, double sum) {
    if (spent > budget) return;
    if (l == layers.size()) {
      if (sum < error || (sum == error && spent < cost)) {
        error = sum;
        cost = spent;
      }
      return;
    }
    for (auto const& o : layers[l]) rest(l + 1, spent + o.cost, sum + o.error);
  }
};

TEST_CASE("knapsack: by hand, from any list of lists") {
  choices const layers{{{10, 1}, {5, 2}, {0, 9}}, {{10, 5}, {6, 6}, {1, 20}}};
  auto const chosen = knapsack(layers, 15);
  CHECK((chosen.size() == 2 && chosen[0] == 1 && chosen[1] == 0));
  CHECK(knapsack(layers, 100)[0] == 0);
  std::array<std::span<option const>, 1> const one{std::span<option const>(layers[0])};
  CHECK(knapsack(one, 4)[0] == 2);
  CHECK(knapsack(choices{}, 0).size() == 0);
}

TEST_CASE("knapsack: equal to trying everything") {
  for (auto const seed : lacuna_test::seeds(500)) {
    lacuna_test::random r(seed);
    choices layers(static_cast<std::size_t>(1 + r.below(6)));
    std::int64_t least = 0;
    // Few values make ties; errors are multiples of 1/8, so that sums are exact in any order.
    for (auto& options : layers) {
      std::int64_t cheapest = 1000;
      options.resize(static_cast<std::size_t>(1 + r.below(5)));
      for (auto& o : options) {
        o = {r.below(seed % 2 == 0 ? 6 : 1000), static_cast<double>(r.below(seed % 3 == 0 ? 5 : 4000)) / 8};
        cheapest = o.cost < cheapest ? o.cost : cheapest;
      }
      least += cheapest;
    }
    auto const budget = least + r.below(2000);
    every_choice all{layers, budget};
    all.rest(0, 0, 0);
    auto const chosen = knapsack(layers, budget);
    double error = 0;
    std::int64_t cost = 0;
    for (std::size_t l = 0; l != layers.size(); ++l) {
      auto const& o = layers[l][static_cast<std::size_t>(chosen[static_cast<index>(l)])];
      error += o.error;
      cost += o.cost;
    }
    CAPTURE(seed);
    REQUIRE(error == all.error);
    REQUIRE(cost == all.cost);
  }
}

TEST_CASE("knapsack: many layers, costs beyond 32 bits") {
  choices layers(40, {{std::int64_t{1} << 50, 1}, {std::int64_t{1} << 40, 2}, {0, 4}});
  auto const chosen = knapsack(layers, (std::int64_t{1} << 50) * 10 + (std::int64_t{1} << 40) * 30);
  int count[3] = {};
  for (auto const o : chosen) ++count[o];
  CHECK((count[0] == 10 && count[1] == 30 && count[2] == 0));
}

TEST_CASE("knapsack: what is refused") {
  CHECK(refusal([] { return knapsack(choices{{{1, 1}}, {}}, 9); }) == "value: knapsack: layer 1 has no options");
  CHECK(refusal([] { return knapsack(choices{{{1, 1}, {-1, 1}}}, 9); }) ==
        "value: knapsack: layer 0, option 1 costs -1, expected 0 or more");
  CHECK(refusal([] { return knapsack(choices{{{1, std::numeric_limits<double>::quiet_NaN()}}}, 9); }) ==
        "value: knapsack: layer 0, option 0 has error nan, expected a number above -inf");
  CHECK(refusal([] { return knapsack(choices{{{1, -std::numeric_limits<double>::infinity()}}}, 9); }) ==
        "value: knapsack: layer 0, option 0 has error -inf, expected a number above -inf");
  CHECK(refusal([] { return knapsack(choices{{{0, 1}}}, -1); }) ==
        "value: knapsack: the cheapest options of the first 1 layers cost 0, the budget is -1");
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  CHECK(knapsack(choices{{{most, 1}}, {{0, 1}}}, most).size() == 2);
  CHECK(refusal([=] { return knapsack(choices{{{most, 1}}, {{1, 1}}}, most); }) ==
        "value: knapsack: the cheapest options of the first 2 layers cost 9223372036854775807, the budget is "
        "9223372036854775807");
  CHECK(refusal([] { return knapsack(choices{{{4, 1}}, {{7, 1}, {6, 1}}}, 9); }) ==
        "value: knapsack: the cheapest options of the first 2 layers cost 10, the budget is 9");
  CHECK(knapsack(choices{{{4, inf}, {5, inf}}}, 9)[0] == 0);
}

}  // namespace
