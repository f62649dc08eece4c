// SPDX-License-Identifier: MIT
//
// Products of f16 with f16, summed up in float and, where the target has AVX512-FP16, in f16.
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/spmm.hpp>

#include "layer.hpp"
#include "product.hpp"
#include "registry.hpp"
#include "work.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace lacuna_bench {
namespace {

using lacuna::f16;

/// In [-1, 1): products of heavy-tailed numbers overflow.
lacuna::dense<f16> uniform_matrix(lacuna::index rows, lacuna::index cols, std::uint64_t seed) {
  lacuna_test::random r(seed);
  return lacuna_test::random_dense<f16>(r, rows, cols);
}

/// The layer's pattern with such values.
template <class Entry>
typename Entry::format uniform_layer(source const& s) {
  auto const size = size_of(s);
  return lacuna::pack<typename Entry::format>(uniform_matrix(size.rows, size.cols, 1), kept<Entry>(s));
}

/// prepare(A) is what is multiplied: A or f16_sums(A).
template <class Entry, class Prepare>
void add_one(std::string const& verb, source const& s, lacuna::index tokens, lacuna::index threads, double bound,
             Prepare prepare) {
  auto const name = verb + "/" + spelled(Entry::name) + "/f16/" + s.name + "/n:" + std::to_string(tokens);
  add(name, clock_of(threads), [=](benchmark::State& state) {
    auto const a = uniform_layer<Entry>(s);
    auto const x = uniform_matrix(a.cols(), tokens, 2);
    lacuna::dense<f16> y(a.rows(), tokens);
    lacuna::threads pool(threads);
    lacuna::spmm(pool, prepare(a), x, y);
    if (auto const error = relative_error(a, x, y); !(error <= bound))
      return state.SkipWithError(("wrong result: off by " + std::to_string(error)).c_str());
    for (auto _ : state) {
      lacuna::spmm(pool, prepare(a), x, y);
      benchmark::DoNotOptimize(y.data());
      benchmark::ClobberMemory();
    }
    work w;
    w.weights = static_cast<double>(a.rows()) * static_cast<double>(a.cols());
    w.tokens = static_cast<double>(tokens);
    w.useful = 2.0 * static_cast<double>(a.stored()) * w.tokens;
    w.dense = 2.0 * w.weights * w.tokens;
    w.weight_bytes = static_cast<double>(a.bytes());
    w.other_bytes = 2.0 * static_cast<double>(a.rows() + a.cols()) * w.tokens;
    w.sparsity = w.weights > 0 ? 1.0 - static_cast<double>(a.stored()) / w.weights : 0.0;
    w.threads = static_cast<double>(threads);
    report(state, w);
  });
}

}  // namespace

void register_f16_sums(options const& o) {
  lacuna_test::for_each_type(lacuna_test::catalogue<f16>{}, [&]<class Entry>(lacuna_test::type_tag<Entry>) {
    constexpr std::string_view name = Entry::name;
    if constexpr (name == "bsr 4x1" || name == "bsr 8x1" || name == "nm 2:4" || name == "nm 1:4")
      for (auto const& s : any_sparsity<Entry> ? sources(o) : dense_sources(o))
        for (auto const n : o.tokens) {
          if (n < 16) continue;
          auto const as_is = [](auto const& a) -> auto const& { return a; };
          add_one<Entry>("spmm_f16", s, n, o.threads, 1e-3, as_is);
          add_one<Entry>("f16_sums", s, n, o.threads, 5e-3, [](auto const& a) { return lacuna::f16_sums(a); });
        }
  });
}

}  // namespace lacuna_bench
