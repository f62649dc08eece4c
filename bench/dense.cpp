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

/// Operands, and the peers bound to them: made once, for packing weights is not what is timed.
class dense_bench {
 public:
  dense_bench(source s, lacuna::index n, lacuna::index threads) : source_(std::move(s)), n_(n), threads_(threads) {}

  void operator()(benchmark::State& state, std::size_t which) {
    try {
      make();
    } catch (std::exception const& error) {
      return state.SkipWithError(error.what());
    }
    auto const& peer = peers_[which];
    peer.run();
    auto const& y = *peer.y;
    double const off = y.rows() == exact_.rows() && y.cols() == exact_.cols()
                           ? static_cast<double>((y - exact_).norm())
                           : static_cast<double>((y.transpose() - exact_).norm());
    if (!(off <= 1e-4 * static_cast<double>(exact_.norm()))) return state.SkipWithError("wrong result");
    for (auto _ : state) {
      peer.run();
      benchmark::DoNotOptimize(peer.y->data());
      benchmark::ClobberMemory();
    }
    state.SetLabel(peer.kernels);
    report_work(state);
  }

 private:
  using matrix = lacuna_peers::matrix;

  void make() {
    if (pool_) return;
    auto const size = size_of(source_);
    auto const map = [](lacuna::dense<float> const& m) {
      return Eigen::Map<matrix const>(m.data(), m.rows(), m.cols());
    };
    pool_ = std::make_unique<lacuna::threads>(threads_);
    w_ = map(weights<float>(size));
    x_ = map(random_matrix<float>(size.cols, n_, 2));
    y_.resize(size.rows, n_);
    exact_ = (w_.cast<double>() * x_.cast<double>()).cast<float>();
    peers_ = lacuna_peers::dense_peers(*pool_, w_, x_, y_);
  }

  void report_work(benchmark::State& state) const {
    work w;
    w.weights = static_cast<double>(w_.size());
    w.tokens = static_cast<double>(n_);
    w.useful = w.dense = 2.0 * w.weights * w.tokens;
    w.weight_bytes = 4.0 * w.weights;
    w.other_bytes = 4.0 * static_cast<double>(w_.rows() + w_.cols()) * w.tokens;
    w.threads = static_cast<double>(threads_);
    report(state, w);
  }

  source source_;
  lacuna::index n_;
  lacuna::index threads_;
  std::unique_ptr<lacuna::threads> pool_;
  matrix w_, x_, y_, exact_;
  std::vector<lacuna_peers::peer> peers_;
};

}  // namespace

void register_dense(options const& o) {
  for (auto const n : std::set<lacuna::index>(o.tokens.begin(), o.tokens.end()))
    for (auto const& s : dense_sources(o)) {
      auto const run = std::make_shared<dense_bench>(s, n, o.threads);
      for (std::size_t i = 0; i != lacuna_peers::peer_names.size(); ++i)
        add("dense/" + spelled(lacuna_peers::peer_names[i]) + "/f32/" + s.name + "/n:" + std::to_string(n),
            clock_of(o.threads), [run, i](benchmark::State& state) { (*run)(state, i); });
    }
}

}  // namespace lacuna_bench
