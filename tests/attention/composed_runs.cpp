// SPDX-License-Identifier: MIT
#include <lacuna/attention/columns.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/composed_runs.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/window.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using at::operator&, at::operator|, at::operator~;  // for patterns from elsewhere

TEST_CASE("composed_runs: biases add up in an intersection, the left one counts in a union") {
  struct biased {
    at::window w;
    float bias;
    [[nodiscard]] at::cover classify(at::tile t) const { return w.classify(t); }
    [[nodiscard]] bool allows(la::index i, la::index j) const { return w.allows(i, j); }
    void runs(at::tile t, at::run_sink sink) const { sink(t.k0, t.k1, w.classify(t), bias); }
  };
  at::tile const inside{5, 6, 4, 5};
  auto const bias_of = [](auto const& p, at::tile t) {
    float found = -1;
    auto take = [&](la::index, la::index, at::cover, float bias) { found = bias; };
    at::runs(p, t, take);
    return found;
  };
  CHECK(bias_of(biased{{9}, 1} & biased{{9}, 2}, inside) == 3);
  CHECK(bias_of(biased{{9}, 1} | biased{{9}, 2}, inside) == 1);
  CHECK(bias_of(at::none{} | biased{{9}, 2}, inside) == 2);
  CHECK(bias_of(~(~biased{{9}, 2}), inside) == 0);
  at::tile const half{0, 64, 0, 64};
  // A key that all see has the bias of the left side, those around it in a partial run of the right side have theirs.
  std::vector<float> biases;
  auto take = [&](la::index first, la::index last, at::cover how, float bias) {
    CHECK((how == at::cover::full) == (first == 5 || first == 40));
    for (auto j = first; j != last; ++j) biases.push_back(bias);
  };
  at::runs(at::columns({5, 40}) | biased{{20}, 2}, half, take);
  REQUIRE(biases.size() == 64);
  for (std::size_t j = 0; j != 64; ++j) CHECK(biases[j] == (j == 5 || j == 40 ? 0.0f : 2.0f));
  CHECK(bias_of(biased{{9}, 1} | biased{{20}, 1}, half) == 1);
  CHECK(std::isnan(bias_of(biased{{9}, 1} | biased{{20}, 2}, half)));
}
