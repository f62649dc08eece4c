// SPDX-License-Identifier: MIT
#include <lacuna/core/executor.hpp>

#include "support/allocations.hpp"
#include "support/executor_checks.hpp"
#include "support/ranges.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#if defined(_OPENMP)
#include <lacuna/interop/openmp.hpp>

#include <omp.h>

#include <atomic>

namespace la = lacuna;
using Catch::Matchers::Message;
using lacuna_test::sum_of;

namespace {

auto const make = [](la::index n) { return la::openmp(n); };

}  // namespace

TEST_CASE("openmp: every element is seen once, whatever the counts") {
  static_assert(la::executor<la::openmp> && la::executor<la::openmp const>);
  lacuna_test::check_every_element(make);
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

TEST_CASE("openmp: more than one thread works") { lacuna_test::check_two_threads_meet(make); }

TEST_CASE("openmp: an exception ends the call and reaches its caller; the executor lives on") {
  lacuna_test::check_exceptions(make);
}

TEST_CASE("openmp: if every range throws, one exception arrives, and few ranges are begun") {
  lacuna_test::check_all_throw(make, 2);
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

TEST_CASE("openmp: several callers at once") { lacuna_test::check_several_callers(make); }

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
