// SPDX-License-Identifier: MIT
#include <lacuna/core/executor.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/interop/tbb.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/executor_checks.hpp"
#include "support/random.hpp"
#include "support/ranges.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

namespace la = lacuna;
using Catch::Matchers::Message;
using lacuna_test::sum_of;

namespace {

auto const make = [](la::index n) { return la::tbb(n); };

}  // namespace

TEST_CASE("tbb: every element is seen once, whatever the counts") {
  static_assert(la::executor<la::tbb> && la::executor<la::tbb const>);
  lacuna_test::check_every_element(make);
}

TEST_CASE("tbb: without a count it takes as many threads as TBB does") {
  la::tbb const exec;
  CHECK(exec.concurrency() == ::tbb::this_task_arena::max_concurrency());
  CHECK(lacuna_test::check_ranges(exec, 100, 1) == "");
}

TEST_CASE("tbb: counts that are none are errors") {
  CHECK_THROWS_MATCHES(la::tbb(-1), la::value_error, Message("tbb: the count is -1, expected 0 to 2147483647"));
  CHECK_THROWS_AS(la::tbb(la::index{1} << 40), la::value_error);
}

TEST_CASE("tbb: more than one thread works") {
  if (::tbb::this_task_arena::max_concurrency() < 2) SKIP("TBB has one thread here");
  lacuna_test::check_two_threads_meet(make);
}

TEST_CASE("tbb: an exception ends the call and reaches its caller; the executor lives on") {
  lacuna_test::check_exceptions(make);
}

TEST_CASE("tbb: if every range throws, one exception arrives, and few ranges are begun") {
  lacuna_test::check_all_throw(make, 10);
}

TEST_CASE("tbb: nested in a range; who waits takes no other range of the outer call") {
  ::tbb::global_control const more(::tbb::global_control::max_allowed_parallelism, 4);
  la::tbb const exec(4);
  std::vector<std::atomic<int>> inside(4);
  std::atomic<la::index> sum{0};
  std::atomic<int> shared{0};
  for (int call = 0; call != 20; ++call)
    exec.for_ranges(60, 1, [&](la::index, la::index, la::index worker) {
      auto& mine = inside[static_cast<std::size_t>(worker)];
      if (mine++ != 0) ++shared;
      exec.for_ranges(4, 1, [&](la::index first, la::index last, la::index) {
        sum += last - first;
        // The last range is often another thread's, for which the first has to wait.
        std::this_thread::sleep_for(std::chrono::microseconds(first == 3 ? 1000 : 10));
      });
      --mine;
    });
  CHECK(sum == 20 * 60 * 4);
  CHECK(shared == 0);
}

TEST_CASE("tbb: inside TBB's own loops, and copied") {
  la::tbb const exec(3);
  la::tbb const other = exec;
  CHECK(other.concurrency() == 3);
  std::atomic<la::index> sum{0};
  ::tbb::parallel_for(0, 20, [&](int i) { sum += sum_of(i % 2 == 0 ? exec : other, 100, 3); });
  CHECK(sum == 20 * 4950);
}

TEST_CASE("tbb: several callers at once") { lacuna_test::check_several_callers(make); }

TEST_CASE("tbb: a product has the bits of the calling thread's") {
  lacuna_test::random r(7);
  la::dense<float> w = lacuna_test::random_dense<float>(r, 300, 200);
  auto const a = la::pack<la::csr<float>>(w, la::prune(w, la::magnitude{}, la::unstructured{.sparsity = 0.7}));
  auto const x = lacuna_test::random_dense<float>(r, 200, 40);
  la::dense<float> expected(300, 40), y(300, 40);
  la::spmm(a, x, expected, la::relu);
  for (la::index const n_threads : {1, 2, 5}) {
    la::spmm(la::tbb(n_threads), a, x, y, la::relu);
    CHECK(lacuna_test::same_bits(y, expected));
  }
}
