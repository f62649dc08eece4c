// SPDX-License-Identifier: MIT
#include <lacuna/simd/even_odd.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace la = lacuna;
namespace simd = lacuna::simd;
using lacuna_test::batch;
using lacuna_test::guarded;
using lacuna_test::placement;
using arch = simd::default_arch;
constexpr la::index lanes = lacuna_test::lanes_of<float>;

namespace {

/// Whether positions of tables come apart too.
template <class EvenOdd>
concept has_positions = EvenOdd::available && EvenOdd::widest_table != 0;

/// Every count of neighbours, between guard pages: values come apart by their number, and together again.
template <class V>
void check_values() {
  using even_odd = simd::even_odd<arch, V>;
  lacuna_test::random r(1);
  if constexpr (even_odd::available)
    for (auto const where : {placement::upper, placement::lower})
      for (la::index count = 0; count <= 2 * lanes; ++count) {
        guarded<V> values(count, where);
        for (auto& v : values) v = lacuna_test::random_value<V>(r);
        batch<float> w[2];
        if (count == 2 * lanes)
          even_odd::load(values.data(), w[0], w[1]);
        else
          even_odd::load(values.data(), simd::first_lanes(count), w[0], w[1]);
        auto const number = [&](la::index k) { return k < count ? static_cast<float>(values[k]) : 0.0f; };
        for (la::index k = 0; k != 2 * lanes; ++k) {
          CAPTURE(count, k);
          REQUIRE(lacuna_test::lanes<float>(w[k % 2])[static_cast<std::size_t>(k / 2)] == number(k));
        }
        even_odd::in_order(w[0], w[1]);
        for (la::index k = 0; k != 2 * lanes; ++k) {
          CAPTURE(count, k);
          REQUIRE(lacuna_test::lanes<float>(w[k / lanes])[static_cast<std::size_t>(k % lanes)] == number(k));
        }
      }
}

/// Every set of bits up to 9 neighbours long, and those with gaps at both ends: other elements are not read.
template <class V>
void check_bits() {
  using even_odd = simd::even_odd<arch, V>;
  lacuna_test::random r(2);
  if constexpr (even_odd::available)
    for (simd::lane_bits bits = 0; bits != 512; ++bits)
      for (int const shift : {0, static_cast<int>(2 * lanes) - 9}) {
        auto const set = bits << shift;
        auto const count = static_cast<la::index>(std::bit_width(set));
        guarded<V> values(count, placement::upper);
        for (auto& v : values) v = lacuna_test::random_value<V>(r);
        batch<float> w[2];
        even_odd::load(values.data(), set, w[0], w[1]);
        for (la::index k = 0; k != 2 * lanes; ++k) {
          CAPTURE(set, k);
          REQUIRE(lacuna_test::lanes<float>(w[k % 2])[static_cast<std::size_t>(k / 2)] ==
                  ((set >> k & 1u) != 0 ? static_cast<float>(values[k]) : 0.0f));
        }
      }
}

/// Every count of positions, between guard pages, and what they look up, where there are tables for them.
template <class V>
void check_positions() {
  using even_odd = simd::even_odd<arch, V>;
  lacuna_test::random r(3);
  if constexpr (has_positions<even_odd>) {
    static_assert(even_odd::widest_table == 128);
    std::array<float, 128> from;
    for (auto& v : from) v = lacuna_test::random_value<float>(r);
    simd::lookup<arch, float, 128> const table(from.data(), 128);
    for (auto const where : {placement::upper, placement::lower})
      for (la::index count = 0; count <= 2 * lanes; ++count) {
        guarded<std::uint8_t> at(count, where);
        for (auto& k : at) k = static_cast<std::uint8_t>(r.below(128));
        simd::positions<arch, float> p[2];
        if (count == 2 * lanes)
          even_odd::load(at.data(), p[0], p[1]);
        else
          even_odd::load(at.data(), count, p[0], p[1]);
        batch<float> x[2] = {table[p[0]], table[p[1]]};
        even_odd::in_order(x[0], x[1]);
        for (la::index k = 0; k != 2 * lanes; ++k) {
          CAPTURE(count, k);
          REQUIRE(lacuna_test::lanes<float>(x[k / lanes])[static_cast<std::size_t>(k % lanes)] ==
                  from[k < count ? at[k] : 0]);
        }
      }
  }
}

}  // namespace

TEST_CASE("even_odd: neighbours come apart by their number, and together again") {
  check_values<la::bf16>();
  check_bits<la::bf16>();
  check_positions<la::bf16>();
  STATIC_REQUIRE_FALSE(simd::even_odd<arch, float>::available);
  STATIC_REQUIRE_FALSE(simd::even_odd<arch, la::f16>::available);
  CHECK((!simd::even_odd<arch, la::bf16>::available || simd::avx512<arch> || simd::avx2<arch>));
}
