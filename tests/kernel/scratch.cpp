// SPDX-License-Identifier: MIT
#include <lacuna/kernel/scratch.hpp>

#include "support/allocations.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <thread>

namespace la = lacuna;
using la::kernel::scratch;
using la::kernel::workspace;

TEST_CASE("scratch: grows, is kept, and is aligned") {
  auto* const small = scratch<float>(10);
  CHECK(reinterpret_cast<std::uintptr_t>(small) % 64 == 0);
  CHECK(scratch<float>(10) == small);
  CHECK(scratch<float>(3) == small);
  auto* const large = scratch<float>(100000);
  large[99999] = 1;
  CHECK(lacuna_test::allocations_during([&] { CHECK(scratch<float>(100000) == large); }) == 0);
}

TEST_CASE("scratch: belongs to one type, one use and one thread") {
  auto* const sums = scratch<float>(100);
  auto* const activations = scratch<float, workspace::activations>(100);
  CHECK(activations != sums);
  CHECK(static_cast<void*>(scratch<std::int32_t>(100)) != static_cast<void*>(sums));
  float* elsewhere = nullptr;
  std::thread([&] { elsewhere = scratch<float>(100); }).join();
  CHECK(elsewhere != sums);
  CHECK(scratch<float>(100) == sums);
}
