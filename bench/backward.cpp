// SPDX-License-Identifier: MIT
//
// What a sparse layer's backward pass multiplies: the transposed product and the sampled one, in float, for a format of
// each kind. Activations and gradients are tokens x features, row-major, so that the sampled product copies U.
#include <lacuna/core/dense.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/sddmm.hpp>
#include <lacuna/spmm.hpp>

#include "layer.hpp"
#include "product.hpp"
#include "registry.hpp"
#include "work.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <string_view>

namespace lacuna_bench {
namespace {

template <class Entry>
void report_backward(benchmark::State& state, packed<Entry> const& layer, lacuna::index tokens, lacuna::index threads) {
  auto const& a = layer.matrix;
  work w;
  w.weights = static_cast<double>(a.rows()) * static_cast<double>(a.cols());
  w.tokens = static_cast<double>(tokens);
  w.useful = 2.0 * static_cast<double>(layer.useful) * w.tokens;
  w.dense = 2.0 * w.weights * w.tokens;
  w.weight_bytes = static_cast<double>(a.bytes());
  w.other_bytes = 4.0 * static_cast<double>(a.rows() + a.cols()) * w.tokens;
  w.sparsity = w.weights > 0 ? 1.0 - static_cast<double>(layer.useful) / w.weights : 0.0;
  w.threads = static_cast<double>(threads);
  report(state, w);
}

/// |s - u v| / |u v| in the Frobenius norm over the slots of s, by a loop in double.
template <class S, class U, class V>
double sampled_error(S const& s, U const& u, V const& v) {
  double off = 0, all = 0;
  for (lacuna::index i = 0; i != s.rows(); ++i)
    s.visit_row(i, [&](lacuna::index j, float value) {
      double sum = 0;
      for (lacuna::index t = 0; t != u.cols(); ++t) sum += static_cast<double>(u(i, t)) * static_cast<double>(v(t, j));
      off += (static_cast<double>(value) - sum) * (static_cast<double>(value) - sum);
      all += sum * sum;
    });
  return all == 0 ? std::sqrt(off) : std::sqrt(off / all);
}

template <class Entry>
void add_backward(source const& s, lacuna::index tokens, lacuna::index threads) {
  auto const name = [&](char const* verb) {
    return std::string(verb) + "/" + spelled(Entry::name) + "/f32/" + s.name + "/n:" + std::to_string(tokens);
  };
  add(name("transposed"), clock_of(threads), [=](benchmark::State& state) {
    auto const& layer = packed_layer<Entry>(s);
    auto const x = random_matrix<float>(layer.matrix.rows(), tokens, 2);
    lacuna::dense<float> y(layer.matrix.cols(), tokens);
    lacuna::threads pool(threads);
    lacuna::spmm(pool, lacuna::transposed(layer.matrix), x, y);
    if (auto const error = relative_error(lacuna::transpose(layer.matrix), x, y); !(error <= 1e-5))
      return state.SkipWithError(("wrong result: off by " + std::to_string(error)).c_str());
    for (auto _ : state) {
      lacuna::spmm(pool, lacuna::transposed(layer.matrix), x, y);
      benchmark::DoNotOptimize(y.data());
      benchmark::ClobberMemory();
    }
    report_backward(state, layer, tokens, threads);
  });
  add(name("sddmm"), clock_of(threads), [=](benchmark::State& state) {
    auto const& layer = packed_layer<Entry>(s);
    auto gradient = layer.matrix;
    auto const dy = random_matrix<float>(tokens, gradient.rows(), 2);
    auto const x = random_matrix<float>(tokens, gradient.cols(), 3);
    auto const u = lacuna::transpose(dy.view());
    lacuna::threads pool(threads);
    lacuna::sddmm(pool, gradient, u, x);
    if (auto const error = sampled_error(gradient, u, x); !(error <= 1e-5))
      return state.SkipWithError(("wrong result: off by " + std::to_string(error)).c_str());
    for (auto _ : state) {
      lacuna::sddmm(pool, gradient, u, x);
      benchmark::DoNotOptimize(gradient.values().data());
      benchmark::ClobberMemory();
    }
    report_backward(state, layer, tokens, threads);
  });
}

}  // namespace

void register_backward(options const& o) {
  lacuna_test::for_each_type(lacuna_test::catalogue<float>{}, [&]<class Entry>(lacuna_test::type_tag<Entry>) {
    constexpr std::string_view name = Entry::name;  // one of each kind: each takes seconds to compile
    if constexpr (name == "csr" || name == "bitmap" || name == "bsr 4x1" || name == "bsr 4x4")
      for (auto const& s : sources(o))
        for (auto const n : o.tokens) add_backward<Entry>(s, n, o.threads);
  });
}

}  // namespace lacuna_bench
