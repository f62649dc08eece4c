// SPDX-License-Identifier: MIT
//
// Packing dense weights into each format of the catalogue, and unpacking them.
#include <lacuna/core/dense.hpp>
#include <lacuna/pack.hpp>

#include "layer.hpp"
#include "registry.hpp"
#include "work.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace lacuna_bench {
namespace {

void report_bytes(benchmark::State& state, lacuna::index weights, lacuna::index packed_bytes) {
  using counter = benchmark::Counter;
  auto const count = static_cast<double>(weights);
  auto const bytes = static_cast<double>(packed_bytes);
  state.counters["weights/s"] = counter(count, counter::kIsIterationInvariantRate);
  state.counters["B/s"] = counter(4.0 * count + bytes, counter::kIsIterationInvariantRate);
  state.counters["B/weight"] = bytes / count;
}

template <class Entry>
void bench_pack(benchmark::State& state, source const& s) {
  auto const keep = kept<Entry>(s);
  auto const& w = weights<float>(size_of(s));
  auto const packed = packed_layer<Entry>(s).matrix.bytes();
  stream_beside stream(w.data(), w.rows() * w.cols(), packed);
  auto const pack = [&] { benchmark::DoNotOptimize(lacuna::pack<typename Entry::format>(w, keep)); };
  // Once unmeasured. malloc gives more than 32 MB back to the system at once, and a virtual machine may hand memory
  // that nobody has used for seconds back to its host: then a large page took 6 to 9 ms instead of 0.3.
  pack();
  for (auto _ : state) {
    pack();
    stream.run(state);
  }
  report_bytes(state, w.rows() * w.cols(), packed);
  stream.report(state);
}

template <class Entry>
void bench_to_dense(benchmark::State& state, source const& s) {
  auto const& a = packed_layer<Entry>(s).matrix;
  lacuna::dense<float> out(a.rows(), a.cols());
  for (auto _ : state) {
    lacuna::to_dense(a, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  report_bytes(state, a.rows() * a.cols(), a.bytes());
}

}  // namespace

void register_pack(options const& o) {
  auto one = o;
  one.sparsities = {0.8};
  lacuna_test::for_each_type(lacuna_test::catalogue<float>{}, [&](auto tag) {
    using entry = typename decltype(tag)::type;
    if (!any_sparsity<entry> && !o.dlmc.empty()) return;
    for (auto const& s : any_sparsity<entry> ? sources(one) : dense_sources(one)) {
      add("pack/" + spelled(entry::name) + "/f32/" + s.name, clock_kind::processor,
          [s](benchmark::State& state) { bench_pack<entry>(state, s); });
      add("to_dense/" + spelled(entry::name) + "/f32/" + s.name, clock_kind::processor,
          [s](benchmark::State& state) { bench_to_dense<entry>(state, s); });
    }
  });
}

}  // namespace lacuna_bench
