// SPDX-License-Identifier: MIT
#include <lacuna/simd/prefetch.hpp>

#include "support/guard.hpp"

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
