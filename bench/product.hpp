// SPDX-License-Identifier: MIT
//
// One product of the catalogue as a benchmark: its operands, its check, its loop.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "layer.hpp"
#include "measured.hpp"
#include "registry.hpp"
#include "work.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace lacuna_bench {

/// Activations and results for weights of T: bf16 and f16 take floats, int8 sums up in int32.
template <class T>
using activation_t = std::conditional_t<std::same_as<T, lacuna::bf16> || std::same_as<T, lacuna::f16>, float, T>;
template <class T>
using result_t = std::conditional_t<std::same_as<T, std::int8_t>, std::int32_t, activation_t<T>>;

template <class T>
inline constexpr arithmetic arithmetic_of = std::same_as<T, double>        ? arithmetic::f64
                                            : std::same_as<T, std::int8_t> ? arithmetic::int8
                                                                           : arithmetic::f32;

/// |y - a x| / |a x| in the Frobenius norm, by a loop over to_dense(a) in double: what is timed has to be right.
template <class A, class X, class Y>
[[nodiscard]] double relative_error(A const& a, X const& x, Y const& y) {
  auto const w = lacuna::to_dense(a);
  double off = 0, all = 0;
  std::vector<double> sum(static_cast<std::size_t>(x.cols()));
  for (lacuna::index i = 0; i != w.rows(); ++i) {
    sum.assign(sum.size(), 0.0);
    for (lacuna::index k = 0; k != w.cols(); ++k) {
      auto const wik = static_cast<double>(w(i, k));
      if (wik == 0) continue;
      for (std::size_t j = 0; j != sum.size(); ++j)
        sum[j] += wik * static_cast<double>(x(k, static_cast<lacuna::index>(j)));
    }
    for (std::size_t j = 0; j != sum.size(); ++j) {
      auto const difference = static_cast<double>(y(i, static_cast<lacuna::index>(j))) - sum[j];
      off += difference * difference;
      all += sum[j] * sum[j];
    }
  }
  return all == 0 ? std::sqrt(off) : std::sqrt(off / all);
}

/// A layer of the catalogue times n columns. `copies` of the weights take turns: with more than a cache holds, they
/// come from behind it, as the layers of a model do.
template <class Entry>
class product_bench {
 public:
  using value_type = typename Entry::value_type;

  product_bench(source s, lacuna::index n, lacuna::index threads, double cold_bytes)
      : source_(std::move(s)), n_(n), threads_(threads), cold_bytes_(cold_bytes) {}

  void operator()(benchmark::State& state) {
    try {
      run(state);
    } catch (std::exception const& error) {
      state.SkipWithError(error.what());
    }
  }

 private:
  void run(benchmark::State& state) {
    auto const& layer = packed_layer<Entry>(source_);
    auto const& a = layer.matrix;
    auto const x = random_matrix<activation_t<value_type>>(a.cols(), n_, 2);
    lacuna::dense<result_t<value_type>> y(a.rows(), n_);
    lacuna::threads pool(threads_);
    lacuna::spmm(pool, a, x, y);
    if (!checked_) {
      auto const bound = std::same_as<value_type, std::int8_t> ? 0 : std::same_as<value_type, double> ? 1e-13 : 1e-5;
      auto const error = relative_error(a, x, y);
      if (!(error <= bound)) return state.SkipWithError(("wrong result: off by " + std::to_string(error)).c_str());
      checked_ = true;
    }
    auto const copies = 1 + static_cast<std::size_t>(cold_bytes_ / static_cast<double>(a.bytes() + 1));
    std::vector<typename Entry::format> const cold(copies - 1, a);
    std::size_t turn = 0;
    for (auto _ : state) {
      lacuna::spmm(pool, turn == 0 ? a : cold[turn - 1], x, y);
      benchmark::DoNotOptimize(y.data());
      benchmark::ClobberMemory();
      if (++turn == copies) turn = 0;
    }
    report_work(state, layer, copies);
  }

  void report_work(benchmark::State& state, packed<Entry> const& layer, std::size_t copies) const {
    auto const& a = layer.matrix;
    work w;
    w.weights = static_cast<double>(a.rows()) * static_cast<double>(a.cols());
    w.tokens = static_cast<double>(n_);
    w.useful = 2.0 * static_cast<double>(layer.useful) * w.tokens;
    w.dense = 2.0 * w.weights * w.tokens;
    w.weight_bytes = static_cast<double>(a.bytes());
    w.other_bytes = (static_cast<double>(a.cols()) * sizeof(activation_t<value_type>) +
                     static_cast<double>(a.rows()) * sizeof(result_t<value_type>)) *
                    w.tokens;
    w.working_set = w.weight_bytes * static_cast<double>(copies) + w.other_bytes;
    w.sparsity = w.weights > 0 ? 1.0 - static_cast<double>(layer.useful) / w.weights : 0.0;
    w.kind = arithmetic_of<value_type>;
    w.threads = static_cast<double>(threads_);
    report(state, w);
  }

  source source_;
  lacuna::index n_;
  lacuna::index threads_;
  double cold_bytes_;
  bool checked_ = false;
};

/// What register_products is told beside the types.
struct product_list {
  std::string verb;
  std::vector<source> layers;
  lacuna::index tokens;
  std::string suffix;  // of the names
  double cold_bytes = 0;
};

/// Registers verb/format/type/layer/n:... for each format of the catalogue and each of `layers` that it can hold.
/// N:M takes the shapes, for it has a sparsity of its own, and no files, for they are pruned otherwise. What is not
/// measured would double the time to compile; int8 has kernels of its own for blocks that are odd in other types.
template <class T>
void register_products(options const& o, product_list const& list) {
  lacuna_test::for_each_type(lacuna_test::catalogue<T>{}, [&](auto tag) {
    using entry = typename decltype(tag)::type;
    if constexpr (is_measured(entry::name) || std::same_as<T, std::int8_t>) {
      auto const add_one = [&](source const& s) {
        auto const run = std::make_shared<product_bench<entry>>(s, list.tokens, o.threads, list.cold_bytes);
        auto const name = list.verb + "/" + spelled(entry::name) + "/" + type_name<T> + "/" + s.name +
                          "/n:" + std::to_string(list.tokens) + list.suffix;
        add(name, clock_of(o.threads), [run](benchmark::State& state) { (*run)(state); });
      };
      if constexpr (any_sparsity<entry>)
        for (auto const& s : list.layers) add_one(s);
      else if (o.dlmc.empty())
        for (auto const& s : dense_sources(o)) add_one(s);
    }
  });
}

/// The same for float, compiled once for all verbs, in spmm.cpp: it takes half a minute.
void register_float_products(options const& o, product_list const& list);

/// One sparsity (or the files of --dlmc) and the largest count of tokens: enough to see what a type costs.
[[nodiscard]] product_list list_for_types(options o);

}  // namespace lacuna_bench
