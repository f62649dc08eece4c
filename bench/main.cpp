// SPDX-License-Identifier: MIT
//
// Takes our arguments, then hands over to Google Benchmark with defaults that make figures comparable.
#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include "../examples/support/pin.hpp"
#include "options.hpp"
#include "peers/openblas.hpp"
#include "registry.hpp"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace lacuna_bench {

void add(std::string const& name, clock_kind clock, std::function<void(benchmark::State&)> run) {
  auto* const added = benchmark::RegisterBenchmark(name.c_str(), std::move(run));
  if (clock == clock_kind::wall) added->UseRealTime();
}

namespace {

/// Nine short runs of each, in random order, of which the median counts: a neighbour's work or a change of clock then
/// meets dense and sparse alike. What the caller says comes later and wins.
std::vector<std::string> with_defaults(int argc, char** argv) {
  std::vector<std::string> all{argv[0],
                               "--benchmark_enable_random_interleaving=true",
                               "--benchmark_repetitions=9",
                               "--benchmark_min_time=0.03",
                               "--benchmark_report_aggregates_only=true",
                               "--benchmark_counters_tabular=true"};
  all.insert(all.end(), argv + 1, argv + argc);
  return all;
}

void add_context(options const& o, int processor) {
  benchmark::AddCustomContext("isa", lacuna::simd::arch_name());
  benchmark::AddCustomContext("lacuna threads", std::to_string(o.threads));
  benchmark::AddCustomContext("bound to processor", processor < 0 ? "no" : std::to_string(processor));
#if LACUNA_HAS_OPENBLAS
  benchmark::AddCustomContext("OpenBLAS kernels", lacuna_peers::openblas_kernels());
#endif
}

int run(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]) == "--help") std::fputs(options_help, stdout);
  auto const o = take_options(argc, argv);
  int const processor = o.threads == 1 ? demo::pin_to_one_processor() : -1;
  for (auto const registered : {register_limits, register_dense, register_spmm, register_f16_sums, register_spmv,
                                register_active, register_backward, register_prune, register_pack, register_reconstruct,
                                register_attend, register_plan, register_select})
    registered(o);
#if LACUNA_BENCH_SWEEPS
  for (auto const registered : {register_spmm_f64_int8, register_spmm_bf16_f16}) registered(o);
#endif
  add_context(o, processor);

  auto words = with_defaults(argc, argv);
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace lacuna_bench

int main(int argc, char** argv) {
#if LACUNA_HAS_OPENBLAS
  lacuna_peers::restart_with_fitting_openblas(argv);
#endif
  try {
    return lacuna_bench::run(argc, argv);
  } catch (std::exception const& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}
