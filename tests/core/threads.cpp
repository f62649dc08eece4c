// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>

#include "support/allocations.hpp"
#include "support/executor_checks.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

namespace la = lacuna;
using Catch::Matchers::Message;
using lacuna_test::sum_of;

namespace {

auto const make = [](la::index n) { return la::threads(n); };

/// Waits until `wanted` threads have arrived: true; or for 20 seconds: false.
class meeting {
 public:
  explicit meeting(int wanted) : wanted_(wanted) {}
  bool arrive() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    all_here_.notify_all();
    return all_here_.wait_for(lock, std::chrono::seconds(20), [&] { return arrived_ >= wanted_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_here_;
  int wanted_;
  int arrived_ = 0;
};

}  // namespace

TEST_CASE("threads: every element is seen once, whatever the counts") {
  static_assert(la::executor<la::threads>);
  static_assert(!std::is_copy_constructible_v<la::threads>);
  lacuna_test::check_every_element(make, {1, 2, 3, 7, 16});
}

TEST_CASE("threads: a pool of one works in the calling thread") {
  la::threads pool(1);
  auto const me = std::this_thread::get_id();
  pool.for_ranges(100, 1, [&](la::index, la::index, la::index worker) {
    CHECK(std::this_thread::get_id() == me);
    CHECK(worker == 0);
  });
}

TEST_CASE("threads: 0 takes the hardware's count, a negative count is an error") {
  CHECK(la::threads().concurrency() >= 1);
  CHECK(la::threads(0).concurrency() == la::threads().concurrency());
  CHECK_THROWS_MATCHES(la::threads(-2), la::value_error, Message("threads: the count is -2, expected 0 or more"));
}

// Each range waits for the others: it returns only if all workers are in it at the same time.
TEST_CASE("threads: all workers work at the same time, each under its own number") {
  for (int const n : {2, 3, 7}) {
    la::threads pool(n);
    for (int call = 0; call != 3; ++call) {
      meeting all(n);
      std::atomic<int> met{0};
      std::atomic<unsigned> numbers{0};
      pool.for_ranges(n, 1, [&](la::index, la::index, la::index worker) {
        numbers |= 1u << worker;
        met += all.arrive();
      });
      CHECK(met == n);
      CHECK(numbers == (1u << n) - 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // so that the helpers sleep when the next call comes
    }
  }
}

// So that a worker finds in its caches what it had there after the last call of the same size.
TEST_CASE("threads: each worker begins with the share of its number") {
  for (int const n : {2, 3, 5}) {
    la::threads pool(n);
    for (int call = 0; call != 3; ++call) {
      meeting all(n);
      std::vector<la::index> begin(static_cast<std::size_t>(n), -1);
      pool.for_ranges(70 * n + 1, 7, [&](la::index first, la::index, la::index worker) {
        auto& mine = begin[static_cast<std::size_t>(worker)];
        if (mine >= 0) return;
        mine = first;
        all.arrive();
      });
      for (int w = 0; w != n; ++w) CHECK(begin[static_cast<std::size_t>(w)] == (w == 0 ? 0 : 70 * w + 7));
    }
  }
}

TEST_CASE("threads: many tiny calls with many tiny ranges") {
  la::threads pool(4);
  for (int call = 0; call != 2000; ++call) {
    la::index const n = 1 + call % 37;
    if (sum_of(pool, n, 1) != n * (n - 1) / 2) FAIL("call " << call);
  }
}

TEST_CASE("threads: several callers share a pool") { lacuna_test::check_several_callers(make, 3, 4, 300); }

TEST_CASE("threads: no caller waits for another's call") {
  la::threads pool(2);
  meeting inside(3);
  std::atomic<int> met{0};
  std::thread other([&] { pool.for_ranges(2, 1, [&](la::index, la::index, la::index) { met += inside.arrive(); }); });
  // The other call keeps its workers until this one has run a range as well.
  pool.for_ranges(2, 1, [&](la::index, la::index, la::index) { met += inside.arrive(); });
  other.join();
  CHECK(met == 4);
}

TEST_CASE("threads: a range may call the pool it runs in") {
  la::threads pool(3);
  std::atomic<la::index> sum{0};
  pool.for_ranges(20, 1, [&](la::index first, la::index last, la::index) {
    for (auto i = first; i != last; ++i) sum += sum_of(pool, 10 + i, 2);
  });
  la::index expected = 0;
  for (la::index i = 0; i != 20; ++i) expected += (10 + i) * (9 + i) / 2;
  CHECK(sum == expected);
}

TEST_CASE("threads: calls nested three deep in a pool of many") {
  la::threads pool(5);
  std::atomic<int> leaves{0};
  auto const leaf = [&](la::index, la::index, la::index) { ++leaves; };
  auto const branch = [&](la::index, la::index, la::index) { pool.for_ranges(4, 1, leaf); };
  pool.for_ranges(4, 1, [&](la::index, la::index, la::index) { pool.for_ranges(4, 1, branch); });
  CHECK(leaves == 64);
}

TEST_CASE("threads: an exception ends the call and reaches its caller; the pool lives on") {
  lacuna_test::check_exceptions(make);
}

TEST_CASE("threads: if every range throws, one exception arrives") {
  la::threads pool(4);
  for (int call = 0; call != 200; ++call)
    CHECK_THROWS_AS(pool.for_ranges(50, 1, [](la::index first, la::index, la::index) { throw first; }), la::index);
}

TEST_CASE("threads: what is not begun after an exception is not begun any more") {
  la::threads pool(3);
  std::atomic<int> calls{0};
  auto const call = [&] {
    pool.for_ranges(20000, 1, [&](la::index first, la::index, la::index) {
      ++calls;
      if (first == 50) throw 1;  // late enough for helpers to have come
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    });
  };
  CHECK_THROWS_AS(call(), int);
  CHECK(calls < 20000);
}

TEST_CASE("threads: an exception in a nested call passes through the range that made it") {
  la::threads pool(3);
  auto const inner = [](la::index first, la::index, la::index) {
    if (first == 7) throw std::logic_error("inner");
  };
  CHECK_THROWS_AS(pool.for_ranges(3, 1, [&](la::index, la::index, la::index) { pool.for_ranges(9, 1, inner); }),
                  std::logic_error);
  CHECK(sum_of(pool, 10, 1) == 45);
}

TEST_CASE("threads: a call neither allocates nor starts threads") {
  la::threads pool(4);
  CHECK(sum_of(pool, 1000, 1) == 499500);
  auto const allocated = lacuna_test::allocations_during([&] {
    for (int call = 0; call != 50; ++call) static_cast<void>(sum_of(pool, 1000, 1));
  });
  CHECK(allocated == 0);
}

TEST_CASE("threads: pools come and go") {
  for (int round = 0; round != 50; ++round) {
    la::threads pool(1 + round % 5);
    if (round % 3 != 0) CHECK(sum_of(pool, round, 1) == round * (round - 1) / 2);
  }
}
