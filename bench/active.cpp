// SPDX-License-Identifier: MIT
//
// Products of one token that read only the weights of active inputs: dense weights by columns, and a bitmap and CSR of
// the transpose, at shares of inputs left out from none to nine tenths. Cold: layers take turns, as those of a model
// do. What they are read against is dense/*/n:1/cold.
#include <lacuna/active.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>

#include "layer.hpp"
#include "registry.hpp"
#include "work.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <support/random.hpp>
#include <vector>

namespace lacuna_bench {
namespace {

/// Weights that read only active inputs: rows x cols, or a packed transpose of them.
struct weights_by_input {
  virtual ~weights_by_input() = default;
  [[nodiscard]] virtual std::unique_ptr<weights_by_input> copy() const = 0;
  virtual void multiply(lacuna::threads& pool, lacuna::sparse_vector<float> const& x, std::vector<float>& y) const = 0;
  [[nodiscard]] virtual double bytes() const = 0;
  [[nodiscard]] virtual double stored() const = 0;
  [[nodiscard]] virtual double at(lacuna::index output, lacuna::index input) const = 0;
};

template <class T>
struct dense_columns final : weights_by_input {
  lacuna::dense<T, lacuna::order::col_major> w;

  explicit dense_columns(shape size) : w(size.rows, size.cols) {
    lacuna_test::random r(1);
    for (lacuna::index k = 0; k != size.rows * size.cols; ++k) w.data()[k] = value<T>(r);
  }
  [[nodiscard]] std::unique_ptr<weights_by_input> copy() const override {
    return std::make_unique<dense_columns>(*this);
  }
  void multiply(lacuna::threads& pool, lacuna::sparse_vector<float> const& x, std::vector<float>& y) const override {
    lacuna::spmv(pool, w, x, y);
  }
  [[nodiscard]] double bytes() const override { return static_cast<double>(w.bytes()); }
  [[nodiscard]] double stored() const override { return static_cast<double>(w.rows()) * static_cast<double>(w.cols()); }
  [[nodiscard]] double at(lacuna::index output, lacuna::index input) const override {
    return static_cast<double>(w(output, input));
  }
};

template <class Format>
struct packed_rows final : weights_by_input {
  Format a;
  lacuna::dense<typename Format::value_type> all;

  packed_rows(shape size, double sparsity) {
    auto const w = random_matrix<typename Format::value_type>(size.cols, size.rows, 1);
    a = lacuna::pack<Format>(w, lacuna::prune(w, lacuna::magnitude{}, lacuna::unstructured{.sparsity = sparsity}));
    all = lacuna::to_dense(a);
  }
  [[nodiscard]] std::unique_ptr<weights_by_input> copy() const override { return std::make_unique<packed_rows>(*this); }
  void multiply(lacuna::threads& pool, lacuna::sparse_vector<float> const& x, std::vector<float>& y) const override {
    lacuna::spmv(pool, lacuna::transposed(a), x, y);
  }
  [[nodiscard]] double bytes() const override { return static_cast<double>(a.bytes()); }
  [[nodiscard]] double stored() const override { return static_cast<double>(a.stored()); }
  [[nodiscard]] double at(lacuna::index output, lacuna::index input) const override {
    return static_cast<double>(all(input, output));
  }
};

/// |y - w x| / |w x| in double.
double relative_error(weights_by_input const& w, lacuna::sparse_vector<float> const& x, std::vector<float> const& y) {
  double off = 0, all = 0;
  for (std::size_t i = 0; i != y.size(); ++i) {
    double sum = 0;
    for (std::size_t s = 0; s != x.values().size(); ++s)
      sum += w.at(static_cast<lacuna::index>(i), static_cast<lacuna::index>(x.indices()[s])) *
             static_cast<double>(x.values()[s]);
    off += (sum - static_cast<double>(y[i])) * (sum - static_cast<double>(y[i]));
    all += sum * sum;
  }
  return all == 0 ? std::sqrt(off) : std::sqrt(off / all);
}

using maker = std::function<std::unique_ptr<weights_by_input>(shape)>;

void run(benchmark::State& state, maker const& make, shape size, double inactive, lacuna::index threads) {
  std::vector<std::unique_ptr<weights_by_input>> copies;
  copies.push_back(make(size));
  while (static_cast<double>(copies.size()) * copies[0]->bytes() < beyond_caches) copies.push_back(copies[0]->copy());
  auto const activations = random_matrix<float>(1, size.cols, 2);
  std::vector<float> const x(activations.data(), activations.data() + size.cols);
  auto const active = lacuna::select_active(x, lacuna::activation_threshold(activations, inactive));
  std::vector<float> y(static_cast<std::size_t>(size.rows));
  lacuna::threads pool(threads);
  copies[0]->multiply(pool, active, y);
  if (!(relative_error(*copies[0], active, y) <= 1e-5)) return state.SkipWithError("wrong result");

  std::size_t turn = 0;
  for (auto _ : state) {
    copies[turn]->multiply(pool, active, y);
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
    if (++turn == copies.size()) turn = 0;
  }
  auto const share = static_cast<double>(active.stored()) / static_cast<double>(size.cols);
  work w;
  w.weights = static_cast<double>(size.rows) * static_cast<double>(size.cols);
  w.tokens = 1;
  w.useful = 2.0 * copies[0]->stored() * share;
  w.dense = 2.0 * w.weights;
  w.weight_bytes = copies[0]->bytes() * share;
  w.other_bytes = 4.0 * static_cast<double>(size.rows + size.cols);
  w.working_set = copies[0]->bytes() * static_cast<double>(copies.size());
  w.sparsity = 1.0 - w.useful / w.dense;
  w.threads = static_cast<double>(threads);
  report(state, w);
}

}  // namespace

void register_active(options const& o) {
  if (!o.dlmc.empty() || std::find(o.tokens.begin(), o.tokens.end(), 1) == o.tokens.end()) return;
  using narrow = lacuna::csr<float, std::uint16_t, std::uint32_t>;
  std::vector<std::pair<std::string, maker>> const all{
      {"dense/f32", [](shape s) { return std::make_unique<dense_columns<float>>(s); }},
      {"dense/bf16", [](shape s) { return std::make_unique<dense_columns<lacuna::bf16>>(s); }},
      {"bitmap_50/f32", [](shape s) { return std::make_unique<packed_rows<lacuna::bitmap<float>>>(s, 0.5); }},
      {"bitmap_50/bf16", [](shape s) { return std::make_unique<packed_rows<lacuna::bitmap<lacuna::bf16>>>(s, 0.5); }},
      {"csr_90/f32", [](shape s) { return std::make_unique<packed_rows<narrow>>(s, 0.9); }}};
  for (auto const& s : dense_sources(o))
    for (auto const& [name, make] : all)
      for (double const inactive : {0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9}) {
        char share[32];
        std::snprintf(share, sizeof share, "inactive:%.1f", inactive);
        add("active/" + name + "/" + s.name + "/" + share + "/cold", clock_of(o.threads),
            [make = make, size = s.size, inactive, threads = o.threads](benchmark::State& state) {
              try {
                run(state, make, size, inactive, threads);
              } catch (std::exception const& error) {
                state.SkipWithError(error.what());
              }
            });
      }
}

}  // namespace lacuna_bench
