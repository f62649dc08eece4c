// SPDX-License-Identifier: MIT
#include "work.hpp"

#include <algorithm>

namespace lacuna_bench {

void report(benchmark::State& state, work const& w) {
  using counter = benchmark::Counter;
  auto const rate = [](double per_run) { return counter(per_run, counter::kIsIterationInvariantRate); };
  auto const bytes = w.weight_bytes + w.other_bytes;
  state.counters["FLOP/s"] = rate(w.useful);
  state.counters["dense FLOP/s"] = rate(w.dense);
  state.counters["B/s"] = rate(bytes);
  if (w.weights > 0) state.counters["B/weight"] = w.weight_bytes / w.weights;
  state.counters["sparsity"] = w.sparsity;
  state.counters["tokens"] = w.tokens;
  auto& limits = machine_limits::instance();
  auto const arithmetic_time = w.useful / (limits.peak(w.kind) * w.threads);
  auto const memory_time = bytes / (limits.bandwidth(w.working_set > 0 ? w.working_set : bytes) * w.threads);
  // The time at the limit, as a rate, is the fraction of the limit that was reached.
  state.counters["of limit"] = rate(std::max(arithmetic_time, memory_time));
}

void report_stream(benchmark::State& state, double bytes) {
  using counter = benchmark::Counter;
  state.counters["of stream"] =
      counter(bytes / machine_limits::instance().bandwidth(bytes), counter::kIsIterationInvariantRate);
}

}  // namespace lacuna_bench
