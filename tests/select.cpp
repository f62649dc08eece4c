// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/select.hpp>

#include "support/allocations.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/scoring.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <limits>
#include <new>
#include <string>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;

namespace {

/// Which keys a row of a plan names.
std::vector<bool> keys_of(at::plan_view const& p, la::index row) {
  std::vector<bool> keys(static_cast<std::size_t>(p.shape.keys));
  for (auto const& run : p.runs_of(row))
    for (auto j = run.first; j != run.first + run.count; ++j) keys[static_cast<std::size_t>(j)] = true;
  for (auto const j : p.tokens_of(row)) keys[static_cast<std::size_t>(j)] = true;
  return keys;
}

/// Whether the plan of top_k holds what a sort of the kernel's own scores, patterns and pairs say.
template <class S, class F, class W>
void check_top_k(S const& index, guarded_heads<float> const& q, at::shape shape, la::index k, F const& forced,
                 W const& within, la::select_options const& options) {
  lacuna_test::scoring s{.heads = shape.heads,
                         .kv_heads = shape.kv_heads,
                         .queries = shape.queries,
                         .keys = shape.keys,
                         .tile_queries = options.tile_queries,
                         .unit = index.unit(),
                         .scale = static_cast<float>(options.scale)};
  auto const scores = lacuna_test::all_scores(index, q.view(), s, within, 1);
  auto const plan = la::select(q.view(), index, at::top_k{k}, shape, forced, within, options);
  at::plan_view const view = plan;
  at::validate(view);
  REQUIRE(view.shape == shape);
  for (la::index h = 0; h != shape.heads; ++h)
    for (la::index t = 0; t != s.tiles(); ++t) {
      auto const first = t * options.tile_queries + shape.first_position();
      auto const last = std::min(first + options.tile_queries, shape.keys);
      auto const sees = [&](auto const& pattern, la::index j) {
        bool any = false;
        for (auto i = first; i != last; ++i) any |= at::allows(pattern, i, j, h);
        return any;
      };
      std::vector<std::pair<float, la::index>> seen;
      for (la::index u = 0; u != s.units(); ++u) {
        bool any = false;
        for (auto j = u * s.unit; j < std::min(shape.keys, (u + 1) * s.unit); ++j) any |= sees(within, j);
        auto score = scores[s.at(h, t, u)];
        auto const group = h / s.group() * s.group();
        for (auto g = group; g != group + s.group() && options.share_group; ++g)
          score = g == group                             ? scores[s.at(g, t, u)]
                  : index.kind() == at::score_kind::mass ? score + scores[s.at(g, t, u)]
                                                         : std::max(score, scores[s.at(g, t, u)]);
        if (any) seen.push_back({-score, u});
      }
      std::sort(seen.begin(), seen.end());
      seen.resize(std::min(seen.size(), static_cast<std::size_t>(k)));
      auto const got = keys_of(view, view.row(h, t));
      for (la::index j = 0; j != shape.keys; ++j) {
        bool const taken = std::any_of(seen.begin(), seen.end(), [&](auto const& x) { return x.second == j / s.unit; });
        CAPTURE(h, t, j, shape.queries, shape.keys, s.unit, k);
        REQUIRE(got[static_cast<std::size_t>(j)] == ((taken || sees(forced, j)) && sees(within, j)));
      }
    }
}

}  // namespace

TEST_CASE("select: the plan is what scores, chooser and patterns say") {
  for (auto const seed : lacuna_test::seeds(30)) {
    lacuna_test::random r(seed);
    at::shape const shape{.queries = 1 + r.below(20), .keys = 20 + r.below(60), .heads = 4, .kv_heads = 2};
    guarded_heads<float> const q(r, 4, shape.queries, 8), k(r, 2, shape.keys, 8, seed % 2 == 0);
    la::select_options const options{.tile_queries = 1 + r.below(8), .share_group = seed % 3 == 0, .scale = 0.5};
    auto const take = r.below(6);
    std::vector<std::int32_t> const labels{1, 5, 0, 7};
    auto const forced = at::sink{3} | at::window{4};
    // Keys that are seen do not start at 0, and there are holes between them.
    auto const holes = (at::window{30} & ~at::window{20}) | at::window{5, 2};
    switch (seed % 5) {
      case 0:
        check_top_k(at::mean_pool(k.view(), 8), q, shape, take, forced, at::causal{}, options);
        break;
      case 1:
        check_top_k(at::minmax(k.view(), 4), q, shape, take, at::none{}, holes, options);
        break;
      case 2:
        check_top_k(at::channels<>(k.view(), labels), q, shape, take, forced, holes, options);
        break;
      case 3:
        check_top_k(at::channels<>(k.view(), labels), q, shape, take, at::none{}, at::causal{}, options);
        break;
      default:
        check_top_k(at::antidiagonal(k.view(), 2, 8), q, shape, take, at::none{}, at::causal{}, options);
    }
  }
}

