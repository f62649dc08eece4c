// SPDX-License-Identifier: MIT
#include <lacuna/simd/narrow.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <concepts>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

/// Registers for Lanes hold them, or are Arch's; and no longer than needed where shorter ones exist.
template <class T, int Lanes>
void check() {
  using narrow = la::simd::narrow_arch<arch, T, Lanes>;
  constexpr int widest = static_cast<int>(la::simd::batch<T, arch>::size);
  constexpr int lanes = static_cast<int>(la::simd::batch<T, narrow>::size);
  STATIC_REQUIRE(lanes >= std::min(Lanes, widest));
  STATIC_REQUIRE(lanes <= widest);
  if constexpr (Lanes >= widest) STATIC_REQUIRE(std::same_as<narrow, arch>);
  if constexpr (la::simd::avx2<arch> || la::simd::avx512<arch>)
    STATIC_REQUIRE((lanes == std::max(Lanes, static_cast<int>(16 / sizeof(T))) || lanes == widest));
}

}  // namespace

TEMPLATE_TEST_CASE("narrow: the shortest registers that hold so many elements", "", float, double) {
  if constexpr (la::simd::has_batch<arch, TestType>) {
    check<TestType, 1>();
    check<TestType, 2>();
    check<TestType, 4>();
    check<TestType, 8>();
    check<TestType, 16>();
    check<TestType, 32>();
  }
}
