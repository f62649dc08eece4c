// SPDX-License-Identifier: MIT
//
// The dense products that sparse ones are read against, on the same shapes and tokens.
#include "peers/dense.hpp"

#include <lacuna/core/threads.hpp>
#include <lacuna/interop/eigen.hpp>
#include <lacuna/simd/arch.hpp>

#include "layer.hpp"
#include "registry.hpp"
#include "work.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lacuna_bench {
namespace {

using lacuna_peers::matrix;

/// Weights of their own, and the peers bound to them and to operands that live elsewhere.
struct bound_weights {
  matrix w;
  std::vector<lacuna_peers::peer> peers;
};

/// The peers on one layer. Warm, one copy of the weights is used again and again; cold, copies that add up to
/// `cold_bytes` take turns.
class dense_bench {
 public:
  dense_bench(source s, lacuna::index n, lacuna::index threads, double cold_bytes)
      : source_(std::move(s)), n_(n), threads_(threads), cold_bytes_(cold_bytes) {}

  void operator()(benchmark::State& state, std::size_t which) {
    try {
      run(state, which);
    } catch (std::exception const& error) {
      state.SkipWithError(error.what());
    }
  }

 private:
  void run(benchmark::State& state, std::size_t which) const {
    auto const size = size_of(source_);
    auto const map = [](lacuna::dense<float> const& m) {
      return Eigen::Map<matrix const>(m.data(), m.rows(), m.cols());
    };
    lacuna::threads pool(threads_);
    matrix const x = map(random_matrix<float>(size.cols, n_, 2));
    matrix y(size.rows, n_);
    auto const bytes = 4.0 * static_cast<double>(size.rows) * static_cast<double>(size.cols);
    std::vector<std::unique_ptr<bound_weights>> copies;  // that stay where they are: peers hold pointers
    do {
      copies.push_back(std::make_unique<bound_weights>(bound_weights{map(weights<float>(size)), {}}));
      copies.back()->peers = lacuna_peers::dense_peers(pool, copies.back()->w, x, y);
    } while (static_cast<double>(copies.size()) * bytes < cold_bytes_);

    auto const& first = copies[0]->peers[which];
    first.run();
    matrix const exact = (copies[0]->w.cast<double>() * x.cast<double>()).cast<float>();
    auto const off = first.transposed ? (first.y->transpose() - exact).norm() : (*first.y - exact).norm();
    if (!(off <= 1e-4f * exact.norm())) return state.SkipWithError("wrong result");

    std::size_t turn = 0;
    for (auto _ : state) {
      auto const& peer = copies[turn]->peers[which];
      peer.run();
      benchmark::DoNotOptimize(peer.y->data());
      benchmark::ClobberMemory();
      if (++turn == copies.size()) turn = 0;
    }
    state.SetLabel(first.kernels);
    report_work(state, size, static_cast<double>(copies.size()));
  }

  void report_work(benchmark::State& state, shape size, double copies) const {
    work w;
    w.weights = static_cast<double>(size.rows) * static_cast<double>(size.cols);
    w.tokens = static_cast<double>(n_);
    w.useful = w.dense = 2.0 * w.weights * w.tokens;
    w.weight_bytes = 4.0 * w.weights;
    w.other_bytes = 4.0 * static_cast<double>(size.rows + size.cols) * w.tokens;
    w.working_set = copies * w.weight_bytes + w.other_bytes;
    w.threads = static_cast<double>(threads_);
    report(state, w);
  }

  source source_;
  lacuna::index n_;
  lacuna::index threads_;
  double cold_bytes_;
};

void add_peers(options const& o, source const& s, lacuna::index n, std::string const& suffix, double cold_bytes) {
  auto const run = std::make_shared<dense_bench>(s, n, o.threads, cold_bytes);
  for (std::size_t i = 0; i != lacuna_peers::peer_names.size(); ++i)
    add("dense/" + spelled(lacuna_peers::peer_names[i]) + "/f32/" + s.name + "/n:" + std::to_string(n) + suffix,
        clock_of(o.threads), [run, i](benchmark::State& state) { (*run)(state, i); });
}

}  // namespace

void register_dense(options const& o) {
  for (auto const n : std::set<lacuna::index>(o.tokens.begin(), o.tokens.end()))
    for (auto const& s : dense_sources(o)) {
      add_peers(o, s, n, n == 1 ? "/warm" : "", 0);
      if (n == 1) add_peers(o, s, n, "/cold", beyond_caches);
    }
}

}  // namespace lacuna_bench