TEST_CASE("select: the same plan for every number of threads") {
  lacuna_test::random r(1);
  at::shape const shape{.queries = 70, .keys = 100, .heads = 4, .kv_heads = 2};
  guarded_heads<float> const q(r, 4, 70, 8), k(r, 2, 100, 8);
  at::minmax const pages(k.view(), 8);
  at::antidiagonal const scorer(k.view(), 4, 8);
  auto const by_pages =
      la::select(q.view(), pages, at::top_p{0.3}, shape, at::sink{2}, at::causal{}, {.tile_queries = 8});
  auto const by_groups =
      la::select(q.view(), scorer, at::top_p{0.8}, shape, at::sink{2}, at::causal{}, {.tile_queries = 8});
  auto const probed = la::probe(q.view(), k.view(), 20);
  auto const slashes = la::select(probed, at::top_k{5}, at::top_p{0.4}, shape);
  CHECK(by_pages.arrays().runs.size() > 20);
  for (la::index const threads : {2, 3, 7}) {
    la::threads pool(threads);
    CHECK(la::select(pool, q.view(), pages, at::top_p{0.3}, shape, at::sink{2}, at::causal{}, {.tile_queries = 8}) ==
          by_pages);
    CHECK(la::select(pool, q.view(), scorer, at::top_p{0.8}, shape, at::sink{2}, at::causal{}, {.tile_queries = 8}) ==
          by_groups);
    auto const again = la::probe(pool, q.view(), k.view(), 20);
    for (la::index h = 0; h != 4; ++h) CHECK(std::ranges::equal(again.columns(h), probed.columns(h)));
    CHECK(la::select(pool, probed, at::top_k{5}, at::top_p{0.4}, shape) == slashes);
  }
}

TEST_CASE("select: nothing chosen, nothing to choose from, no queries") {
  lacuna_test::random r(2);
  guarded_heads<float> const q(r, 2, 9, 4), k(r, 1, 20, 4), no_queries(r, 2, 0, 4), no_keys(r, 1, 0, 4);
  at::mean_pool const pool(k.view(), 4), empty(no_keys.view(), 4);
  auto const none = la::select(q.view(), pool, at::top_k{0}, {9, 20, 2, 1});
  CHECK(none.arrays().runs.empty());
  CHECK(none.arrays().tokens.empty());
  CHECK(none.arrays().run_offsets.size() == 3);
  CHECK(la::select(no_queries.view(), pool, at::top_k{3}, {0, 20, 2, 1}).arrays().run_offsets.size() == 1);
  CHECK(la::select(q.view(), empty, at::top_k{3}, {9, 0, 2, 1}).arrays().runs.empty());
  CHECK(
      la::select(q.view(), at::antidiagonal(no_keys.view(), 2, 4), at::top_p{0.5}, {9, 0, 2, 1}).arrays().runs.empty());
  guarded_heads<float> const no_heads(r, 0, 9, 4);
  for (bool const together : {false, true})
    CHECK(la::select(no_heads.view(), pool, at::top_k{3}, {9, 20, 0, 1}, at::none{}, at::causal{},
                     {.share_group = together})
              .arrays()
              .run_offsets.size() == 1);
  // More queries than keys: the first see none.
  CHECK(la::select(q.view(), at::mean_pool(k.part(0, 3), 4), at::top_k{9}, {9, 3, 2, 1}, at::none{}, at::causal{},
                   {.tile_queries = 2})
            .arrays()
            .run_offsets.size() == 11);
}

TEST_CASE("select: an anchor is the highest score of what is forced") {
  float const numbers[6] = {5, 1, 2, 3, 9, 4};  // blocks of 4 keys
  at::given const scores(la::heads_view<float const>{numbers, 1, 1, 6, 6, 6}, 24, 4, at::score_kind::logit);
  at::shape const shape{.queries = 1, .keys = 24};
  auto const chosen = [&](auto const& forced) {
    auto const plan = la::select(scores, at::anchor_diff{1.5f}, shape, forced, at::all{});
    auto const keys = keys_of(plan, 0);
    std::string blocks;
    for (std::size_t b = 0; b != 6; ++b) blocks += keys[4 * b + 2] ? '1' : '0';
    return blocks;
  };
  CHECK(chosen(at::none{}) == "000010");   // from 7.5 on
  CHECK(chosen(at::sink{1}) == "100011");  // from 3.5 on
  CHECK(chosen(at::sink{6}) == "100011");
}

