// SPDX-License-Identifier: MIT
#include <lacuna/simd/bits_as.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstdint>
#include <cstring>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

/// Every byte of a register of From stands where it stood once its lanes are of To.
template <class From, class To>
void check() {
  if constexpr (la::simd::has_batch<arch, From> && la::simd::has_batch<arch, To>) {
    using from = la::simd::batch<From, arch>;
    using to = la::simd::batch<To, arch>;
    static_assert(sizeof(from) == sizeof(to));
    lacuna_test::random r(7);
    alignas(64) unsigned char bytes[sizeof(from)], same[sizeof(from)];
    From lane[from::size];
    To made[to::size];
    for (auto& b : bytes) b = static_cast<unsigned char>(r.below(200));  // no signalling NaN, nor any other
    std::memcpy(lane, bytes, sizeof bytes);
    auto const v = la::simd::bits_as<To>(from::load_unaligned(lane));
    static_assert(std::same_as<decltype(v), to const>);
    v.store_unaligned(made);
    std::memcpy(same, made, sizeof same);
    CHECK(std::memcmp(same, bytes, sizeof bytes) == 0);
  }
}

template <class From>
void check_all() {
  check<From, std::int8_t>();
  check<From, std::uint8_t>();
  check<From, std::int32_t>();
  check<From, std::uint32_t>();
  check<From, float>();
  check<From, double>();
}

}  // namespace

TEST_CASE("bits_as: every byte stays where it is") {
  check_all<std::int8_t>();
  check_all<std::uint8_t>();
  check_all<std::int32_t>();
  check_all<float>();
  check_all<double>();
}
