// SPDX-License-Identifier: MIT
//
// What one run of a benchmark does, and the counters that come of it.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>

#include "limits.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace lacuna_bench {

/// One product, or whatever else multiplies and adds. docs/benchmarks.md explains the counters.
struct work {
  double useful = 0;        ///< operations on what is kept, a product and a sum being two
  double dense = 0;         ///< operations of the dense product in its place
  double weight_bytes = 0;  ///< of the sparse operand
  double other_bytes = 0;   ///< of what else is read or written, each element once
  double weights = 0;       ///< elements of the dense matrix in its place
  double sparsity = 0;      ///< 1 - kept / weights
  double tokens = 0;        ///< columns of X
  double working_set = 0;   ///< bytes that are in use between two uses of the same byte; 0: all of the above
  arithmetic kind = arithmetic::f32;
  double threads = 1;
};

/// Sets the counters. Measures the limits of the machine, if nobody has yet; call it behind the timed loop.
void report(benchmark::State& state, work const& w);

/// The bound of what reads weights once and writes a result: a pass over these very weights, from four places at once,
/// and one over as much memory as the result takes. It is run by turns with what it bounds, so that both find the same
/// part of the weights in caches, and the same neighbours.
class stream_beside {
 public:
  stream_beside(float const* data, lacuna::index count, lacuna::index written);
  /// One pass, for which the benchmark's clock stands still.
  void run(benchmark::State& state);
  /// Sets the counter "of stream": the median time of a pass, divided by the time taken.
  void report(benchmark::State& state);

 private:
  float const* data_;
  lacuna::index count_;
  lacuna::buffer<unsigned char> result_;
  std::vector<double> seconds_;
};

}  // namespace lacuna_bench
