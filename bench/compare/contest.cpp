// SPDX-License-Identifier: MIT
#include "contest.hpp"

#include <lacuna/core/buffer.hpp>

#include "../limits.hpp"
#include "../processor_time.hpp"
#include "core_watch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace lacuna_compare {
namespace {

double now(clock_kind clock) {
  if (clock == clock_kind::processor) return lacuna_bench::processor_seconds();
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double seconds_of(std::function<void()> const& run, int times, clock_kind clock) {
  double const start = now(clock);
  for (int i = 0; i != times; ++i) run();
  return (now(clock) - start) / times;
}

/// Seconds of a batch. The second of two threads may wake on the processor of the first, and is moved within some
/// milliseconds: a batch is long beside that.
constexpr double batch(clock_kind clock) { return clock == clock_kind::wall ? 2e-2 : 1e-3; }
constexpr double slow = 0.03;
constexpr double once = 1;
constexpr double warm = 5e-3;  // what takes longer does not notice whose data the caches hold when it starts

/// How often a run has to be repeated in order to fill a batch.
int times_for(std::function<void()> const& run, clock_kind clock) {
  for (int times = 1;; times *= 4) {
    double const one = seconds_of(run, times, clock);
    if (one * times >= batch(clock) / 8) return 1 + static_cast<int>(batch(clock) / one);
  }
}

/// The peak of this moment, over a batch like everybody's, behind a third of one that lets the clock settle.
double peak_rate(bool quick) {
  using arch = lacuna::simd::default_arch;
  constexpr double operations = lacuna_bench::fma_operations<float> * lacuna_bench::chains<arch>;
  std::int64_t const times = quick ? 10000 : 200000;
  lacuna_bench::run_fma<float>(times / 3);
  auto const clock = quick ? clock_kind::wall : clock_kind::processor;
  double const seconds = seconds_of([=] { lacuna_bench::run_fma<float>(times); }, 1, clock);
  return static_cast<double>(times) * operations / seconds;
}

/// What loads reach at the same moment.
double load_rate(bool quick) {
  static lacuna::buffer<float> const data(4096);
  int const times = quick ? 100 : 8000;
  auto const read = [] { lacuna_bench::read_once(data.data(), data.size()); };
  return 4.0 * static_cast<double>(data.size()) /
         seconds_of(read, times, quick ? clock_kind::wall : clock_kind::processor);
}

}  // namespace

contest run_in_turn(std::vector<contestant> all, int rounds, clock_kind clock) {
  bool const quick = rounds == 0;
  contest c;
  std::vector<int> times;
  for (auto& one : all) {
    if (one.first > once) {
      times.push_back(1);
      double const seconds = one.first;
      c.results.push_back({std::move(one), {seconds}});
      continue;
    }
    one.run();
    times.push_back(quick ? 1 : times_for(one.run, clock));
    c.results.push_back({std::move(one), {}});
  }
  bool const watched = !quick && clock == clock_kind::processor;
  auto const undisturbed = [watched](auto measure) {
    return watched ? core_watch::instance().undisturbed(measure) : measure();
  };
  for (int round = 0; round != std::max(rounds, 1); ++round) {
    c.peak.push_back(undisturbed([=] { return peak_rate(quick); }));
    c.loads.push_back(undisturbed([=] { return load_rate(quick); }));
    for (std::size_t i = 0; i != c.results.size(); ++i) {
      auto& r = c.results[i];
      if (r.who.first > once || (round >= 3 && r.seconds[0] > slow)) continue;
      r.seconds.push_back(undisturbed([&, times = times[i]] {
        if (r.seconds.empty() || r.seconds[0] < warm) r.who.run();
        return seconds_of(r.who.run, times, clock);
      }));
    }
  }
  return c;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  auto const middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double times_faster(result const& b, result const& a) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i != std::min(a.seconds.size(), b.seconds.size()); ++i)
    ratios.push_back(a.seconds[i] / b.seconds[i]);
  return median(std::move(ratios));
}

double rate(result const& r) { return r.who.useful / median(r.seconds); }

double fraction_of_peak(contest const& c, result const& r) {
  std::vector<double> fractions;
  for (std::size_t i = 0; i != r.seconds.size(); ++i) fractions.push_back(r.who.useful / r.seconds[i] / c.peak[i]);
  return median(std::move(fractions));
}

result const* best(contest const& c, role who) {
  result const* found = nullptr;
  for (auto const& r : c.results)
    if (r.who.who == who && (found == nullptr || median(r.seconds) < median(found->seconds))) found = &r;
  return found;
}

}  // namespace lacuna_compare
