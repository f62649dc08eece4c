// SPDX-License-Identifier: MIT
//
// Times that can be compared: everybody runs in turn, so that a change of clock or a neighbour's work meets all alike.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace demo {

/// Seconds for one run of each, the median over rounds. In each round everybody runs in turn: once unmeasured, to warm
/// the caches after the others (where that costs less than a fifth of a second), then as often as fills a millisecond.
/// Ends after 25 rounds, or after 3 once `budget` seconds are spent; a budget of 0 is one round. O(budget).
[[nodiscard]] inline std::vector<double> time_in_turn(std::vector<std::function<void()>> const& all, double budget) {
  using clock = std::chrono::steady_clock;
  auto const seconds_of = [](std::function<void()> const& run, int times) {
    auto const start = clock::now();
    for (int i = 0; i != times; ++i) run();
    return std::chrono::duration<double>(clock::now() - start).count() / times;
  };
  std::vector<int> times;
  for (auto const& run : all) {
    run();
    times.push_back(1 + static_cast<int>(1e-3 / std::max(seconds_of(run, 1), 1e-7)));
  }
  std::vector<std::vector<double>> seconds(all.size());
  auto const start = clock::now();
  auto const spent = [&] { return std::chrono::duration<double>(clock::now() - start).count(); };
  for (int round = 0; round != 25 && (round < (budget > 0 ? 3 : 1) || spent() < budget); ++round)
    for (std::size_t i = 0; i != all.size(); ++i) {
      if (seconds[i].empty() || seconds[i].back() < 0.2) all[i]();
      seconds[i].push_back(seconds_of(all[i], times[i]));
    }
  std::vector<double> medians;
  for (auto& one : seconds) {
    auto const middle = one.begin() + static_cast<std::ptrdiff_t>(one.size() / 2);
    std::nth_element(one.begin(), middle, one.end());
    medians.push_back(*middle);
  }
  return medians;
}

}  // namespace demo
