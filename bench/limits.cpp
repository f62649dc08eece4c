// SPDX-License-Identifier: MIT
//
// The limits of the machine, measured.
#include "limits.hpp"

#include "processor_time.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace lacuna_bench {

namespace {

/// Adds up four quarters side by side, two registers of each: memory is read a third faster in four streams than in
/// one, because each has a prefetcher running ahead of it.
template <class Batch, std::size_t... I>
void read_quarters(float const* data, lacuna::index n, std::index_sequence<I...>) {
  using reg = typename Batch::register_type;
  constexpr auto width = static_cast<lacuna::index>(Batch::size);
  auto const quarter = n / 4 / (2 * width) * (2 * width);
  reg sum[sizeof...(I)] = {((void)I, Batch(0.0f))...};
  for (lacuna::index i = 0; i != quarter; i += 2 * width)
    ((sum[I] = Batch(sum[I]) + Batch::load_aligned(data + static_cast<lacuna::index>(I / 2) * quarter + i +
                                                   static_cast<lacuna::index>(I % 2) * width)),
     ...);
  (hide(sum[I]), ...);
}

}  // namespace

void read_once(float const* data, lacuna::index n) {
  using batch = lacuna::simd::batch<float, lacuna::simd::default_arch>;
  read_quarters<batch>(data, n, std::make_index_sequence<8>{});
}

namespace {

/// The best of nine: work units a second of processor time, as Google Benchmark counts it for one thread; each run long
/// enough for a clock of microseconds.
template <class Work>
double best_rate(Work work) {
  auto const seconds_of = [&](std::int64_t times) {
    double const start = processor_seconds();
    work(times);
    return processor_seconds() - start;
  };
  std::int64_t times = 1;
  while (seconds_of(times) < 2e-3) times *= 2;
  double best = 0;
  for (int run = 0; run != 9; ++run) best = std::max(best, static_cast<double>(times) / seconds_of(times));
  return best;
}

}  // namespace

std::vector<multiply_add> const& multiply_adds() {
  static std::vector<multiply_add> const all = [] {
    std::vector<multiply_add> list{{"f32", fma_operations<float>, run_fma<float>}};
    if constexpr (lacuna::simd::has_batch<lacuna::simd::default_arch, double>)
      list.push_back({"f64", fma_operations<double>, run_fma<double>});
    auto const narrow = narrow_multiply_adds();
    list.insert(list.end(), narrow.kind.begin(), narrow.kind.begin() + static_cast<std::ptrdiff_t>(narrow.count));
    return list;
  }();
  return all;
}

double measured_rate(multiply_add const& kind) {
  return best_rate(kind.run) * kind.operations * chains<lacuna::simd::default_arch>;
}

double measured_bandwidth(lacuna::index bytes) {
  lacuna::buffer<float> const data(bytes / 4);
  return static_cast<double>(bytes) * best_rate([&](std::int64_t times) {
           for (std::int64_t t = 0; t != times; ++t) read_once(data.data(), data.size());
         });
}

machine_limits& machine_limits::instance() {
  static machine_limits limits;
  return limits;
}

double machine_limits::peak(arithmetic kind) {
  auto& known = peak_[kind];
  if (known == 0) {
    auto const starts = kind == arithmetic::f32 ? "f32" : kind == arithmetic::f64 ? "f64" : "int8";
    auto const found = std::find_if(multiply_adds().begin(), multiply_adds().end(),
                                    [&](multiply_add const& k) { return std::string(k.name).rfind(starts, 0) == 0; });
    // Without registers of doubles a double takes the place of two floats at best.
    known = found != multiply_adds().end() ? measured_rate(*found) : peak(arithmetic::f32) / 2;
  }
  return known;
}

double machine_limits::bandwidth(double working_set) {
  lacuna::index bytes = 4096;
  while (static_cast<double>(bytes) < working_set && bytes < lacuna::index{1} << 28) bytes += bytes / 1024 * 256;
  auto& known = bandwidth_[bytes];
  if (known == 0) known = measured_bandwidth(bytes);
  return known;
}

}  // namespace lacuna_bench