TEST_CASE("select: by score, the same keys with the heaviest first") {
  float const numbers[6] = {5, 1, 2, 3, 9, 4};
  at::given const scores(la::heads_view<float const>{numbers, 1, 1, 6, 6, 6}, 24, 4, at::score_kind::logit);
  auto const ordered = [&](auto const& within) {
    auto const plan = la::select(scores, at::top_k{4}, {.queries = 1, .keys = 24}, at::none{}, within,
                                 {.single_keys = 0, .by_score = true});
    std::string blocks;
    for (auto const& run : plan.arrays().runs.span()) blocks += static_cast<char>('0' + run.first / 4);
    return blocks;
  };
  CHECK(ordered(at::all{}) == "4053");  // blocks 4, 0, 5, 3
  CHECK(ordered(at::window{8} | at::sink{4}) == "405");
}

TEST_CASE("select: given scores for each head of keys, where its heads choose together") {
  float const numbers[4] = {0.5f, 0.1f, 0.1f, 0.5f};
  at::given const scores(la::heads_view<float const>{numbers, 2, 1, 2, 2, 2}, 8, 4);
  auto const plan = la::select(scores, at::above{0.3f}, {.queries = 1, .keys = 8, .heads = 4, .kv_heads = 2},
                               at::none{}, at::all{}, {.single_keys = 0, .share_group = true});
  at::plan_view const view = plan;
  REQUIRE(plan.arrays().runs.size() == 2);
  CHECK(view.row(1, 0) == 0);
  CHECK(view.runs_of(view.row(3, 0))[0] == at::run{.first = 4, .count = 4});
}

TEST_CASE("select: what does not fit together is refused") {
  lacuna_test::random r(3);
  guarded_heads<float> const q(r, 2, 8, 4), k(r, 1, 16, 4), other(r, 1, 16, 5);
  at::mean_pool const pool(k.view(), 4);
  at::shape const shape{8, 16, 2, 1};
  auto const with = [&](at::shape s, auto chooser, la::select_options o = {}) {
    return lacuna_test::message_of<std::exception>(
        [&] { return la::select(q.view(), pool, chooser, s, at::none{}, at::causal{}, o); });
  };
  CHECK(with(shape, at::top_k{1}) == "no error");
  CHECK(with({7, 16, 2, 1}, at::top_k{1}) != "no error");
  CHECK(with({8, 15, 2, 1}, at::top_k{1}) != "no error");
  CHECK(with({8, 16, 4, 1}, at::top_k{1}) != "no error");
  CHECK(with({8, 16, 2, 2}, at::top_k{1}) != "no error");
  CHECK(with({8, 16, 3, 2}, at::top_k{1}) != "no error");
  CHECK(with(shape, at::top_k{-1}) != "no error");
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(with(shape, at::top_p{nan}) == "select: the share p of top_p is nan, expected a number");
  CHECK(with(shape, at::above{static_cast<float>(nan)}) == "select: the threshold of above is nan, expected a number");
  CHECK(with(shape, at::anchor_diff{static_cast<float>(nan)}) ==
        "select: theta of anchor_diff is nan, expected a number");
  CHECK(with(shape, at::top_k{1}, {.tile_queries = 0}) != "no error");
  CHECK(with(shape, at::top_k{1}, {.scale = -1}) != "no error");
  CHECK(with(shape, at::top_k{1}, {.scale = nan}) != "no error");
  CHECK_THROWS_AS(la::select(q.view(), at::mean_pool(other.view(), 4), at::top_k{1}, shape), la::shape_error);
  CHECK_THROWS_AS(la::probe(q.view(), other.view()), la::shape_error);
  CHECK_THROWS_AS(la::select(at::probe_last(2, 15), at::top_k{1}, at::top_k{1}, shape), la::shape_error);
}

TEST_CASE("select: a score that is NaN is an error that names head, tile and block") {
  lacuna_test::random r(4);
  guarded_heads<float> const q(r, 2, 8, 4);
  std::vector<float> keys(16 * 4, 1.0f);
  keys[4 * 9] = std::numeric_limits<float>::quiet_NaN();
  at::minmax const pages(la::heads_view<float const>{keys.data(), 1, 16, 4, 64, 4}, 4);
  auto const message = lacuna_test::message_of<la::value_error>([&] {
    return la::select(q.view(), pages, at::top_k{1}, {8, 16, 2, 1}, at::none{}, at::causal{}, {.tile_queries = 2});
  });
  CHECK(message.find("head 0, tile 0: the score of block 2") != std::string::npos);
}

