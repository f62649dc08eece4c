// SPDX-License-Identifier: MIT
//
// Plans of attention: what they cost to make from a pattern, and the part that is of the attention that they plan (one
// head of 64 dimensions). A new pattern adds a line.
#include <lacuna/attend.hpp>
#include <lacuna/attention/block_mask.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/coarsen.hpp>
#include <lacuna/attention/columns.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/attention/diagonals.hpp>
#include <lacuna/attention/extend.hpp>
#include <lacuna/attention/inspect.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/renumbered.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/strided.hpp>
#include <lacuna/attention/token_lists.hpp>
#include <lacuna/attention/validate.hpp>
#include <lacuna/attention/window.hpp>

#include "layer.hpp"
#include "registry.hpp"
#include "support/random.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lacuna_bench {
namespace {

namespace at = lacuna::attention;
using clock = std::chrono::steady_clock;

[[nodiscard]] double seconds_since(clock::time_point begin) {
  return std::chrono::duration<double>(clock::now() - begin).count();
}

/// The shortest of three calls of attention over the plan.
[[nodiscard]] double attention_seconds(at::plan_view const& plan) {
  auto const tokens = plan.shape.keys;
  lacuna::index const dim = 64;
  lacuna_test::random r(1);
  std::vector<float> q, k, v, out(static_cast<std::size_t>(tokens * dim));
  for (auto* const x : {&q, &k, &v})
    for (lacuna::index i = 0; i != tokens * dim; ++i) x->push_back(static_cast<float>(r.normal()));
  auto const heads = [&](auto& x) { return lacuna::heads_view<float>{x.data(), 1, tokens, dim, tokens * dim, dim}; };
  at::dense_kv<float> const kv(heads(k), heads(v));
  double best = 1e9;
  for (int n = 0; n != 3; ++n) {
    auto const begin = clock::now();
    lacuna::attend(heads(q), kv, plan, heads(out));
    auto const taken = seconds_since(begin);
    best = taken < best ? taken : best;
  }
  return best;
}

/// Times make(), and counts what the plan that it returns holds.
template <class Make>
void add_plan(std::string const& name, lacuna::index tokens, Make make) {
  add("plan/" + name + "/" + std::to_string(tokens), clock_of(1), [=](benchmark::State& state) {
    auto const [function, plan] = make(tokens);
    auto const begin = clock::now();
    for (auto _ : state) benchmark::DoNotOptimize(function());
    auto const taken = seconds_since(begin) / static_cast<double>(state.iterations());
    auto const sum = at::inspect(plan);
    state.counters["entries"] = static_cast<double>(sum.runs + sum.tokens);
    state.counters["density"] = sum.density;
    state.counters["masked"] = sum.pairs > 0 ? sum.masked / sum.pairs : 0;
    state.counters["of attention"] = taken / attention_seconds(plan);
  });
}

template <class P>
void add_pattern(std::string const& name, lacuna::index tokens, P pattern_of, at::plan_options options = {}) {
  add_plan(name, tokens, [=](lacuna::index n) {
    auto const pattern = pattern_of(n);
    auto const make = [=] { return at::materialize(pattern, {n, n, 1, 1}, options); };
    return std::pair(make, make());
  });
}

[[nodiscard]] std::vector<std::int32_t> some_of(lacuna::index tokens, lacuna::index each) {
  lacuna_test::random r(7);
  std::vector<std::int32_t> ids;
  for (lacuna::index n = 0; n < tokens / each; ++n) ids.push_back(static_cast<std::int32_t>(r.below(tokens)));
  return ids;
}
[[nodiscard]] lacuna::mask random_blocks(lacuna::index rows, lacuna::index cols, double density) {
  lacuna_test::random r(7);
  return lacuna_test::random_mask(r, rows, cols, density);
}

void add_patterns(lacuna::index tokens) {
  using lacuna::index;
  auto const vertical_slash = [](index n) {
    return at::causal{} & (at::columns(some_of(n, 64)) | at::diagonals(some_of(n, 512), 64));
  };
  add_pattern("causal", tokens, [](index) { return at::causal{}; });
  add_pattern("sink_64_window_256", tokens, [](index) { return at::causal{} & (at::sink{64} | at::window{256}); });
  add_pattern("columns_1_8", tokens, [](index n) { return at::causal{} & at::columns(some_of(n, 8)); });
  add_pattern("vertical_slash", tokens, vertical_slash);
  add_pattern("blocks_64x64", tokens,
              [](index n) { return at::causal{} & at::block_mask(random_blocks(n / 64, n / 64, 0.25)); });
  add_pattern("blocks_16x16", tokens, [](index n) {
    return at::causal{} & at::block_mask(random_blocks(n / 16, n / 16, 0.25), {.queries = 16, .keys = 16});
  });
  add_pattern("strided", tokens, [](index) { return at::causal{} & at::strided{.local = 4, .stride = 8}; });
  add_pattern("tokens_64", tokens,
              [](index n) { return at::token_lists(random_blocks(n / 64, n, 0.06), {.queries = 64}); });
  add_pattern("renumbered", tokens, [](index n) {
    lacuna_test::random r(7);
    std::vector<std::int32_t> ids;
    for (index j = 0; j != n; ++j) ids.push_back(static_cast<std::int32_t>(j));
    for (index j = 0; j != n; ++j)
      std::swap(ids[static_cast<std::size_t>(j)], ids[static_cast<std::size_t>(j / 128 * 128 + r.below(128))]);
    return at::renumbered(at::causal{}, ids);
  });
  add_plan("extend_by_64", tokens, [=](index n) {
    auto const old = at::materialize(vertical_slash(n), {n - 64, n - 64, 1, 1});
    auto const make = [=] { return at::extend(old, {n, n, 1, 1}); };
    return std::pair(make, make());
  });
  add_plan("coarsen_2_tiles", tokens, [=](index n) {
    auto const fine = at::materialize(vertical_slash(n), {n, n, 1, 1});
    auto const make = [=] { return at::coarsen(fine, {.tiles = 2}); };
    return std::pair(make, make());
  });
  add_plan("validate", tokens, [=](index n) {
    auto const plan = at::materialize(vertical_slash(n), {n, n, 1, 1});
    auto const check = [=] {
      at::validate(plan.view());
      return 0;
    };
    return std::pair(check, plan);
  });
}

}  // namespace

void register_plan(options const&) {
  for (lacuna::index const tokens : {4096, 16384}) add_patterns(tokens);
}

}  // namespace lacuna_bench
