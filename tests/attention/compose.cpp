// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/block_mask.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/columns.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/diagonals.hpp>
#include <lacuna/attention/from_predicate.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/per_head.hpp>
#include <lacuna/attention/ragged_blocks.hpp>
#include <lacuna/attention/renumbered.hpp>
#include <lacuna/attention/segments.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/strided.hpp>
#include <lacuna/attention/token_lists.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/lists.hpp"
#include "../support/patterns.hpp"
#include "../support/quick.hpp"
#include "../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
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

constexpr la::index heads = 3;

/// What a pattern allows a head, asked here and there.
std::vector<bool> asked(any_pattern const& p, la::index head) {
  std::vector<bool> allowed;
  for (la::index i = -5; i < 200; i += 3)
    for (la::index j = 0; j < 200; j += 5) allowed.push_back(p.allows(i, j, head));
  return allowed;
}

/// Whether heads that are said to be alike are.
bool alike_are_alike(any_pattern const& p) {
  std::vector<std::vector<bool>> of_head;
  for (la::index h = 0; h != heads; ++h) of_head.push_back(asked(p, h));
  for (la::index g = 0; g != heads; ++g)
    for (la::index h = 0; h != heads; ++h)
      if (p.alike(g, h) && of_head[static_cast<std::size_t>(g)] != of_head[static_cast<std::size_t>(h)]) return false;
  return true;
}

/// A composition is asked as any_pattern as well: one instantiation of the checks for all of them.
void check_one(any_pattern const& p) {
  CHECK(check_pattern(p, false, lacuna_test::quick() ? 4 : 10, heads) == "");
  CHECK(alike_are_alike(p));
}

void check_meaning(any_pattern const& a, any_pattern const& b) {
  auto const both = a & b;  // each holds copies of its parts: made once
  auto const either = a | b;
  auto const not_a = ~a;
  auto const implies = ~(a & ~b);
  for (la::index h = 0; h != heads; ++h)
    for (la::index i = -5; i != 40; ++i)
      for (la::index j = 0; j != 40; ++j) {
        bool const x = a.allows(i, j, h), y = b.allows(i, j, h);
        bool const same = both.allows(i, j, h) == (x && y) && either.allows(i, j, h) == (x || y) &&
                          not_a.allows(i, j, h) == !x && implies.allows(i, j, h) == !(x && !y);
        if (!same) FAIL("head " << h << ", query " << i << ", key " << j);
      }
}

/// Every kind of pattern that there is, some that tell heads apart.
std::vector<any_pattern> every_pattern() {
  lacuna_test::random r(9);
  auto const half = lacuna_test::random_mask(r, 20, 50, 0.5), slots = lacuna_test::random_mask(r, 36, 60, 0.3);
  auto const few = lacuna_test::random_mask(r, 60, 400, 0.1);
  std::vector<std::int32_t> const slot_of_head{2, 0, 2}, ends{0, 20, 30, 31, 90, 400};
  std::vector<std::int32_t> backwards;
  for (std::int32_t j = 0; j != 400; ++j) backwards.push_back(j / 100 * 100 + 99 - j % 100);
  auto const graph = lacuna_test::random_mask(r, 5, 5, 0.5);
  return {
      any_pattern(at::all{}),
      any_pattern(at::none{}),
      any_pattern(at::causal{}),
      any_pattern(at::window{5}),
      any_pattern(at::window{30, 44}),
      any_pattern(at::sink{6}),
      any_pattern(checkered{}),
      any_pattern(at::columns({0, 7, 8, 9, 30, 64, 65, 66, 67, 68, 69, 100})),
      any_pattern(at::diagonals({0, 25, 60, -9}, 4)),
      any_pattern(at::diagonals({0, 90}, 40)),
      any_pattern(at::strided{.block = 8, .local = 2, .stride = 3, .shift = 1}),
      any_pattern(at::segments({0, 20, 30, 300})),
      any_pattern(at::segments(ends, graph)),
      any_pattern(at::ragged_blocks(ends, ends, graph, {.first_position = -10})),
      any_pattern(at::block_mask(half, {.queries = 16, .keys = 8, .first_position = -20})),
      any_pattern(at::block_mask(slots, {.queries = 20, .keys = 7, .rows_per_slot = 12, .slot_of_head = slot_of_head})),
      any_pattern(at::token_lists(few, {.queries = 5, .first_position = -20})),
      any_pattern(at::token_lists(lacuna_test::csr_of(few), {.biased = true, .first_position = 10})),
      any_pattern(
          at::from_predicate{[](la::index i, la::index j, la::index head) { return (i + j + head + 300) % 3 == 0; }}),
      any_pattern(at::per_head(std::vector<int>{0, 1, 0}, at::causal{} & at::sink{40}, at::window{9, 20})),
      any_pattern(at::renumbered(at::causal{} & at::window{150}, backwards))};
}

}  // namespace

TEST_CASE("compose: &, | and ~ of any two patterns mean what they say, pair by pair and tile by tile") {
  auto const list = every_pattern();
  for (auto const& a : list) {
    check_one(a);
    check_one(any_pattern(~a));
    for (auto const& b : list) {
      check_meaning(a, b);
      check_one(any_pattern(a & b));
      check_one(any_pattern(a | b));
    }
  }
}

TEST_CASE("compose: compositions of compositions") {
  auto const list = every_pattern();
  lacuna_test::random r(10);
  auto const any = [&]() -> any_pattern const& {
    return list[static_cast<std::size_t>(r.below(static_cast<la::index>(list.size())))];
  };
  for (auto const& a : list)
    for (int n = 0; n != (lacuna_test::quick() ? 2 : 6); ++n) {
      auto const &b = any(), &c = any();
      check_one(any_pattern(~(a & ~b)));
      check_one(any_pattern((a & b) | ~(a | b)));
      check_one(any_pattern((a & b) | c));
      check_one(any_pattern(c | (a & b)));
      check_one(any_pattern((a | b) & c));
      check_one(any_pattern(c & ~(a | b)));
      check_one(any_pattern((a | b) | c));
      check_one(any_pattern(a & (b & c)));
    }
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