#if LACUNA_EXCEPTIONS
namespace {

/// Causal, but for what happens when it is asked for runs.
template <class F>
struct causal_but {
  F before;
  [[nodiscard]] static at::cover classify(at::tile t) { return at::causal{}.classify(t); }
  [[nodiscard]] static bool allows(la::index i, la::index j) { return j <= i; }
  void runs(at::tile t, at::run_sink sink) const { before(t, sink); }
};
template <class F>
causal_but(F) -> causal_but<F>;

/// Every way to select, of 4 heads over 2, 20 queries of 60 keys.
template <class W>
std::vector<at::plan<W>> all_selections(la::threads& pool, guarded_heads<float> const& q, guarded_heads<float> const& k,
                                        at::minmax const& pages, at::channels<> const& channels, W const& within) {
  at::shape const shape{.queries = 20, .keys = 60, .heads = 4, .kv_heads = 2};
  at::antidiagonal const groups(k.view(), 2, 4);
  la::select_options const options{.tile_queries = 4},
      ordered{.tile_queries = 4, .share_group = true, .by_score = true};
  std::vector<at::plan<W>> plans;
  plans.push_back(la::select(pool, q.view(), pages, at::top_k{4}, shape, at::sink{2}, within, options));
  plans.push_back(la::select(pool, q.view(), pages, at::anchor_diff{1}, shape, at::window{3}, within, ordered));
  plans.push_back(la::select(pool, q.view(), channels, at::top_p{0.5}, shape, at::none{}, within, options));
  plans.push_back(la::select(pool, q.view(), groups, at::top_p{0.5}, shape, at::sink{2}, within, options));
  plans.push_back(la::select(pool, la::probe(pool, q.view(), k.view(), 3, within), at::top_k{4}, at::top_k{3}, shape,
                             at::sink{2}, within, options));
  return plans;
}

}  // namespace

TEST_CASE("select: no memory, or a pattern that throws, is an exception that reaches the caller") {
  lacuna_test::random r(5);
  guarded_heads<float> const q(r, 4, 20, 8), k(r, 2, 60, 8);
  std::vector<std::int32_t> const labels{1, 5, 0, 7};
  at::minmax const pages(k.view(), 4);
  at::channels<> const channels(k.view(), labels);
  std::atomic<la::index> left{0};
  causal_but const within{[&](at::tile t, at::run_sink sink) {
    if (left.fetch_sub(1) == 1) throw std::bad_alloc();
    at::causal{}.runs(t, sink);
  }};
  for (la::index const threads : {1, 3}) {
    la::threads pool(threads);
    auto const select = [&] { return all_selections(pool, q, k, pages, channels, within); };
    auto const expected = select();
    bool same = true;
    CHECK(lacuna_test::failing_allocations([&] { same = select() == expected && same; }) >= 0);
    bool thrown = true;
    for (la::index n = 1; thrown; n += 1 + n / 16) {
      left = n;
      thrown = false;
      try {
        same = select() == expected && same;
      } catch (std::bad_alloc const&) {
        thrown = true;
      }
      CHECK(thrown == (left <= 0));
      left = 0;
    }
    CHECK(same);
  }
}

TEST_CASE("select: a wrong bias is an error that names its head and tile, the same for every executor") {
  lacuna_test::random r(6);
  guarded_heads<float> const q(r, 4, 40, 8), k(r, 2, 60, 8);
  at::minmax const pages(k.view(), 4);
  at::shape const shape{.queries = 40, .keys = 60, .heads = 4, .kv_heads = 2};
  // Of the queries at 28 to 31 and 36 to 39.
  causal_but const within{[](at::tile t, at::run_sink sink) {
    bool const wrong = t.q0 <= 39 && t.q1 > 28 && t.q0 != 32;
    auto pass = [&](la::index first, la::index last, at::cover how, float) {
      sink(first, last, how, wrong && first <= 7 && last > 7 ? std::numeric_limits<float>::quiet_NaN() : 0.0f);
    };
    at::causal{}.runs(t, pass);
  }};
  for (bool const share : {false, true})
    for (la::index const threads : {1, 2, 3}) {
      la::threads pool(threads);
      auto const message = lacuna_test::message_of<la::value_error>([&] {
        return la::select(pool, q.view(), pages, at::top_k{99}, shape, at::none{}, within,
                          {.tile_queries = 4, .share_group = share});
      });
      CHECK(message ==
            "plan: head 0, tile 2: key 0 has no finite bias, or different ones for different queries of a tile of 4");
    }
}
#endif
