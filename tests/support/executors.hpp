// SPDX-License-Identifier: MIT
//
// What every executor promises (core/executor.hpp), as one test that any of them can be put through.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

namespace lacuna_test {

/// Runs n elements in ranges of `grain` and returns "" or what was broken: each element once, ranges that start at
/// multiples of grain and hold at least grain elements but for the last, workers within concurrency(), and none of them
/// in two ranges at a time.
template <lacuna::executor E>
[[nodiscard]] std::string check_ranges(E& exec, lacuna::index n, lacuna::index grain) {
  auto const workers = static_cast<lacuna::index>(exec.concurrency());
  std::vector<std::atomic<int>> seen(static_cast<std::size_t>(n));
  std::vector<std::atomic<bool>> busy(static_cast<std::size_t>(workers));
  std::atomic<char const*> broken{nullptr};
  std::atomic<lacuna::index> calls{0};
  exec.for_ranges(n, grain, [&](lacuna::index first, lacuna::index last, lacuna::index worker) {
    ++calls;
    if (first < 0 || first >= last || last > n) {
      broken = "a range is empty or outside";
      return;
    }
    if (worker < 0 || worker >= workers) {
      broken = "a worker is outside concurrency()";
      return;
    }
    if (busy[static_cast<std::size_t>(worker)].exchange(true)) broken = "two calls share a worker";
    auto const least = std::max<lacuna::index>(grain, 1);
    if (first % least != 0) broken = "a range starts beside the multiples of grain";
    if (last != n && last - first < least) broken = "a range in the middle is shorter than grain";
    for (auto i = first; i != last; ++i) ++seen[static_cast<std::size_t>(i)];
    busy[static_cast<std::size_t>(worker)] = false;
  });
  if (n <= 0 && calls != 0) return "called for nothing";
  if (broken != nullptr) return broken.load();
  for (auto const& count : seen)
    if (count != 1) return "an element was seen " + std::to_string(count) + " times";
  return "";
}

}  // namespace lacuna_test
