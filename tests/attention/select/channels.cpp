// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/channels.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/selection.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;

TEMPLATE_TEST_CASE("channels: the labelled channels of each key, in any pieces", "", float, la::bf16, la::f16) {
  std::vector<std::int32_t> const labels{0, 3, 4, 1};
  for (auto const seed : lacuna_test::seeds(10)) {
    lacuna_test::random r(seed);
    auto const tokens = r.below(300);
    guarded_heads<float> const k(r, 2, tokens, 5, seed % 2 == 0, 2);
    at::channels<TestType> index(2, 5, labels);
    auto const cuts = lacuna_test::random_cuts(r, tokens);
    for (std::size_t c = 1; c < cuts.size(); ++c) index.append(k.part(cuts[c - 1], cuts[c]));
    REQUIRE(index.tokens() == tokens);
    REQUIRE(index.count() == 2);
    for (la::index h = 0; h != 2; ++h)
      for (la::index t = 0; t != (tokens + 63) / 64 * 64; ++t)
        for (la::index c = 0; c != 2; ++c) {
          auto const channel = labels[static_cast<std::size_t>(2 * h + c)];
          auto const got = index.block(h, t / 64)[c * 64 + t % 64];
          auto const expected = t < tokens ? static_cast<float>(k(h, t, channel)) : 0.0f;
          REQUIRE(static_cast<float>(got) == static_cast<float>(TestType(expected)));
        }
  }
}

TEST_CASE("channels: labels have to name channels, and keys to have the shape") {
  std::vector<std::int32_t> const three{0, 1, 2}, high{0, 5}, low{-1, 0}, none;
  CHECK(lacuna_test::message_of<la::shape_error>([&] { return at::channels<>(2, 5, three); }) ==
        "channels: 3 labels for 2 heads of dimension 5, expected as many for each head, and counts of 0 or more");
  CHECK_THROWS_AS(at::channels<>(2, 5, high), la::value_error);
  CHECK_THROWS_AS(at::channels<>(2, 5, low), la::value_error);
  lacuna_test::random r(1);
  guarded_heads<float> const k(r, 2, 3, 4);
  at::channels<> other(2, 5, none);
  CHECK_THROWS_AS(other.append(k.view()), la::shape_error);
  CHECK(other.count() == 0);
}
