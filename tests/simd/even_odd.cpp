// SPDX-License-Identifier: MIT
#include <lacuna/simd/even_odd.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
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

/// Every count of neighbours: values, and what their positions look up, between guard pages.
template <class V>
void check() {
  using even_odd = simd::even_odd<arch, V>;
  lacuna_test::random r(1);
  if constexpr (even_odd::available) {
    std::array<float, 128> from;
    for (auto& v : from) v = lacuna_test::random_value<float>(r);
    static_assert(even_odd::widest_table == 128);
    simd::lookup<arch, float, 128> const table(from.data(), 128);
    for (auto const where : {placement::upper, placement::lower})
      for (la::index count = 0; count <= 2 * lanes; ++count) {
        guarded<V> values(count, where);
        guarded<std::uint8_t> at(count, where);
        for (auto& v : values) v = lacuna_test::random_value<V>(r);
        for (auto& k : at) k = static_cast<std::uint8_t>(r.below(128));
        batch<float> w[2];
        simd::positions<arch, float> p[2];
        if (count == 2 * lanes) {
          even_odd::load(values.data(), w[0], w[1]);
          even_odd::load(at.data(), p[0], p[1]);
        } else {
          even_odd::load(values.data(), simd::first_lanes(count), w[0], w[1]);
          even_odd::load(at.data(), count, p[0], p[1]);
        }
        batch<float> x[2] = {table[p[0]], table[p[1]]};
        even_odd::in_order(w[0], w[1]);
        even_odd::in_order(x[0], x[1]);
        for (la::index k = 0; k != 2 * lanes; ++k) {
          auto const lane = [&](batch<float> const(&of)[2]) {
            return lacuna_test::lanes<float>(of[k / lanes])[static_cast<std::size_t>(k % lanes)];
          };
          CAPTURE(count, k);
          REQUIRE(lane(w) == (k < count ? static_cast<float>(values[k]) : 0.0f));
          REQUIRE(lane(x) == from[k < count ? at[k] : 0]);
        }
      }
  }
}

}  // namespace

TEST_CASE("even_odd: neighbours come apart by their number, and together again") {
  check<la::bf16>();
  STATIC_REQUIRE_FALSE(simd::even_odd<arch, float>::available);
  CHECK((!simd::even_odd<arch, la::bf16>::available || simd::avx512<arch>));
}
