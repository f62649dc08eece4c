// SPDX-License-Identifier: MIT
//
// The limits of the machine as benchmarks of their own.
#include "limits.hpp"
#include "registry.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

namespace lacuna_bench {
namespace {

void bench_multiply_add(benchmark::State& state, multiply_add kind) {
  constexpr std::int64_t times = 10000;
  for (auto _ : state) kind.run(times);
  double const operations = kind.operations * chains<lacuna::simd::default_arch> * static_cast<double>(times);
  state.counters["FLOP/s"] = benchmark::Counter(operations, benchmark::Counter::kIsIterationInvariantRate);
}

void bench_read(benchmark::State& state, lacuna::index bytes) {
  lacuna::buffer<float> const data(bytes / 4);
  for (auto _ : state) read_once(data.data(), data.size());
  state.counters["B/s"] = benchmark::Counter(static_cast<double>(bytes), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["bytes"] = static_cast<double>(bytes);
}

}  // namespace

void register_limits(options const&) {
  for (auto const& kind : multiply_adds()) {
    auto name = "limits/multiply-add/" + std::string(kind.name);
    std::replace(name.begin(), name.end(), ' ', '_');
    add(name, clock_kind::processor, [kind](benchmark::State& state) { bench_multiply_add(state, kind); });
  }
  // Half of a cache, so that what else is running fits beside it; memory is what no cache holds.
  lacuna::index largest = lacuna::index{32} << 20;
  for (auto const& cache : benchmark::CPUInfo::Get().caches) {
    if (cache.type == "Instruction") continue;
    auto const bytes = std::min<lacuna::index>(lacuna::index{cache.size} / 2 / 4096 * 4096, lacuna::index{64} << 20);
    add("limits/read/L" + std::to_string(cache.level), clock_kind::processor,
        [bytes](benchmark::State& state) { bench_read(state, bytes); });
    largest = std::max<lacuna::index>(largest, cache.size);
  }
  auto const beyond = std::min<lacuna::index>(4 * largest, lacuna::index{1} << 30);
  add("limits/read/memory", clock_kind::processor, [beyond](benchmark::State& state) { bench_read(state, beyond); });
}

}  // namespace lacuna_bench
