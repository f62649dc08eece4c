// SPDX-License-Identifier: MIT
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/lookup_halves.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace la = lacuna;
namespace simd = lacuna::simd;
using lacuna_test::batch;
using lacuna_test::guarded;
using lacuna_test::placement;
using arch = simd::default_arch;
constexpr la::index lanes = lacuna_test::lanes_of<float>;

namespace {

/// Tables of `width` elements in memory, every count of positions, between guard pages.
template <int N>
void check(la::index width) {
  if constexpr (simd::lookup_halves<arch, float, N>::available) {
    lacuna_test::random r(static_cast<unsigned>(width));
    for (auto const where : {placement::upper, placement::lower}) {
      guarded<float> from(width, where);
      for (auto& v : from) v = lacuna_test::random_value<float>(r);
      simd::lookup_halves<arch, float, N> const table(from.data(), width);
      for (la::index count = 0; count <= 2 * lanes; ++count) {
        guarded<std::uint8_t> at(count, where);
        for (auto& k : at) k = static_cast<std::uint8_t>(r.below(N));
        batch<float> x[2];
        if (count == 2 * lanes)
          table.load(at.data(), x[0], x[1]);
        else
          table.load(at.data(), count, x[0], x[1]);
        for (la::index k = 0; k != 2 * lanes; ++k) {
          auto const position = k < count ? la::index{at[k]} : 0;
          CAPTURE(N, width, count, k);
          REQUIRE(lacuna_test::lanes<float>(x[k / lanes])[static_cast<std::size_t>(k % lanes)] ==
                  (position < width ? from[position] : 0.0f));
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("lookup_halves: every position of two registers, between guard pages") {
  check<64>(64);
  check<64>(33);
  check<40>(40);
  check<33>(1);
}

TEST_CASE("lookup_halves: there where AVX-512 permutes bytes, for tables that two registers do not hold") {
  bool const expected = std::string_view(simd::arch_name()).find("vbmi") != std::string_view::npos;
  CHECK(simd::lookup_halves<arch, float, 33>::available == expected);
  CHECK(simd::lookup_halves<arch, float, 64>::available == expected);
  STATIC_REQUIRE_FALSE(simd::lookup_halves<arch, float, 32>::available);
  STATIC_REQUIRE_FALSE(simd::lookup_halves<arch, float, 65>::available);
  STATIC_REQUIRE_FALSE(simd::lookup_halves<arch, double, 64>::available);
}
