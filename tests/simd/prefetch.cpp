// SPDX-License-Identifier: MIT
#include <lacuna/simd/prefetch.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

TEST_CASE("prefetch: neither faults nor changes anything, wherever it points") {
  lacuna_test::guarded<float> memory(16, lacuna_test::placement::upper);
  for (lacuna::index k = 0; k != 16; ++k) memory[k] = static_cast<float>(k);
  CHECK_FALSE(lacuna_test::faults([&] {
    lacuna::simd::prefetch<256>(memory.data());  // the guard page lies within
    lacuna::simd::prefetch<64>(memory.data() + 16);
    lacuna::simd::prefetch<64>(nullptr);
    lacuna::simd::prefetch_ahead<64>(memory.data(), 2048);
    lacuna::simd::prefetch_ahead<64>(nullptr, 64);
    lacuna::simd::prefetch_far_ahead<128>(memory.data(), 0);
    lacuna::simd::prefetch_far_ahead<64>(memory.data(), 4096);
    lacuna::simd::prefetch_far_ahead<64>(nullptr, 64);
    lacuna::simd::prefetch_to_write(memory.data(), 0);
    lacuna::simd::prefetch_to_write(memory.data(), 4096);
    lacuna::simd::prefetch_to_write(nullptr, 64);
  }));
  bool fine = true;
  for (lacuna::index k = 0; k != 16; ++k) fine = fine && memory[k] == static_cast<float>(k);
  CHECK(fine);
}

TEST_CASE("prefetch: behind a register that keeps what it holds") {
  using batch = lacuna::simd::batch<float, lacuna::simd::default_arch>;
  lacuna_test::guarded<float> memory(16, lacuna_test::placement::upper);
  batch sum(1.0f);
  CHECK_FALSE(lacuna_test::faults([&] {
    for (int n = 0; n != 4; ++n) {
      sum = sum + sum;
      lacuna::simd::prefetch_ahead_behind<64>(sum, memory.data(), n * 2048);
      lacuna::simd::prefetch_ahead_behind<128>(sum, nullptr, n * 64);
    }
  }));
  for (float const lane : lacuna_test::lanes<float>(sum)) CHECK(lane == 16.0f);
}
