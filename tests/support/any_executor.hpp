// SPDX-License-Identifier: MIT
//
// Executors behind one type, so that a product is instantiated once for all of them.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/threads.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(_OPENMP)
#include <lacuna/interop/openmp.hpp>
#endif

namespace lacuna_test {

/// Borrows an executor.
class any_executor {
 public:
  template <lacuna::executor E>
    requires(!std::same_as<E, any_executor>)  // a copy borrows what the other does
  explicit any_executor(E& exec)
      : exec_(&exec),
        concurrency_([](void* e) { return lacuna::index{static_cast<E*>(e)->concurrency()}; }),
        run_([](void* e, lacuna::index n, lacuna::index grain, body f, void* g) {
          static_cast<E*>(e)->for_ranges(
              n, grain, [&](lacuna::index first, lacuna::index last, lacuna::index w) { f(g, first, last, w); });
        }) {}

  [[nodiscard]] lacuna::index concurrency() const { return concurrency_(exec_); }
  template <class F>
  void for_ranges(lacuna::index n, lacuna::index grain, F&& f) const {
    using function = std::remove_reference_t<F>;
    run_(
        exec_, n, grain,
        [](void* g, lacuna::index first, lacuna::index last, lacuna::index worker) {
          (*static_cast<function*>(g))(first, last, worker);
        },
        const_cast<void*>(static_cast<void const*>(std::addressof(f))));
  }

 private:
  using body = void (*)(void*, lacuna::index, lacuna::index, lacuna::index);
  void* exec_;
  lacuna::index (*concurrency_)(void*);
  void (*run_)(void*, lacuna::index, lacuna::index, body, void*);
};

/// Cuts every range into pieces of 1, 2, 3, 1, 2, 3, ... and runs the last first. It keeps no grain: kernels have to
/// take any range, and small matrices would otherwise stay in one.
struct crumbling {
  [[nodiscard]] static constexpr lacuna::index concurrency() noexcept { return 3; }
  template <class F>
  void for_ranges(lacuna::index n, lacuna::index, F&& f) const {
    lacuna::index size = 1;
    for (lacuna::index last = n; last > 0;) {
      auto const first = last > size ? last - size : 0;
      f(first, last, size - 1);
      last = first;
      size = size % 3 + 1;
    }
  }
};

/// One of each: crumbling, threads{1, 2, 3, 7}, and openmp where the compiler has it.
class executors {
 public:
  executors() {
    add("crumbling", crumbling_);
    for (lacuna::index const n : {1, 2, 3, 7}) {
      pools_.push_back(std::make_unique<lacuna::threads>(n));
      add("threads " + std::to_string(n), *pools_.back());
    }
#if defined(_OPENMP)
    add("openmp", openmp_);
#endif
  }
  executors(executors const&) = delete;
  executors& operator=(executors const&) = delete;

  [[nodiscard]] std::vector<std::pair<std::string, any_executor>> const& all() const noexcept { return all_; }
  /// The k-th in turn.
  [[nodiscard]] any_executor const& turn(lacuna::index k) const {
    return all_[static_cast<std::size_t>(k) % all_.size()].second;
  }

 private:
  template <class E>
  void add(std::string const& name, E& exec) {
    all_.emplace_back(name, any_executor(exec));
  }

  crumbling crumbling_;
  std::vector<std::unique_ptr<lacuna::threads>> pools_;
#if defined(_OPENMP)
  lacuna::openmp openmp_{3};
#endif
  std::vector<std::pair<std::string, any_executor>> all_;
};

}  // namespace lacuna_test
