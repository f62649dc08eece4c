// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/slot_pairs.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace simd = lacuna::simd;

TEMPLATE_TEST_CASE("slot_pairs: exact for extremes and any bytes, and no others are read", "",
                   (std::integral_constant<int, 4>), (std::integral_constant<int, 8>)) {
  constexpr int vectors = TestType::value;
  using pairs = simd::slot_pairs<simd::default_arch, vectors>;
  if constexpr (pairs::available) {
    lacuna_test::random r(1);
    for (auto const where : lacuna_test::both_placements) {
      lacuna_test::guarded<std::uint8_t> a(vectors, where), b(vectors, where);
      lacuna_test::guarded<std::int16_t> pair(2, where);
      for (int n = 0; n != 500; ++n) {
        for (auto& byte : a) byte = n % 2 == 0 ? std::uint8_t{255} : static_cast<std::uint8_t>(r.bits());
        for (auto& byte : b) byte = n % 2 == 0 ? std::uint8_t{255} : static_cast<std::uint8_t>(r.bits());
        for (auto& w : pair)
          w = n % 4 == 0 ? std::int16_t{-128} : n % 4 == 2 ? std::int16_t{127} : static_cast<std::int8_t>(r.bits());
        std::int32_t first[8], both[8];
        auto const sum = pairs::add(pairs::zero(), a.data(), b.data(), pair.data());
        pairs::store(sum, first);
        pairs::store(pairs::add(sum, b.data(), a.data(), pair.data()), both);
        lacuna::index wrong = 0;
        for (int v = 0; v != vectors; ++v) {
          auto const want = a[v] * pair[0] + b[v] * pair[1];
          wrong += first[v] != want || both[v] != want + b[v] * pair[0] + a[v] * pair[1];
        }
        REQUIRE(wrong == 0);
      }
    }
  }
}

TEMPLATE_TEST_CASE("slot_pairs: sums wrap around where they leave int32", "", (std::integral_constant<int, 4>),
                   (std::integral_constant<int, 8>)) {
  constexpr int vectors = TestType::value;
  using pairs = simd::slot_pairs<simd::default_arch, vectors>;
  if constexpr (pairs::available) {
    std::uint8_t bytes[8];
    std::fill_n(bytes, 8, std::uint8_t{255});
    for (int const sign : {1, -1}) {
      auto const weight = static_cast<std::int16_t>(sign == 1 ? 127 : -128);
      std::int16_t const pair[2] = {weight, weight};
      std::int32_t sums[8];
      auto const most = sign == 1 ? std::numeric_limits<std::int32_t>::max() : std::numeric_limits<std::int32_t>::min();
      std::fill_n(sums, 8, most);
      pairs::store(pairs::add(pairs::load(sums), bytes, bytes, pair), sums);
      auto const want = static_cast<std::uint32_t>(most) + static_cast<std::uint32_t>(2 * 255 * weight);
      for (int v = 0; v != vectors; ++v) CHECK(static_cast<std::uint32_t>(sums[v]) == want);
    }
  }
}
