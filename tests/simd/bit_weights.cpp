// SPDX-License-Identifier: MIT
#include <lacuna/simd/bit_weights.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace simd = lacuna::simd;
using lacuna_test::guarded;
using arch = simd::default_arch;

TEMPLATE_TEST_CASE("bit_weights: 64 columns by their bits, the last eight with the next word", "", arch) {
  using weights = simd::bit_weights<TestType>;
  if constexpr (weights::available) {
    lacuna_test::random r(1);
    for (auto const where : lacuna_test::both_placements)
      for (int n = 0; n != 400; ++n) {
        std::uint64_t word[3] = {r.bits(), r.bits(), 0};
        for (int k = 0; k != n % 6; ++k) word[0] &= r.bits(), word[1] &= r.bits();
        if (n % 50 == 7) word[0] = ~std::uint64_t{0}, word[1] = 0;
        lacuna::index const ones = std::popcount(word[0]) + std::popcount(word[1]);
        guarded<std::int8_t> packed(weights::before + ones + weights::behind, where);
        for (auto& byte : packed) byte = static_cast<std::int8_t>(r.bits());
        packed.make_read_only();
        std::vector<int> want(8), got;
        auto const* value = packed.data() + weights::before;
        for (lacuna::index c = 0; c != 128; ++c) want.push_back((word[c / 64] >> c % 64 & 1u) != 0 ? *value++ : 0);
        want.resize(192);
        auto const* values = packed.data() + weights::before;
        for (int k = 0; k != 3; ++k)
          weights::spread(values, k == 0 ? 0 : word[k - 1] >> 56, word[k],
                          [&](auto, simd::batch<std::int8_t, TestType> w) {
                            for (auto const byte : lacuna_test::lanes<std::int8_t>(w)) got.push_back(byte);
                          });
        REQUIRE(got == want);
        REQUIRE(values == value);
      }
  }
}

TEMPLATE_TEST_CASE("bit_weights: two of four, and not one value more is read", "", arch) {
  using weights = simd::bit_weights<TestType>;
  if constexpr (weights::available) {
    lacuna_test::random r(2);
    for (auto const where : lacuna_test::both_placements) {
      guarded<std::int8_t> packed(16, where);
      for (int n = 0; n != 400; ++n) {
        constexpr std::uint32_t masks[6] = {3, 5, 6, 9, 10, 12};
        std::uint32_t bits = 0;
        for (int g = 0; g != 8; ++g) bits |= masks[r.below(6)] << (4 * g);
        for (auto& byte : packed) byte = static_cast<std::int8_t>(r.bits());
        simd::batch<std::int8_t, TestType> const w = weights::spread_twos(packed.data(), bits);
        auto const got = lacuna_test::lanes<std::int8_t>(w);
        lacuna::index wrong = 0, next = 0;
        for (std::size_t c = 0; c != 32; ++c) wrong += got[c] != ((bits >> c & 1u) != 0 ? packed[next++] : 0);
        REQUIRE(wrong == 0);
      }
    }
  }
}

TEMPLATE_TEST_CASE("bit_weights: products are exact for every byte beside the extremes", "", arch) {
  using weights = simd::bit_weights<TestType>;
  if constexpr (weights::available) {
    lacuna_test::random r(3);
    lacuna::index wrong = 0;
    for (int n = 0; n != 4000; ++n) {
      std::array<std::int8_t, 32> w;
      std::array<std::int16_t, 32> x;
      std::array<std::int32_t, 8> sum;
      auto const kind = n % 4;
      for (auto& s : sum) s = static_cast<std::int32_t>(r.bits());
      std::array<int, 32> in;
      for (std::size_t c = 0; c != 32; ++c) {
        w[c] = kind == 0 ? std::int8_t{-128} : kind == 1 ? std::int8_t{127} : static_cast<std::int8_t>(r.bits());
        in[c] = kind < 2 ? (n % 8 < 4 ? 255 : -128) : static_cast<int>(r.below(384)) - 128;
        x[static_cast<std::size_t>(weights::place(static_cast<lacuna::index>(c)))] = static_cast<std::int16_t>(in[c]);
      }
      auto const got = lacuna_test::lanes<std::int32_t>(
          weights::add(simd::batch<std::int32_t, TestType>::load_unaligned(sum.data()),
                       weights::widen(simd::batch<std::int8_t, TestType>::load_unaligned(w.data())), x.data()));
      for (std::size_t l = 0; l != 8; ++l) {
        std::int64_t dot = sum[l];
        for (std::size_t c = 4 * l; c != 4 * l + 4; ++c) dot += std::int64_t{w[c]} * in[c];
        wrong += static_cast<std::uint32_t>(dot) != static_cast<std::uint32_t>(got[l]);
      }
    }
    CHECK(wrong == 0);
  }
}
