// SPDX-License-Identifier: MIT
#include <lacuna/prune.hpp>
#include <lacuna/prune/joint.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <vector>

namespace {

using lacuna::index;
using lacuna::select_joint;
using lacuna::unit_scores;
using lacuna_test::refusal;
using lacuna_test::text_of;

unit_scores units(std::vector<double> const& scores) {
  unit_scores s(static_cast<index>(scores.size()));
  for (std::size_t u = 0; u != scores.size(); ++u) s[static_cast<index>(u)] = scores[u];
  return s;
}

TEST_CASE("joint: the lowest of all layers go first, within the cost") {
  std::vector<unit_scores> const layers{units({5, 1, 4}), units({2, 3})};
  std::vector<index> const costs{10, 1};
  // 32 in all: 16 are 1 of layer 0 and both of layer 1; 4 of layer 0 would be 22.
  CHECK(text_of(select_joint(layers, costs, 0.5)) == "101 000");
  CHECK(text_of(select_joint(layers, costs, 0.35)) == "101 010");
  CHECK(text_of(select_joint(layers, costs, 0)) == "111 110");
  CHECK(text_of(select_joint(layers, costs, 1)) == "000 000");
  // What no longer fits ends it, though something cheaper of a higher score would fit.
  CHECK(text_of(select_joint(layers, costs, 0.2)) == "111 110");
  auto const keep = select_joint(layers, costs, 0.35);
  CHECK(text_of(expand_units(keep, 3, 2, {}, 0)) == "11 00 11");
  CHECK(text_of(expand_units(keep, 1, 2, {.of = lacuna::inputs}, 1)) == "01");
}

TEST_CASE("joint: of equal costs, the one rule over all units in the order of the layers") {
  for (auto const seed : lacuna_test::seeds(200)) {
    lacuna_test::random r(seed);
    std::vector<unit_scores> layers;
    std::vector<double> all;
    std::vector<index> costs;
    index const count = 1 + r.below(4);
    for (index l = 0; l != count; ++l) {
      std::vector<double> own(static_cast<std::size_t>(r.below(9)));
      for (auto& s : own) s = static_cast<double>(r.below(6));
      all.insert(all.end(), own.begin(), own.end());
      layers.push_back(units(own));
      costs.push_back(1);
    }
    double const sparsity = r.uniform();
    auto const score = [&](index, index u) { return all[static_cast<std::size_t>(u)]; };
    auto const expected =
        lacuna_test::reference_mask(1, static_cast<index>(all.size()), score, sparsity, lacuna::per_row);
    auto const keep = select_joint(layers, costs, sparsity);
    index place = 0;
    bool same = true;
    for (std::size_t l = 0; l != layers.size(); ++l)
      for (index u = 0; u != layers[l].size(); ++u)
        same = same && keep(static_cast<index>(l), u) == expected(0, place++);
    CAPTURE(seed, sparsity);
    REQUIRE(same);
  }
}

TEST_CASE("joint: no layers, and what is refused") {
  CHECK(select_joint({}, {}, 0.5).rows() == 0);
  std::vector<unit_scores> const layers{units({5}), units({2, std::numeric_limits<double>::quiet_NaN()})};
  std::vector<index> costs{1, -1};
  CHECK(refusal([&] { return select_joint(layers, costs, 0.5); }) ==
        "value: select_joint: a unit of layer 1 costs -1, expected 0 or more");
  costs[1] = 1;
  CHECK(refusal([&] { return select_joint(layers, costs, 0.5); }) ==
        "value: select_joint: the score of unit 1 of layer 1 is NaN");
  CHECK(refusal([&] { return select_joint(layers, costs, 1.5); }) ==
        "value: select_joint: sparsity is 1.5, which is not in [0, 1]");
  costs.pop_back();
  CHECK(refusal([&] { return select_joint(layers, costs, 0.5); }) == "shape: select_joint: 2 layers, 1 costs");
}

}  // namespace
