// SPDX-License-Identifier: MIT
//
// What the executors that come with the library have in common beyond the concept's promises, as tests: each takes a
// `make(n)` that returns an executor of n workers.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>

#include "support/ranges.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <atomic>
#include <chrono>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lacuna_test {

/// The sum of 0 to n - 1, in ranges of `grain`.
template <lacuna::executor E>
[[nodiscard]] lacuna::index sum_of(E& exec, lacuna::index n, lacuna::index grain) {
  std::atomic<lacuna::index> sum{0};
  exec.for_ranges(n, grain, [&](lacuna::index first, lacuna::index last, lacuna::index) {
    lacuna::index part = 0;
    for (auto i = first; i != last; ++i) part += i;
    sum += part;
  });
  return sum;
}

/// Every element is seen once, whatever the counts, and there are as many workers as were asked for.
template <class Make>
void check_every_element(Make const& make, std::initializer_list<lacuna::index> workers = {1, 2, 3, 7}) {
  for (auto const n_threads : workers) {
    auto exec = make(n_threads);
    CHECK(exec.concurrency() == n_threads);
    for (lacuna::index const n : {0, 1, 2, 3, 5, 16, 17, 1000})
      for (lacuna::index const grain : {0, 1, 2, 3, 16, 999, 1000, 5000}) {
        CAPTURE(n_threads, n, grain);
        CHECK(check_ranges(exec, n, grain) == "");
      }
  }
}

/// Of two workers both are in a range at the same time: each waits for the other, for 20 seconds at most.
template <class Make>
void check_two_threads_meet(Make const& make) {
  auto exec = make(2);
  std::atomic<int> arrived{0};
  std::atomic<int> met{0};
  exec.for_ranges(2, 1, [&](lacuna::index, lacuna::index, lacuna::index) {
    ++arrived;
    for (int wait = 0; wait != 20000 && arrived != 2; ++wait) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    met += arrived == 2;
  });
  CHECK(met == 2);
}

/// An exception ends the call and reaches its caller; the executor lives on.
template <class Make>
void check_exceptions(Make const& make) {
  for (lacuna::index const n_threads : {1, 2, 5}) {
    CAPTURE(n_threads);
    auto exec = make(n_threads);
    for (lacuna::index const bad : {0, 1, 50, 99}) {
      auto const call = [&] {
        exec.for_ranges(100, 1, [&](lacuna::index first, lacuna::index last, lacuna::index) {
          if (first <= bad && bad < last) throw std::runtime_error("element " + std::to_string(bad));
        });
      };
      CHECK_THROWS_MATCHES(call(), std::runtime_error, Catch::Matchers::Message("element " + std::to_string(bad)));
    }
    CHECK(sum_of(exec, 100, 1) == 4950);
  }
}

/// If every range throws, one exception arrives, and of 100000 ranges no more than `most` are begun.
template <class Make>
void check_all_throw(Make const& make, int most) {
  auto exec = make(2);
  std::atomic<int> calls{0};
  CHECK_THROWS_AS(exec.for_ranges(100000, 1,
                                  [&](lacuna::index, lacuna::index, lacuna::index) {
                                    ++calls;
                                    throw 1;
                                  }),
                  int);
  CHECK(calls <= most);
}

/// Several threads call one executor at once, with sums of their own.
template <class Make>
void check_several_callers(Make const& make, lacuna::index workers = 2, int callers = 3, int calls = 50) {
  auto exec = make(workers);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int c = 0; c != callers; ++c)
    threads.emplace_back([&exec, &wrong, calls, c] {
      for (int call = 0; call != calls; ++call) {
        lacuna::index const n = 50 + 13 * c + call % 11;
        wrong += sum_of(exec, n, 1 + call % 4) != n * (n - 1) / 2;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

}  // namespace lacuna_test
