// SPDX-License-Identifier: MIT
//
// Pruning: criteria and patterns over the dense weights of each shape. A new criterion or pattern adds a line.
#include <lacuna/core/dense.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>

#include "layer.hpp"
#include "registry.hpp"
#include "work.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace lacuna_bench {
namespace {

/// Weights a second, and their bytes.
void report_weights(benchmark::State& state, lacuna::index count) {
  using counter = benchmark::Counter;
  state.counters["weights/s"] = counter(static_cast<double>(count), counter::kIsIterationInvariantRate);
  state.counters["B/s"] = counter(4.0 * static_cast<double>(count), counter::kIsIterationInvariantRate);
}

/// What is to be compared with patterns per row: each row copied, and std::nth_element to where 80 % end.
void add_nth_element(shape size) {
  add("prune/nth_element/f32/" + std::to_string(size.rows) + "x" + std::to_string(size.cols), clock_kind::processor,
      [=](benchmark::State& state) {
        auto const& w = weights<float>(size);
        std::vector<float> row(static_cast<std::size_t>(size.cols));
        for (auto _ : state)
          for (lacuna::index i = 0; i != size.rows; ++i) {
            for (lacuna::index j = 0; j != size.cols; ++j) row[static_cast<std::size_t>(j)] = std::fabs(w(i, j));
            std::nth_element(row.begin(), row.begin() + size.cols * 4 / 5, row.end());
            benchmark::DoNotOptimize(row.data());
            benchmark::ClobberMemory();
          }
        report_weights(state, size.rows * size.cols);
      });
}

template <class Criterion, class Pattern>
void add_prune(std::string const& name, shape size, lacuna::index threads, Criterion criterion_of, Pattern pattern) {
  add("prune/" + name + "/f32/" + std::to_string(size.rows) + "x" + std::to_string(size.cols), clock_of(threads),
      [=](benchmark::State& state) {
        auto const& w = weights<float>(size);
        auto const criterion = criterion_of(w);
        lacuna::threads pool(threads);
        stream_beside stream(w.data(), size.rows * size.cols, size.rows * size.cols / 8);
        for (auto _ : state) {
          benchmark::DoNotOptimize(lacuna::prune(pool, w, criterion, pattern));
          stream.run(state);
        }
        report_weights(state, size.rows * size.cols);
        stream.report(state);
      });
}

/// What Wanda needs beforehand: the norms of 512 tokens.
void add_column_norms(shape size, lacuna::index threads) {
  add("prune/column_norms/f32/512x" + std::to_string(size.cols), clock_of(threads), [=](benchmark::State& state) {
    auto const x = random_matrix<float>(512, size.cols, 3);
    lacuna::threads pool(threads);
    for (auto _ : state) benchmark::DoNotOptimize(lacuna::column_norms(pool, x));
    report_weights(state, 512 * size.cols);
  });
}

}  // namespace

void register_prune(options const& o) {
  auto const magnitude = [](auto const&) { return lacuna::magnitude{}; };
  auto const wanda = [](auto const& w) {
    return lacuna::wanda{lacuna::column_norms(random_matrix<float>(64, w.cols(), 3))};
  };
  auto const ria = [](auto const& w) {
    return lacuna::ria{lacuna::column_norms(random_matrix<float>(64, w.cols(), 3))};
  };
  for (auto const size : o.shapes) {
    using lacuna::blocks, lacuna::n_of_m, lacuna::unstructured;
    auto const t = o.threads;
    add_column_norms(size, t);
    add_nth_element(size);
    add_prune("magnitude/per_row", size, t, magnitude, unstructured{.sparsity = 0.8});
    add_prune("magnitude/per_column", size, t, magnitude, unstructured{.sparsity = 0.8, .scope = lacuna::per_column});
    add_prune("magnitude/whole", size, t, magnitude, unstructured{.sparsity = 0.8, .scope = lacuna::whole});
    add_prune("magnitude/2:4", size, t, magnitude, n_of_m<2, 4>{});
    add_prune("magnitude/1:16", size, t, magnitude, n_of_m<1, 16>{});
    add_prune("magnitude/4x2:4", size, t, magnitude, lacuna::v_n_of_m<4, 2, 4>{});
    add_prune("magnitude/4x1", size, t, magnitude, blocks<4, 1>{.sparsity = 0.8});
    add_prune("magnitude/16x4", size, t, magnitude, blocks<16, 4>{.sparsity = 0.8});
    add_prune("magnitude/2:4 both ways", size, t, magnitude, lacuna::transposable<2, 4>{});
    add_prune("magnitude/4:8 both ways", size, t, magnitude, lacuna::transposable<4, 8>{});
    add_prune("magnitude/2:4 along outputs", size, t, magnitude, n_of_m<2, 4>{.along = lacuna::outputs});
    add_prune("magnitude/rows", size, t, magnitude, lacuna::rows{});
    add_prune("magnitude/columns", size, t, magnitude, lacuna::columns{});
    add_prune("wanda/per_row", size, t, wanda, unstructured{.sparsity = 0.8});
    add_prune("wanda/2:4", size, t, wanda, n_of_m<2, 4>{});
    add_prune("random/per_row", size, t, [](auto const&) { return lacuna::random{}; }, unstructured{.sparsity = 0.8});
    add_prune("ria/per_row", size, t, ria, unstructured{.sparsity = 0.8});
  }
}

}  // namespace lacuna_bench
