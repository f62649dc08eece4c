// SPDX-License-Identifier: MIT
#include <lacuna/core/executor.hpp>

#include "support/ranges.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>

namespace la = lacuna;

namespace {

struct lambda_only {
  template <class F>
  void for_ranges(la::index, la::index, F&&) {}
};

/// What a test of the tests needs: an executor that forgets the last element.
struct forgetful {
  static la::index concurrency() { return 1; }
  template <class F>
  void for_ranges(la::index n, la::index, F&& f) {
    if (n > 1) f(la::index{0}, n - 1, la::index{0});
  }
};

}  // namespace

TEST_CASE("executor: what runs ranges and tells its concurrency is one") {
  static_assert(la::executor<la::serial> && la::executor<la::serial const> && la::executor<forgetful>);
  static_assert(!la::executor<lambda_only> && !la::executor<int>);
  SUCCEED("checked at compile time");
}

TEST_CASE("serial: one range in the calling thread, worker 0, nothing for nothing") {
  la::serial const exec;
  CHECK(exec.concurrency() == 1);
  for (la::index const n : {1, 2, 17, 1000})
    for (la::index const grain : {0, 1, 3, 5000}) {
      int calls = 0;
      exec.for_ranges(n, grain, [&](la::index first, la::index last, la::index worker) {
        ++calls;
        CHECK(first == 0);
        CHECK(last == n);
        CHECK(worker == 0);
      });
      CHECK(calls == 1);
      CHECK(lacuna_test::check_ranges(exec, n, grain) == "");
    }
  CHECK(lacuna_test::check_ranges(exec, 0, 4) == "");
  CHECK_THROWS_AS(exec.for_ranges(3, 1, [](la::index, la::index, la::index) { throw std::range_error("x"); }),
                  std::range_error);
}

TEST_CASE("executor: the check that all executors go through catches one that forgets an element") {
  forgetful exec;
  CHECK(lacuna_test::check_ranges(exec, 5, 1) == "an element was seen 0 times");
}
