// SPDX-License-Identifier: MIT
//
// Selecting keys, against the dense attention that it is to save: `of_dense` is its share of the time of dense
// attention over the same tokens, both taken in turns; `speedup` of decoding is that of selecting and attending
// together.
#include <lacuna/attend.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/select.hpp>

#include "layer.hpp"
#include "registry.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lacuna_bench {
namespace {

namespace at = lacuna::attention;
using lacuna::index;

/// Heads of numbers of unit size, heads x tokens x dim.
class heads {
 public:
  heads(index count, index tokens, index dim, std::uint64_t seed)
      : numbers_(static_cast<std::size_t>(count * tokens * dim)),
        view_{numbers_.data(), count, tokens, dim, tokens * dim, dim} {
    lacuna_test::random r(seed);
    std::vector<float> some(65521);  // a prime: no two tokens are alike
    for (auto& x : some) x = static_cast<float>(r.normal());
    for (std::size_t i = 0; i != numbers_.size(); ++i) numbers_[i] = some[i % some.size()];
  }
  [[nodiscard]] lacuna::heads_view<float> view() noexcept { return view_; }

 private:
  std::vector<float> numbers_;
  lacuna::heads_view<float> view_;
};

/// Median seconds of f and of g, taken in turns.
struct two_times {
  double f, g;
};
two_times in_turns(std::function<void()> const& f, std::function<void()> const& g) {
  std::vector<double> times[2];
  for (int n = 0; n != 3; ++n)
    for (int which = 0; which != 2; ++which) {
      auto const start = std::chrono::steady_clock::now();
      which == 0 ? f() : g();
      times[which].push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
  for (auto& t : times) std::nth_element(t.begin(), t.begin() + 1, t.end());
  return {times[0][1], times[1][1]};
}

/// A prompt: what makes a plan of one head is to be small against dense attention, and against causal attention.
void add_prompt(std::string const& name, index length, index dim, index threads,
                std::function<at::plan<at::causal>(lacuna::threads&, lacuna::heads_view<float const>,
                                                   lacuna::heads_view<float const>, at::shape)> const& select) {
  add("select/" + name + "/f32/" + std::to_string(length) + "x" + std::to_string(dim), clock_of(threads),
      [=](benchmark::State& state) {
        heads q(1, length, dim, 1), k(1, length, dim, 2), v(1, length, dim, 3), out(1, length, dim, 4);
        lacuna::threads pool(threads);
        at::shape const shape{.queries = length, .keys = length};
        auto const choose = [&] { benchmark::DoNotOptimize(select(pool, q.view(), k.view(), shape)); };
        for (auto _ : state) choose();
        at::dense_kv<float> const kv(k.view(), v.view());
        auto const dense = in_turns(choose, [&] { lacuna::attend(pool, q.view(), kv, at::all{}, out.view()); });
        auto const causal = in_turns(choose, [&] { lacuna::attend(pool, q.view(), kv, at::causal{}, out.view()); });
        state.counters["of_dense"] = dense.f / dense.g;
        state.counters["of_causal"] = causal.f / causal.g;
        auto const plan = select(pool, q.view(), k.view(), shape);
        auto const sparse = in_turns([&] { lacuna::attend(pool, q.view(), kv, plan, out.view()); },
                                     [&] { lacuna::attend(pool, q.view(), kv, at::causal{}, out.view()); });
        state.counters["speedup"] = sparse.g / (sparse.f + causal.f);
      });
}

/// One token of 32 heads over 8 heads of keys: an index that lives as long as the keys, selecting, and attending.
template <class Index>
void add_decode(std::string const& name, index keys, index dim, index threads, bool share,
                std::function<Index(lacuna::heads_view<float const>)> const& build, index take) {
  add("select/decode_" + name + "/f32/" + std::to_string(keys) + "x" + std::to_string(dim), clock_of(threads),
      [=](benchmark::State& state) {
        heads q(32, 1, dim, 1), k(8, keys, dim, 2), v(8, keys, dim, 3), out(32, 1, dim, 4);
        lacuna::threads pool(threads);
        at::shape const shape{.queries = 1, .keys = keys, .heads = 32, .kv_heads = 8};
        at::dense_kv<float> const kv(k.view(), v.view());
        auto const index_of_keys = build(k.view());
        auto const choose = [&] {
          return lacuna::select(pool, q.view(), index_of_keys, at::top_k{take}, shape, at::none{}, at::causal{},
                                {.share_group = share});
        };
        for (auto _ : state) benchmark::DoNotOptimize(choose());
        auto const dense = [&] { lacuna::attend(pool, q.view(), kv, at::all{}, out.view()); };
        auto const selecting = in_turns([&] { benchmark::DoNotOptimize(choose()); }, dense);
        auto const both = in_turns([&] { lacuna::attend(pool, q.view(), kv, choose(), out.view()); }, dense);
        state.counters["of_dense"] = selecting.f / selecting.g;
        state.counters["speedup"] = both.g / both.f;
        state.counters["dense_GBs"] = 2.0 * 8 * 4 * static_cast<double>(keys * dim) / both.g * 1e-9;
        state.counters["index_of_keys"] =
            static_cast<double>(index_of_keys.bytes()) / (4.0 * 8 * static_cast<double>(keys * dim));
      });
}

}  // namespace

void register_select(options const& o) {
  auto const forced = at::sink{64} | at::window{256};
  for (index const length : {4096, 16384})
    for (index const dim : {64, 128}) {
      if (length == 16384 && dim == 64) continue;
      // A sixteenth of the blocks; building the index counts.
      add_prompt("mean_pool", length, dim, o.threads, [=](auto& pool, auto q, auto k, auto shape) {
        return lacuna::select(pool, q, at::mean_pool(k), at::top_k{length / 1024}, shape, forced);
      });
      add_prompt("antidiagonal_16", length, dim, o.threads, [=](auto& pool, auto q, auto k, auto shape) {
        return lacuna::select(pool, q, at::antidiagonal(k, 16), at::top_p{0.1}, shape, forced);
      });
      add_prompt("antidiagonal_8", length, dim, o.threads, [=](auto& pool, auto q, auto k, auto shape) {
        return lacuna::select(pool, q, at::antidiagonal(k, 8), at::top_p{0.1}, shape, forced);
      });
      add_prompt("vertical_slash", length, dim, o.threads, [=](auto& pool, auto q, auto k, auto shape) {
        return lacuna::select(pool, lacuna::probe(pool, q, k), at::top_k{length / 64}, at::top_k{length / 64}, shape,
                              forced);
      });
    }
  for (index const keys : {8192, 32768})
    for (bool const share : {false, true}) {
      std::string const how = share ? "_shared" : "";
      add_decode<at::minmax>(
          "quest_64" + how, keys, 128, o.threads, share, [](auto k) { return at::minmax(k, 64); }, keys / 64 / 16);
      add_decode<at::channels<lacuna::bf16>>(
          "channels_16" + how, keys, 128, o.threads, share,
          [](auto k) {
            std::vector<std::int32_t> labels;
            for (index h = 0; h != k.heads; ++h)
              for (std::int32_t c = 0; c != 16; ++c) labels.push_back(8 * c);
            return at::channels<lacuna::bf16>(k, labels);
          },
          keys / 16);
    }
}

}  // namespace lacuna_bench
