// SPDX-License-Identifier: MIT
#include <lacuna/prune/sort_key.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace {

using lacuna::detail::is_nan;
using lacuna::detail::sort_key;

template <class T>
std::vector<T> ordered() {
  using limits = std::numeric_limits<T>;
  return {-limits::infinity(),  limits::lowest(), T(-1), -limits::min(), -limits::denorm_min(), T(0),
          limits::denorm_min(), limits::min(),    T(1),  limits::max(),  limits::infinity()};
}

template <class T>
void compare_keys_of_all_pairs() {
  auto const values = ordered<T>();
  for (auto const a : values)
    for (auto const b : values) {
      CHECK((sort_key(a) < sort_key(b)) == (a < b));
      CHECK((sort_key(a) == sort_key(b)) == (a == b));
    }
}

TEST_CASE("sort_key: keys stand as scores do, from infinity to infinity") {
  compare_keys_of_all_pairs<float>();
  compare_keys_of_all_pairs<double>();
  static_assert(std::is_same_v<decltype(sort_key(1.0f)), std::uint32_t>);
  static_assert(std::is_same_v<decltype(sort_key(1.0)), std::uint64_t>);
}

TEST_CASE("sort_key: zeros of both signs are one") {
  CHECK(sort_key(-0.0f) == sort_key(0.0f));
  CHECK(sort_key(-0.0) == sort_key(0.0));
}

TEST_CASE("sort_key: random bits") {
  lacuna_test::random r(1);
  for (int n = 0; n != 100000; ++n) {
    auto const a = std::bit_cast<float>(static_cast<std::uint32_t>(r.bits()));
    auto const b = std::bit_cast<float>(static_cast<std::uint32_t>(r.bits()));
    REQUIRE(is_nan(a) == std::isnan(a));
    if (std::isnan(a) || std::isnan(b)) continue;
    REQUIRE((sort_key(a) < sort_key(b)) == (a < b));
  }
}

TEST_CASE("is_nan: quiet, signalling, of both signs, and nothing else") {
  for (std::uint32_t const bits : {0x7F800001u, 0x7FC00000u, 0xFF800001u, 0xFFFFFFFFu})
    CHECK(is_nan(std::bit_cast<float>(bits)));
  for (std::uint64_t const bits : {0x7FF0000000000001u, 0xFFF8000000000000u})
    CHECK(is_nan(std::bit_cast<double>(bits)));
  for (auto const x : ordered<float>()) CHECK_FALSE(is_nan(x));
  for (auto const x : ordered<double>()) CHECK_FALSE(is_nan(x));
}

}  // namespace
