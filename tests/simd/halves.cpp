// SPDX-License-Identifier: MIT
#include <lacuna/simd/halves.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace simd = lacuna::simd;
using lacuna_test::guarded;
using lacuna_test::placement;
using arch = simd::default_arch;
constexpr int floats = lacuna_test::lanes_of<float>;

namespace {

/// The lanes as floats.
template <int Floats>
std::vector<float> lanes(simd::halves<arch, Floats> const& h) {
  std::vector<float> all;
  for (int n = 0; n != Floats; ++n)
    for (float const lane : lacuna_test::lanes<float>(h.floats(n))) all.push_back(lane);
  return all;
}

bool same(float a, float b) { return std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b); }

/// Any bits; every other time near 1, so that sums are no infinities.
la::f16 number(lacuna_test::random& r) {
  auto const bits = static_cast<std::uint16_t>(r.bits());
  return la::f16::from_bits(r.chance(0.5) ? bits : static_cast<std::uint16_t>((bits & 0x83FFu) | 0x3800u));
}

/// Rounds once: the product is exact in double, and a sum that is not is no tie.
template <int Floats>
la::index wrong_products(lacuna_test::random& r) {
  using halves = simd::halves<arch, Floats>;
  guarded<la::f16> x(halves::lanes), s(halves::lanes);
  for (auto& v : x) v = number(r);
  for (auto& v : s) v = number(r);
  auto const w = number(r);
  auto sum = halves::zero();
  sum.multiply_add(halves::broadcast(std::uint32_t{la::f16(1.0f).bits} * 0x10001u), halves::load(s.data()));
  sum.multiply_add(halves::broadcast(std::uint32_t{w.bits} * 0x10001u), halves::load(x.data()));
  auto const got = lanes(sum);
  la::index wrong = 0;
  for (la::index l = 0; l != halves::lanes; ++l) {
    auto const start = static_cast<double>(la::f16(0.0 + static_cast<double>(s[l])));
    wrong +=
        !same(got[static_cast<std::size_t>(l)], la::f16(static_cast<double>(w) * static_cast<double>(x[l]) + start));
  }
  return wrong;
}

}  // namespace

TEST_CASE("halves: a multiply-add rounds once, through subnormals and to infinity") {
  lacuna_test::random r(1);
  la::index wrong = 0;
  for (int n = 0; n != 20000; ++n) wrong += wrong_products<1>(r) + wrong_products<2>(r);
  CHECK(wrong == 0);
  STATIC_REQUIRE(simd::halves<arch, 1>::lanes == floats);
  STATIC_REQUIRE(simd::halves<arch, 2>::lanes == 2 * floats);
}

TEST_CASE("halves: numbers written twice, and nothing beside them") {
  lacuna_test::random r(2);
  for (auto const where : {placement::upper, placement::lower})
    for (la::index count = 0; count != 70; ++count) {
      guarded<la::f16> from(count, where);
      guarded<std::uint32_t> to(count, where);
      for (auto& v : from) v = la::f16::from_bits(static_cast<std::uint16_t>(r.bits()));
      simd::halves<arch, 2>::write_twice(from.data(), count, to.data());
      la::index wrong = 0;
      for (la::index k = 0; k != count; ++k) wrong += to[k] != (std::uint32_t{from[k].bits} << 16 | from[k].bits);
      CHECK(wrong == 0);
      CHECK(to.intact());
    }
}
