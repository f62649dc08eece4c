// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/narrow.hpp>

#include "support/guard.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

namespace {

template <class Arch, class T, int Count>
void check() {
  if constexpr (la::simd::has_batch<Arch, T>)
    if constexpr (Count <= static_cast<int>(la::simd::batch<T, Arch>::size)) {
      constexpr int lanes = static_cast<int>(la::simd::batch<T, Arch>::size);
      for (auto const where : {lacuna_test::placement::lower, lacuna_test::placement::upper}) {
        lacuna_test::guarded<T> from(Count, where);
        for (la::index k = 0; k != Count; ++k) from.data()[k] = static_cast<T>(k + 3);
        T to[lanes];
        la::simd::repeat<Arch, T, Count>::load(from.data()).store_unaligned(to);
        for (int l = 0; l != lanes; ++l) CHECK(to[l] == static_cast<T>(l % Count + 3));
      }
      check<Arch, T, 2 * Count>();
    }
}

}  // namespace

TEMPLATE_TEST_CASE("repeat: every count, between guard pages, in registers of every length", "", float, double,
                   std::int8_t, std::int32_t) {
  using arch = la::simd::default_arch;
  check<arch, TestType, 1>();
  check<la::simd::narrow_arch<arch, TestType, 32 / sizeof(TestType)>, TestType, 1>();
  check<la::simd::narrow_arch<arch, TestType, 16 / sizeof(TestType)>, TestType, 1>();
}
