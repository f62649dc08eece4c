// SPDX-License-Identifier: MIT
//
// Products that run in turn, and what they took: a change of clock or a neighbour's work meets all of them alike, and
// ratios are taken within a round.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace lacuna_compare {

enum class role { format, dense, sparse, other };

/// One who takes part: a product, or whatever else is timed beside it.
struct contestant {
  std::string name;
  role who = role::format;
  std::string kernel;         // what runs, as far as it tells
  std::function<void()> run;  // once
  double useful = 0;          // operations of one run, a product and a sum being two; fill counts as none
  double weight_bytes = 0;    // of the weights as they are packed
  double other_bytes = 0;     // of X and Y, each element once
  double copies = 1;          // of the weights, that take turns
  double sparsity = 0;        // of the weights that this one multiplies
  double first = 0;           // processor seconds of a run before, if known
};

struct result {
  contestant who;
  std::vector<double> seconds;  // of one run, one for each round
};

/// All results of one case, and in each round the peak rate of multiply-adds and that of loads: where the
/// second thread of the core is busy, loads fell by a fifth to a third, multiply-adds in registers by a twentieth.
struct contest {
  std::vector<result> results;
  std::vector<double> peak;   // operations a second of one core
  std::vector<double> loads;  // bytes a second that it reads from L1
};

enum class clock_kind { processor, wall };

/// Every contestant in each of `rounds` rounds: once unmeasured, to warm the caches after the others (unless it takes
/// longer than 5 ms), then as often as fills a millisecond, or 20 by the clock on the wall. One that takes longer than
/// 30 ms runs in the first three rounds only, and one whose `first` run took more than a second not again. With 0
/// rounds one round of one run each, whose figures mean nothing. `clock`: processor time for what runs in one thread.
[[nodiscard]] contest run_in_turn(std::vector<contestant> all, int rounds, clock_kind clock);

[[nodiscard]] double median(std::vector<double> values);

/// The median over rounds of a's seconds divided by b's: above 1, b is faster.
[[nodiscard]] double times_faster(result const& b, result const& a);

/// Operations a second, and as a fraction of the peak of the same round.
[[nodiscard]] double rate(result const& r);
[[nodiscard]] double fraction_of_peak(contest const& c, result const& r);

/// The fastest of a role by its median, or nullptr.
[[nodiscard]] result const* best(contest const& c, role who);

}  // namespace lacuna_compare
