// SPDX-License-Identifier: MIT
//
// Reconstruction beside Eigen's own products: the Gram matrix of 1024 tokens, the sweep of SparseGPT, least squares.
#include <lacuna/core/buffer.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/reconstruct.hpp>

#include "layer.hpp"
#include "registry.hpp"

#include <Eigen/Core>
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

namespace lacuna_bench {
namespace {

using lacuna::index;

constexpr index tokens = 1024;
constexpr index block = 128;

void report_operations(benchmark::State& state, double multiply_adds) {
  using counter = benchmark::Counter;
  state.counters["FLOP/s"] = counter(2 * multiply_adds, counter::kIsIterationInvariantRate);
}

[[nodiscard]] double product_of(index a, index b, index c) {
  return static_cast<double>(a) * static_cast<double>(b) * static_cast<double>(c);
}

template <class T>
void add_gram(shape size, index threads) {
  auto const name = std::string(type_name<T>) + "/" + std::to_string(tokens) + "x" + std::to_string(size.cols);
  add("reconstruct/gram/" + name, clock_of(threads), [=](benchmark::State& state) {
    auto const x = random_matrix<T>(tokens, size.cols, 3);
    lacuna::threads pool(threads);
    lacuna::gram<T> h(pool, x);
    for (auto _ : state) h.update(pool, x);
    report_operations(state, product_of(tokens, size.cols, size.cols) / 2);
  });
  add("reconstruct/rankUpdate/" + name, clock_kind::processor, [=](benchmark::State& state) {
    using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
    auto const values = random_matrix<T>(tokens, size.cols, 3);
    Eigen::Map<matrix const> const x(values.data(), size.cols, tokens);
    matrix h = matrix::Zero(size.cols, size.cols);
    for (auto _ : state) {
      h.template selfadjointView<Eigen::Lower>().rankUpdate(x);
      benchmark::ClobberMemory();
    }
    report_operations(state, product_of(tokens, size.cols, size.cols) / 2);
  });
}

/// An upper factor of an inverse as good as any: arithmetic takes the same time whatever it is.
[[nodiscard]] lacuna::buffer<float> made_up_factor(index cols) {
  lacuna::buffer<float> u(cols * cols);
  lacuna_test::random r(5);
  for (index i = 0; i != cols; ++i)
    for (index j = i; j != cols; ++j) u[i * cols + j] = i == j ? 1.0f : static_cast<float>(0.02 * r.uniform(-1, 1));
  return u;
}

template <class Pattern>
void add_sweep(std::string const& name, shape size, index threads, index group, Pattern pattern) {
  add("reconstruct/sweep/" + name + "/f32/" + std::to_string(size.rows) + "x" + std::to_string(size.cols),
      clock_of(threads), [=](benchmark::State& state) {
        auto const& w = weights<float>(size);
        auto const u = made_up_factor(size.cols);
        lacuna::threads pool(threads);
        lacuna::detail::pattern_choice<lacuna::threads, Pattern> const choose{pool, pattern};
        auto copy = w;
        for (auto _ : state) {
          copy = w;
          lacuna::mask keep(size.rows, size.cols);
          benchmark::DoNotOptimize(
              lacuna::detail::obs_sweep(pool, copy.data(), size.rows, size.cols, u.data(), group, block, keep, choose));
        }
        report_operations(state, product_of(size.rows, size.cols, size.cols) / 2);
      });
}

/// The products that a sweep leaves to Eigen, and nothing else.
void add_lazy_products(shape size) {
  add("reconstruct/lazy_products/f32/" + std::to_string(size.rows) + "x" + std::to_string(size.cols),
      clock_kind::processor, [=](benchmark::State& state) {
        using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
        matrix w = matrix::Random(size.rows, size.cols);
        matrix const errors = matrix::Random(size.rows, block) / 1000, u = matrix::Random(size.cols, size.cols);
        double multiply_adds = 0;
        for (index first = block; first < size.cols; first += block)
          multiply_adds += product_of(size.rows, block, size.cols - first);
        for (auto _ : state) {
          for (index first = block; first < size.cols; first += block)
            w.rightCols(size.cols - first).noalias() -=
                errors * u.block(first - block, first, block, size.cols - first);
          benchmark::ClobberMemory();
        }
        report_operations(state, multiply_adds);
      });
}

/// All that is due before a sweep, and the whole of sixteen outputs by least squares.
void add_factors_and_refit(shape size, index threads) {
  auto const statistic = [=] { return lacuna::gram<float>(random_matrix<float>(2 * size.cols, size.cols, 3)); };
  auto const cols = std::to_string(size.cols);
  add("reconstruct/inverse_diagonal/f64/" + cols + "x" + cols, clock_of(threads), [=](benchmark::State& state) {
    auto const h = statistic().matrix();
    lacuna::threads pool(threads);
    for (auto _ : state) benchmark::DoNotOptimize(lacuna::inverse_diagonal(pool, h));
  });
  add("reconstruct/refit/f32/16x" + cols, clock_of(threads), [=](benchmark::State& state) {
    auto const h = statistic().matrix();
    lacuna::threads pool(threads);
    auto const w = random_matrix<float>(16, size.cols, 1);
    auto const keep = lacuna::prune(w, lacuna::magnitude{}, lacuna::unstructured{});
    for (auto _ : state) benchmark::DoNotOptimize(lacuna::refit(pool, w, h, keep));
    report_operations(state, 16.0 / 6 / 8 * product_of(size.cols, size.cols, size.cols));
  });
}

}  // namespace

void register_reconstruct(options const& o) {
  for (auto const size : o.shapes) {
    add_gram<float>(size, o.threads);
    add_gram<double>(size, o.threads);
    add_sweep("per_row", size, o.threads, block, lacuna::unstructured{});
    add_sweep("2:4", size, o.threads, 4, lacuna::n_of_m<2, 4>{});
    add_lazy_products(size);
    add_factors_and_refit(size, o.threads);
  }
}

}  // namespace lacuna_bench
