// SPDX-License-Identifier: MIT
#include <lacuna/io/limits.hpp>

#include <catch2/catch_test_macros.hpp>

#include <limits>

namespace la = lacuna;

namespace {

constexpr la::index mib = la::index{1} << 20;
constexpr la::index largest = std::numeric_limits<la::index>::max();

}  // namespace

TEST_CASE("memory_budget: a text may ask for 1 MiB and 1024 times its size") {
  la::detail::memory_budget all({}, 40);
  CHECK_FALSE(all.take(mib + 1024 * 40 + 1, 1));
  CHECK(all.take(mib + 1024 * 40, 1));
  CHECK_FALSE(all.take(1, 1));
}

TEST_CASE("memory_budget: what is taken is gone, what is refused is not") {
  la::detail::memory_budget memory({.max_growth = 0}, 12345);
  CHECK(memory.take(mib / 8, 4));
  CHECK_FALSE(memory.take(mib / 8 + 1, 4));
  CHECK(memory.take(mib / 8, 4));
  CHECK_FALSE(memory.take(1, 1));
  CHECK(memory.take(0, 8));
  CHECK(memory.take(8, 0));
}

TEST_CASE("memory_budget: products neither wrap nor overflow") {
  la::detail::memory_budget small({}, 40);
  CHECK_FALSE(small.take(largest, 8));
  CHECK_FALSE(small.take(la::index{1} << 61, 8));  // 2^64 bytes would wrap to none
  la::detail::memory_budget any({.max_growth = largest}, 40);
  CHECK(any.take(largest / 8, 8));
  CHECK_FALSE(any.take(1, 8));
}

TEST_CASE("memory_budget: a negative growth allows no more than none") {
  la::detail::memory_budget memory({.max_growth = -1}, 40);
  CHECK_FALSE(memory.take(mib + 1, 1));
  CHECK(memory.take(mib, 1));
}
