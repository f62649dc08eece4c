// SPDX-License-Identifier: MIT
//
// One head of attention under each kind of pattern. "dense" operations are those of every query with every key.
#include <lacuna/attend.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/threads.hpp>

#include "layer.hpp"
#include "registry.hpp"
#include "work.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace lacuna_bench {
namespace {

/// Activations of unit size: logits as large as those of heavy-tailed ones would leave one key a row.
lacuna::dense<float> unit_matrix(lacuna::index rows, lacuna::index cols, std::uint64_t seed) {
  lacuna_test::random r(seed);
  lacuna::dense<float> m(rows, cols);
  for (lacuna::index i = 0; i != rows * cols; ++i) m.data()[i] = static_cast<float>(r.normal());
  return m;
}

/// Pairs of query and key that the pattern lets meet: the useful work is two products of dim for each.
template <class Pattern>
double pairs(Pattern const& pattern, lacuna::index length) {
  double count = 0;
  for (lacuna::index i = 0; i != length; ++i)
    for (lacuna::index j = 0; j != length; ++j) count += pattern.allows(i, j) ? 1 : 0;
  return count;
}

template <class Pattern>
void add_attend(std::string const& name, lacuna::index length, lacuna::index dim, lacuna::index threads,
                Pattern pattern) {
  add("attend/" + name + "/f32/" + std::to_string(length) + "x" + std::to_string(dim), clock_of(threads),
      [=](benchmark::State& state) {
        auto const q = unit_matrix(length, dim, 1);
        auto const k = unit_matrix(length, dim, 2);
        auto const v = unit_matrix(length, dim, 3);
        lacuna::dense<float> out(length, dim);
        lacuna::threads pool(threads);
        for (auto _ : state) {
          lacuna::attend(pool, q, k, v, pattern, out);
          benchmark::DoNotOptimize(out.data());
          benchmark::ClobberMemory();
        }
        auto const all = static_cast<double>(length) * static_cast<double>(length);
        auto const met = pairs(pattern, length);
        work w;
        w.useful = 4.0 * met * static_cast<double>(dim);
        w.dense = 4.0 * all * static_cast<double>(dim);
        w.other_bytes = 16.0 * static_cast<double>(length) * static_cast<double>(dim);
        w.sparsity = 1 - met / all;
        w.tokens = static_cast<double>(length);
        w.threads = static_cast<double>(threads);
        report(state, w);
      });
}

}  // namespace

void register_attend(options const& o) {
  namespace at = lacuna::attention;
  for (lacuna::index const length : {1024, 4096})
    for (lacuna::index const dim : {64, 128}) {
      add_attend("all", length, dim, o.threads, at::all{});
      add_attend("causal", length, dim, o.threads, at::causal{});
      add_attend("sink_64_window_256", length, dim, o.threads, at::causal{} & (at::sink{64} | at::window{256}));
    }
}

}  // namespace lacuna_bench
