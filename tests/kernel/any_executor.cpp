// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/any_executor.hpp>

#include "support/ranges.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>

namespace la = lacuna;

TEST_CASE("any_executor: the same ranges, of serial and of threads, const or not") {
  static_assert(la::executor<la::kernel::any_executor> && la::executor<la::kernel::any_executor const>);
  la::serial const alone;
  la::threads pool(3);
  la::kernel::any_executor const one(alone), many(pool);
  CHECK(one.concurrency() == 1);
  CHECK(many.concurrency() == 3);
  for (la::index const n : {0, 1, 17, 1000})
    for (la::index const grain : {1, 3, 5000}) {
      CHECK(lacuna_test::check_ranges(one, n, grain) == "");
      CHECK(lacuna_test::check_ranges(many, n, grain) == "");
    }
  la::index sum = 0;
  auto const add = [&sum](la::index first, la::index last, la::index) { sum += last - first; };
  one.for_ranges(7, 1, add);
  CHECK(sum == 7);
}

TEST_CASE("any_executor: exceptions come through") {
  la::threads pool(2);
  la::kernel::any_executor const any(pool);
  CHECK_THROWS_AS(any.for_ranges(9, 1, [](la::index, la::index, la::index) { throw std::range_error("x"); }),
                  std::range_error);
}
