// SPDX-License-Identifier: MIT
//
// Tells whether the core does nothing else: what runs on its second thread, of another virtual machine say, takes loads
// away.
#pragma once

#include <lacuna/core/buffer.hpp>

#include "../limits.hpp"
#include "../processor_time.hpp"

#include <algorithm>

namespace lacuna_compare {

/// Watches the rate of loads from L1. On a Zen 3 of which half belonged to somebody else it fell from 195 to 155 GB/s
/// and less for some tens of milliseconds at a time, and products from 85 to 50 % of the peak: multiply-adds in
/// registers, by which that peak is measured, kept 100 of their 104 G operations/s and tell nothing.
///
/// Waiting takes four times as long as measuring at most, and two seconds more: on a core that is never alone
/// everything is measured as it is.
class core_watch {
 public:
  static core_watch& instance() {
    static core_watch watch;
    return watch;
  }

  /// What `measure` returns, which is begun when the core is alone, and again where it was not at the end.
  template <class Measure>
  auto undisturbed(Measure measure) {
    for (;;) {
      while (may_wait() && !alone()) continue;
      double const start = lacuna_bench::processor_seconds();
      auto const result = measure();
      double const seconds = lacuna_bench::processor_seconds() - start;
      bool const again = may_wait() && !alone();
      (again ? waited_ : measured_) += seconds;
      if (!again) return result;
    }
  }

 private:
  static constexpr int reads = 400;  // 34 us at 195 GB/s

  /// Whether loads run at nine tenths of the best rate seen, which is forgotten by and by: clocks fall.
  [[nodiscard]] bool alone() {
    double const start = lacuna_bench::processor_seconds();
    for (int i = 0; i != reads; ++i) lacuna_bench::read_once(data_.data(), data_.size());
    double const seconds = lacuna_bench::processor_seconds() - start;
    if (seconds <= 0) return true;  // too coarse a clock
    waited_ += seconds;
    best_ = std::max(best_ * (1 - 2e-6), 1 / seconds);
    return 1 / seconds >= 0.9 * best_;
  }

  [[nodiscard]] bool may_wait() const { return waited_ < 4 * measured_ + 2; }

  lacuna::buffer<float> const data_{4096};
  double best_ = 0, waited_ = 0, measured_ = 0;
};

}  // namespace lacuna_compare
