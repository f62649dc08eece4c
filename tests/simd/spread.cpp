// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/narrow.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;

namespace {

template <class Arch, class T, int K = 0>
void check() {
  if constexpr (la::simd::has_batch<Arch, T>)
    if constexpr (constexpr int lanes = static_cast<int>(la::simd::batch<T, Arch>::size); K < 4 && lanes >= 4) {
      T from[lanes];
      for (int l = 0; l != lanes; ++l) from[l] = static_cast<T>(l + 3);
      T to[lanes];
      la::simd::spread<Arch, T, K>::run(la::simd::batch<T, Arch>::load_unaligned(from)).store_unaligned(to);
      for (int l = 0; l != lanes; ++l) CHECK(to[l] == from[l / 4 * 4 + K]);
      check<Arch, T, K + 1>();
    }
}

}  // namespace

TEMPLATE_TEST_CASE("spread: each of four lanes, in registers of every length", "", float, double) {
  using arch = la::simd::default_arch;
  check<arch, TestType>();
  check<la::simd::narrow_arch<arch, TestType, 8>, TestType>();
  check<la::simd::narrow_arch<arch, TestType, 4>, TestType>();
}
