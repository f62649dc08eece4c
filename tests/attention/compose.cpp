// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/block_mask.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/columns.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/diagonals.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/segments.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/strided.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/patterns.hpp"
#include "../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <concepts>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::any_pattern, lacuna_test::check_pattern;

namespace {

using at::operator&, at::operator|, at::operator~;  // for patterns from elsewhere

/// Keys of the same parity as the query: no tile but the smallest is anything but partial.
struct checkered {
  [[nodiscard]] static at::cover classify(at::tile) noexcept { return at::cover::partial; }
  [[nodiscard]] static bool allows(lacuna::index i, lacuna::index j) noexcept { return (i - j) % 2 == 0; }
};

void check_all_of(any_pattern const& a, any_pattern const& b) {
  for (la::index i = -5; i != 40; ++i)
    for (la::index j = 0; j != 40; ++j) {
      bool const x = a.allows(i, j, 0), y = b.allows(i, j, 0);
      bool const same = (a & b).allows(i, j) == (x && y) && (a | b).allows(i, j) == (x || y) &&
                        (~a).allows(i, j) == !x && (~(a & ~b)).allows(i, j) == !(x && !y);
      if (!same) FAIL("query " << i << ", key " << j);
    }
  CHECK(check_pattern(a & b, false, 40) == "");
  CHECK(check_pattern(a | b, false, 40) == "");
  CHECK(check_pattern(~a, false, 40) == "");
  CHECK(check_pattern(~(a & ~b), false, 40) == "");
  CHECK(check_pattern((a & b) | ~(a | b), false, 40) == "");
}

}  // namespace

TEST_CASE("compose: &, | and ~ of any two patterns mean what they say, pair by pair and tile by tile") {
  lacuna_test::random r(9);
  auto const half = lacuna_test::random_mask(r, 20, 50, 0.5);
  any_pattern const list[] = {any_pattern(at::all{}),
                              any_pattern(at::none{}),
                              any_pattern(at::causal{}),
                              any_pattern(at::window{5}),
                              any_pattern(at::window{30, 44}),
                              any_pattern(at::sink{6}),
                              any_pattern(checkered{}),
                              any_pattern(at::columns({0, 7, 8, 9, 30, 64, 100})),
                              any_pattern(at::diagonals({0, 25, 60, -9}, 4)),
                              any_pattern(at::diagonals({0, 90}, 40)),
                              any_pattern(at::strided{.block = 8, .local = 2, .stride = 3, .shift = 1}),
                              any_pattern(at::segments({0, 20, 30, 300})),
                              any_pattern(at::block_mask(half, {.queries = 16, .keys = 8, .first_position = -20}))};
  for (auto const& a : list)
    for (auto const& b : list) check_all_of(a, b);
}

TEST_CASE("compose: the streaming pattern") {
  auto const streaming = at::causal{} & (at::sink{64} | at::window{256});
  STATIC_REQUIRE(at::pattern<decltype(streaming)>);
  CHECK(streaming.classify({1024, 1056, 0, 64}) == at::cover::full);     // the sink
  CHECK(streaming.classify({1024, 1056, 64, 128}) == at::cover::none);   // the gap
  CHECK(streaming.classify({1024, 1056, 704, 768}) == at::cover::none);  // up to 1024 - 255 = 769
  CHECK(streaming.classify({1024, 1056, 768, 832}) == at::cover::partial);
  CHECK(streaming.classify({1024, 1056, 832, 896}) == at::cover::full);
  CHECK(streaming.classify({1024, 1056, 1024, 1088}) == at::cover::partial);
  CHECK(streaming.classify({1024, 1056, 1088, 1152}) == at::cover::none);  // the future
  CHECK(streaming.classify({0, 32, 0, 64}) == at::cover::partial);         // a sink is not causal, the whole is
  CHECK(!streaming.allows(3, 4));
}

TEST_CASE("compose: none and all are neutral, a pattern and its complement are everything and nothing") {
  at::tile const t{10, 20, 10, 20};
  CHECK((at::causal{} | at::none{}).classify(t) == at::causal{}.classify(t));
  CHECK((at::causal{} & at::all{}).classify(t) == at::causal{}.classify(t));
  CHECK((~at::none{}).classify(t) == at::cover::full);
  CHECK((at::none{} & at::all{}).classify(t) == at::cover::none);
  CHECK((at::none{} & at::causal{}).classify(t) == at::cover::none);
  CHECK((at::causal{} & at::none{}).classify(t) == at::cover::none);
  CHECK((at::all{} | at::causal{}).classify(t) == at::cover::full);
  CHECK((at::causal{} | at::all{}).classify(t) == at::cover::full);
  CHECK((~at::all{}).classify(t) == at::cover::none);
  CHECK((~~at::causal{}).allows(3, 3));
}

TEST_CASE("compose: heads reach the parts") {
  struct even_heads {
    [[nodiscard]] static at::cover classify(at::tile t) { return t.head % 2 == 0 ? at::cover::full : at::cover::none; }
    [[nodiscard]] static bool allows(la::index, la::index, la::index head) { return head % 2 == 0; }
    [[nodiscard]] static bool alike(la::index g, la::index h) { return g % 2 == h % 2; }
  };
  auto const p = at::causal{} & ~(even_heads{} & at::sink{50});
  CHECK(check_pattern(p, false, 200, 3) == "");
  CHECK(p.allows(70, 10, 1));
  CHECK(!p.allows(70, 10, 2));
  CHECK(p.alike(0, 2));
  CHECK(!p.alike(0, 1));
  CHECK((at::causal{} | at::sink{3}).alike(0, 1));
}

TEST_CASE("compose: biases add up in an intersection, the left one counts in a union") {
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

TEST_CASE("compose: the parts can be named, without template arguments") {
  at::both const b{at::causal{}, at::sink{2}};
  at::either const e{at::causal{}, at::sink{2}};
  at::inverse const i{at::sink{2}};
  STATIC_REQUIRE(std::same_as<decltype(b), at::both<at::causal, at::sink> const>);
  STATIC_REQUIRE(std::same_as<decltype(e), at::either<at::causal, at::sink> const>);
  STATIC_REQUIRE(std::same_as<decltype(i), at::inverse<at::sink> const>);
  CHECK(b.b.n == 2);
  CHECK(i.allows(0, 2));
}

TEST_CASE("compose: patterns are constants") {
  STATIC_REQUIRE((at::causal{} & (at::sink{1} | ~at::window{2})).allows(5, 0));
  STATIC_REQUIRE((at::causal{} & at::window{2}).classify({0, 1, 1, 2}) == at::cover::none);
}
