// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/label_channels.hpp>
#include <lacuna/core/error.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/selection.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;

TEST_CASE("label_channels: the channels with the largest products, as a sort finds them") {
  for (auto const seed : lacuna_test::seeds(20)) {
    lacuna_test::random r(seed);
    auto const tokens = 1 + r.below(20), count = r.below(9);
    guarded_heads<float> const q(r, 4, tokens, 8), k(r, 2, tokens, 8);
    auto const labels = at::label_channels(q.view(), k.view(), count);
    REQUIRE(labels.size() == 2 * count);
    for (la::index g = 0; g != 2; ++g) {
      std::vector<double> size(8);
      for (la::index h : {2 * g, 2 * g + 1})
        for (la::index t = 0; t != tokens; ++t)
          for (la::index d = 0; d != 8; ++d) size[static_cast<std::size_t>(d)] += std::fabs(q(h, t, d) * k(g, t, d));
      std::vector<int> order(8);
      std::iota(order.begin(), order.end(), 0);
      std::sort(order.begin(), order.end(), [&](int a, int b) {
        auto const x = size[static_cast<std::size_t>(a)], y = size[static_cast<std::size_t>(b)];
        return x != y ? x > y : a < b;
      });
      order.resize(static_cast<std::size_t>(count));
      std::sort(order.begin(), order.end());
      for (la::index c = 0; c != count; ++c) REQUIRE(labels[g * count + c] == order[static_cast<std::size_t>(c)]);
    }
  }
}

TEST_CASE("label_channels: of equal channels the lower, and bad input is refused") {
  float const ones[4] = {1, 1, 1, 1};
  la::heads_view<float const> const same{ones, 1, 1, 4, 4, 4};
  auto const labels = at::label_channels(same, same, 2);
  CHECK(labels[0] == 0);
  CHECK(labels[1] == 1);
  CHECK(lacuna_test::message_of<la::value_error>([&] { return at::label_channels(same, same, 5); }) ==
        "label_channels: count is 5, expected 0 to 4, the dimension");
  la::heads_view<float const> const longer{ones, 1, 2, 2, 4, 2};
  CHECK_THROWS_AS(at::label_channels(same, longer, 1), la::shape_error);
  float const wrong[4] = {1, std::numeric_limits<float>::quiet_NaN(), 1, 1};
  CHECK_THROWS_AS(at::label_channels(same, la::heads_view<float const>{wrong, 1, 1, 4, 4, 4}, 1), la::value_error);
}
