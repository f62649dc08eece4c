// SPDX-License-Identifier: MIT
#include <lacuna/simd/stored.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
namespace simd = lacuna::simd;
using arch = simd::default_arch;

TEST_CASE("stored: what can be loaded as registers of sums") {
  STATIC_REQUIRE(simd::loadable<float, arch>);
  STATIC_REQUIRE(simd::loadable<la::bf16, arch>);
  STATIC_REQUIRE(simd::loadable<la::f16, arch>);
  STATIC_REQUIRE(simd::loadable<double, arch> == simd::has_batch<arch, double>);
  STATIC_REQUIRE_FALSE(simd::loadable<std::int8_t, arch>);
}

TEMPLATE_TEST_CASE("stored: whole registers and some lanes", "", float, double, la::bf16, la::f16) {
  using V = TestType;
  if constexpr (simd::loadable<V, arch>) {
    using load = simd::stored<arch, V>;
    constexpr int lanes = static_cast<int>(load::batch_type::size);
    using T = typename load::batch_type::value_type;
    lacuna_test::guarded<V> memory(lanes);
    for (int l = 0; l != lanes; ++l) memory.data()[l] = V(l + 1);
    T got[lanes];
    load::load(memory.data()).store_unaligned(got);
    for (int l = 0; l != lanes; ++l) CHECK(got[l] == static_cast<T>(l + 1));
    load::load(memory.data() + 1, simd::first_lanes(lanes - 1)).store_unaligned(got);  // not beyond the guard page
    for (int l = 0; l != lanes; ++l) CHECK(got[l] == (l != lanes - 1 ? static_cast<T>(l + 2) : T{0}));
  }
}
