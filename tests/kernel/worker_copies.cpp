// SPDX-License-Identifier: MIT
#include <lacuna/kernel/worker_copies.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using la::kernel::worker_copies;

TEST_CASE("worker_copies: small ones are each worker's own, and filled once a call") {
  for (int call = 0; call != 2; ++call) {
    worker_copies<float> const copies(100, 3, "test");
    CHECK(copies.own());
    int filled = 0;
    float* seen[3] = {};
    for (la::index const worker : {2, 0, 2, 1, 0, 1}) {
      auto* const mine = copies.of(worker, [&](float* to) {
        ++filled;
        for (int i = 0; i != 100; ++i) to[i] = static_cast<float>(worker);
      });
      CHECK((seen[worker] == nullptr || seen[worker] == mine));
      seen[worker] = mine;
      CHECK(reinterpret_cast<std::uintptr_t>(mine) % 64 == 0);
    }
    CHECK(filled == 3);
    for (int worker = 0; worker != 3; ++worker) {
      CHECK(seen[worker][0] == static_cast<float>(worker));
      CHECK(seen[worker][99] == static_cast<float>(worker));
    }
  }
}

TEST_CASE("worker_copies: large ones are shared, and so is that of one worker") {
  auto const never = [](double*) { FAIL("filled"); };
  worker_copies<double> const large(8193, 2, "test");
  CHECK_FALSE(large.own());
  CHECK(large.of(1, never) == large.shared());
  worker_copies<double> const alone(10, 1, "test");
  CHECK_FALSE(alone.own());
  CHECK(alone.of(0, never) == alone.shared());
  CHECK(worker_copies<double>(8192, 2, "test").own());
}
