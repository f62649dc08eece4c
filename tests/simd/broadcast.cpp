// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/narrow.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace la = lacuna;
namespace simd = lacuna::simd;

namespace {

/// The same float, or both NaN.
bool same(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

template <class Arch, class W>
la::index wrong_lanes(W const* p) {
  using all = simd::broadcast<Arch, float, W>;
  constexpr std::size_t lanes = simd::batch<float, Arch>::size;
  auto const pair = all::two(p);
  float one[lanes], first[lanes], second[lanes], four[lanes];
  all::one(p).store_unaligned(one);
  pair.first.store_unaligned(first);
  pair.second.store_unaligned(second);
  all::four(p).store_unaligned(four);
  la::index wrong = 0;
  for (std::size_t l = 0; l != lanes; ++l) {
    wrong += !same(one[l], static_cast<float>(p[0]));
    wrong += !same(first[l], static_cast<float>(p[0])) + !same(second[l], static_cast<float>(p[1]));
    wrong += !same(four[l], static_cast<float>(p[l % 4]));
  }
  return wrong;
}

/// One, two and four numbers that end, or start, at a guard page.
template <class Arch, class W>
void check_bounds() {
  using all = simd::broadcast<Arch, float, W>;
  for (auto const where : {lacuna_test::placement::lower, lacuna_test::placement::upper}) {
    lacuna_test::guarded<W> one(1, where), two(2, where), four(4, where);
    for (la::index k = 0; k != 4; ++k) four.data()[k] = static_cast<W>(static_cast<float>(k + 3));
    two.data()[0] = one.data()[0] = four.data()[0];
    two.data()[1] = four.data()[1];
    CHECK(lacuna_test::lanes<float>(all::one(one.data())).front() == 3);
    CHECK(lacuna_test::lanes<float>(all::two(two.data()).second).back() == 4);
    CHECK(lacuna_test::lanes<float>(all::four(four.data())).back() == 6);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("broadcast: every number of 16 bits as what it is, beside other numbers", "", la::bf16, la::f16) {
  using arch = simd::default_arch;
  using narrow = simd::narrow_arch<arch, float, 4>;
  la::index wrong = 0;
  for (std::uint32_t h = 0; h != 0x10000; ++h) {
    TestType p[4];
    for (std::uint32_t k = 0; k != 4; ++k) p[k] = TestType::from_bits(static_cast<std::uint16_t>(h + k * 0x5A3Bu));
    wrong += wrong_lanes<arch>(p) + wrong_lanes<narrow>(p);
  }
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("broadcast: reads what it is asked for and no more", "", float, la::bf16, la::f16) {
  check_bounds<simd::default_arch, TestType>();
}
