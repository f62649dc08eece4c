// SPDX-License-Identifier: MIT
#include <lacuna/simd/dot4.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/narrow.hpp>

#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace simd = lacuna::simd;
using lacuna_test::lanes_of;
using arch = simd::default_arch;

namespace {

template <class X>
using bytes = std::array<X, static_cast<std::size_t>(lanes_of<std::int8_t>)>;
using sums = std::array<std::int32_t, static_cast<std::size_t>(lanes_of<std::int32_t>)>;

/// The sums that dot4 gives and those that it is to give, modulo 2^32.
template <class X>
bool exact(sums const& sum, bytes<X> const& x, bytes<std::int8_t> const& w) {
  auto const got = lacuna_test::lanes<std::int32_t>(simd::dot4<arch, X>::add(
      simd::batch<std::int32_t, arch>::load_unaligned(sum.data()), simd::batch<X, arch>::load_unaligned(x.data()),
      simd::batch<std::int8_t, arch>::load_unaligned(w.data())));
  bool same = true;
  for (std::size_t l = 0; l != sum.size(); ++l) {
    std::int64_t dot = sum[l];
    for (std::size_t b = 4 * l; b != 4 * l + 4; ++b) dot += std::int64_t{x[b]} * std::int64_t{w[b]};
    same = same && static_cast<std::uint32_t>(dot) == static_cast<std::uint32_t>(got[l]);
  }
  return same;
}

}  // namespace

TEMPLATE_TEST_CASE("dot4: exact for random bytes and sums", "", std::uint8_t, std::int8_t) {
  using X = TestType;
  lacuna_test::random r(1);
  lacuna::index wrong = 0;
  for (int n = 0; n != 2000; ++n) {
    sums sum;
    bytes<X> x;
    bytes<std::int8_t> w;
    for (auto& s : sum) s = static_cast<std::int32_t>(r.bits());
    for (auto& b : x) b = static_cast<X>(r.bits());
    for (auto& b : w) b = static_cast<std::int8_t>(r.bits());
    wrong += !exact<X>(sum, x, w);
  }
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("dot4: exact for every product, and for extremes beside each other", "", std::uint8_t, std::int8_t) {
  using X = TestType;
  sums const zero{};
  bytes<X> x{};
  bytes<std::int8_t> w{};
  lacuna::index wrong = 0;
  for (int a = 0; a != 256; ++a)  // every pair of bytes, alone in its lane and four times
    for (int b = 0; b != 256; ++b) {
      for (bool const all : {false, true}) {
        x.fill(0), w.fill(0);
        for (std::size_t n = 0; n != x.size(); ++n) {
          bool const here = all || n % 4 == (n / 4 + static_cast<std::size_t>(a)) % 4;
          x[n] = static_cast<X>(here ? a : 0);
          w[n] = static_cast<std::int8_t>(b);
        }
        wrong += !exact<X>(zero, x, w);
      }
    }
  std::array<X, 4> const left{std::numeric_limits<X>::min(), std::numeric_limits<X>::max(), X{127}, X{1}};
  std::array<std::int8_t, 4> const right{-128, 127, -1, 0};
  for (std::size_t code = 0; code != 65536; ++code) {  // every four of these beside every four of those
    for (std::size_t n = 0; n != x.size(); ++n) {
      auto const turned = code >> (2 * ((n + n / 4) % 4));
      x[n] = left[turned % 4];
      w[n] = right[(turned >> 8) % 4];
    }
    wrong += !exact<X>(zero, x, w);
  }
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("dot4: in shorter registers what it is in long ones", "", std::uint8_t, std::int8_t) {
  using X = TestType;
  auto const check = []<class Arch>(Arch) {
    lacuna_test::random r(2);
    for (int n = 0; n != 300; ++n) {
      sums sum;
      bytes<X> x;
      bytes<std::int8_t> w;
      for (auto& s : sum) s = static_cast<std::int32_t>(r.bits());
      for (auto& b : x) b = n % 3 == 0 ? std::numeric_limits<X>::max() : static_cast<X>(r.bits());
      for (auto& b : w) b = n % 2 == 0 ? std::int8_t{-128} : static_cast<std::int8_t>(r.bits());
      auto const long_ones = lacuna_test::lanes<std::int32_t>(simd::dot4<arch, X>::add(
          simd::batch<std::int32_t, arch>::load_unaligned(sum.data()), simd::batch<X, arch>::load_unaligned(x.data()),
          simd::batch<std::int8_t, arch>::load_unaligned(w.data())));
      sums shorter{};
      simd::dot4<Arch, X>::add(simd::batch<std::int32_t, Arch>::load_unaligned(sum.data()),
                               simd::batch<X, Arch>::load_unaligned(x.data()),
                               simd::batch<std::int8_t, Arch>::load_unaligned(w.data()))
          .store_unaligned(shorter.data());
      for (std::size_t l = 0; l != simd::batch<std::int32_t, Arch>::size; ++l) REQUIRE(shorter[l] == long_ones[l]);
    }
  };
  check(simd::narrow_arch<arch, std::int32_t, 8>{});
  check(simd::narrow_arch<arch, std::int32_t, 4>{});
}

TEST_CASE("dot4: flipped bytes lack, or have too much, what the correction says") {
  STATIC_REQUIRE(std::same_as<decltype(simd::flip_byte(std::uint8_t{})), std::int8_t>);
  STATIC_REQUIRE(std::same_as<decltype(simd::flip_byte(std::int8_t{})), std::uint8_t>);
  for (int n = 0; n != 256; ++n) {
    auto const u = static_cast<std::uint8_t>(n);
    auto const s = static_cast<std::int8_t>(n - 128);
    CHECK(simd::flip_byte(u) + simd::flip_correction<std::uint8_t> == u);
    CHECK(simd::flip_byte(s) + simd::flip_correction<std::int8_t> == s);
  }
}

TEMPLATE_TEST_CASE("dot4: four bytes in every lane", "", std::uint8_t, std::int8_t) {
  using X = TestType;
  std::array<X, 7> from{};
  for (std::size_t n = 0; n != from.size(); ++n) from[n] = static_cast<X>(200 + n);
  for (std::size_t at = 0; at != 4; ++at) {
    auto const got = lacuna_test::lanes<X>(simd::repeat_four<arch>(from.data() + at));
    for (std::size_t n = 0; n != got.size(); ++n) CHECK(got[n] == from[at + n % 4]);
  }
}
