// SPDX-License-Identifier: MIT
#include "work.hpp"

#include "processor_time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

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

stream_beside::stream_beside(float const* data, lacuna::index count, lacuna::index written)
    : data_(data), count_(count), result_(written) {}

void stream_beside::run(benchmark::State& state) {
  state.PauseTiming();
  double const start = processor_seconds();
  read_once(data_, count_);
  std::memset(result_.data(), static_cast<int>(seconds_.size() % 2), static_cast<std::size_t>(result_.size()));
  benchmark::ClobberMemory();
  seconds_.push_back(processor_seconds() - start);
  state.ResumeTiming();
}

void stream_beside::report(benchmark::State& state) {
  using counter = benchmark::Counter;
  auto const middle = seconds_.begin() + static_cast<std::ptrdiff_t>(seconds_.size() / 2);
  std::nth_element(seconds_.begin(), middle, seconds_.end());
  state.counters["of stream"] = counter(*middle, counter::kIsIterationInvariantRate);
}

}  // namespace lacuna_bench
