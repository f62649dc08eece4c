// SPDX-License-Identifier: MIT
#include <lacuna/core/executor.hpp>

#include "support/allocations.hpp"
#include "support/ranges.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#if defined(_OPENMP)
#include <lacuna/interop/openmp.hpp>

#include <omp.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace la = lacuna;
using Catch::Matchers::Message;

namespace {

la::index sum_of(la::openmp const& exec, la::index n, la::index grain) {
  std::atomic<la::index> sum{0};
  exec.for_ranges(n, grain, [&](la::index first, la::index last, la::index) {
    la::index part = 0;
    for (auto i = first; i != last; ++i) part += i;
    sum += part;
  });
  return sum;
}

}  // namespace

TEST_CASE("openmp: every element is seen once, whatever the counts") {
  static_assert(la::executor<la::openmp> && la::executor<la::openmp const>);
  for (la::index const n_threads : {1, 2, 3, 7}) {
    la::openmp const exec(n_threads);
    CHECK(exec.concurrency() == n_threads);
    for (la::index const n : {0, 1, 2, 3, 5, 16, 17, 1000})
      for (la::index const grain : {0, 1, 2, 3, 16, 999, 1000, 5000}) {
        CAPTURE(n_threads, n, grain);
        CHECK(lacuna_test::check_ranges(exec, n, grain) == "");
      }
  }
}

TEST_CASE("openmp: without a count it follows omp_set_num_threads") {
  auto const before = omp_get_max_threads();
  la::openmp const exec;
  for (int const n : {1, 3}) {
    omp_set_num_threads(n);
    CHECK(exec.concurrency() == n);
    CHECK(lacuna_test::check_ranges(exec, 100, 1) == "");
  }
  omp_set_num_threads(before);
}

TEST_CASE("openmp: counts that are none are errors") {
  CHECK_THROWS_MATCHES(la::openmp(-1), la::value_error, Message("openmp: the count is -1, expected 0 to 2147483647"));
  CHECK_THROWS_AS(la::openmp(la::index{1} << 40), la::value_error);
}

TEST_CASE("openmp: more than one thread works") {
  la::openmp const exec(2);
  std::atomic<int> arrived{0};
  std::atomic<int> met{0};
  exec.for_ranges(2, 1, [&](la::index, la::index, la::index) {
    ++arrived;
    for (int wait = 0; wait != 20000 && arrived != 2; ++wait) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    met += arrived == 2;
  });
  CHECK(met == 2);
}

TEST_CASE("openmp: an exception ends the call and reaches its caller; the executor lives on") {
  for (la::index const n_threads : {1, 2, 5}) {
    CAPTURE(n_threads);
    la::openmp const exec(n_threads);
    for (la::index const bad : {0, 1, 50, 99}) {
      auto const call = [&] {
        exec.for_ranges(100, 1, [&](la::index first, la::index last, la::index) {
          if (first <= bad && bad < last) throw std::runtime_error("element " + std::to_string(bad));
        });
      };
      CHECK_THROWS_MATCHES(call(), std::runtime_error, Message("element " + std::to_string(bad)));
    }
    CHECK(sum_of(exec, 100, 1) == 4950);
  }
}

TEST_CASE("openmp: if every range throws, one exception arrives, and few ranges are begun") {
  la::openmp const exec(2);
  std::atomic<int> calls{0};
  CHECK_THROWS_AS(exec.for_ranges(100000, 1,
                                  [&](la::index, la::index, la::index) {
                                    ++calls;
                                    throw 1;
                                  }),
                  int);
  CHECK(calls <= 2);
}

TEST_CASE("openmp: nested in a range, and inside a parallel region of the caller") {
  la::openmp const exec(3);
  std::atomic<la::index> sum{0};
  exec.for_ranges(20, 1, [&](la::index first, la::index last, la::index) {
    for (auto i = first; i != last; ++i) sum += sum_of(exec, 10, 2);
  });
  CHECK(sum == 20 * 45);
  std::atomic<la::index> region{0};
#pragma omp parallel num_threads(2)
  region += sum_of(exec, 100, 3);
  CHECK(region % 4950 == 0);
  CHECK(region >= 4950);
}

TEST_CASE("openmp: several callers at once") {
  la::openmp const exec(2);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int c = 0; c != 3; ++c)
    callers.emplace_back([&, c] {
      for (int call = 0; call != 50; ++call) wrong += sum_of(exec, 50 + c, 1) != (50 + c) * (49 + c) / 2;
    });
  for (auto& caller : callers) caller.join();
  CHECK(wrong == 0);
}

TEST_CASE("openmp: a call does not allocate in steady state") {
  la::openmp const exec(2);
  CHECK(sum_of(exec, 1000, 1) == 499500);
  auto const allocated = lacuna_test::allocations_during([&] {
    for (int call = 0; call != 20; ++call) static_cast<void>(sum_of(exec, 1000, 1));
  });
  CHECK(allocated == 0);
}

#else

TEST_CASE("openmp: not found when this was built") { SKIP("compile with -fopenmp"); }

#endif
