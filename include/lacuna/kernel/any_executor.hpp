// SPDX-License-Identifier: MIT
//
// Any executor as one type, so that the drivers of products are compiled once for all of them: an indirect call for
// each for_ranges and for each range, some nanoseconds.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>

#include <concepts>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// What a for_ranges call does with a range. Borrows it.
class range_task {
 public:
  template <class F>
  explicit range_task(F& f) noexcept
      : f_(const_cast<std::remove_const_t<F>*>(&f)), call_([](void* task, index first, index last, index worker) {
          (*static_cast<F*>(task))(first, last, worker);
        }) {}
  void operator()(index first, index last, index worker) const { call_(f_, first, last, worker); }

 private:
  void* f_;
  void (*call_)(void* f, index first, index last, index worker);
};

/// An executor, borrowed.
class any_executor {
 public:
  template <executor E>
    requires(!std::same_as<std::remove_const_t<E>, any_executor>)
  explicit any_executor(E& exec)
      : exec_(const_cast<std::remove_const_t<E>*>(&exec)),
        concurrency_(exec.concurrency()),
        ranges_(
            [](void* to, index n, index grain, range_task task) { static_cast<E*>(to)->for_ranges(n, grain, task); }) {}
  [[nodiscard]] index concurrency() const noexcept { return concurrency_; }
  template <class F>
  void for_ranges(index n, index grain, F&& f) const {
    ranges_(exec_, n, grain, range_task(f));
  }

 private:
  void* exec_;
  index concurrency_;
  void (*ranges_)(void* exec, index n, index grain, range_task task);
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
