// SPDX-License-Identifier: MIT
#include <lacuna/simd/gather_pairs.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>

namespace la = lacuna;
namespace simd = lacuna::simd;
using lacuna_test::guarded;
using lacuna_test::placement;

namespace {

using arch = simd::gather_arch<simd::default_arch>;

/// Every mask; indices and pairs both between guard pages, indices that do not count far outside.
template <class I>
void check() {
  using pairs = simd::gather_pairs<arch>;
  constexpr int lanes = static_cast<int>(simd::batch<float, arch>::size);
  constexpr int count = lanes / 2;
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements) {
    guarded<float> from(200, where);
    for (la::index k = 0; k != 200; ++k) from.data()[k] = static_cast<float>(k + 1);
    from.make_read_only();
    la::index wrong = 0;
    for (auto const bits : lacuna_test::lane_masks(count)) {
      auto const wide = bits == 0 ? 0 : static_cast<la::index>(std::bit_width(bits));
      guarded<I> at(where == placement::upper ? wide : count, where);
      for (auto& one : at) one = static_cast<I>(120);
      for (int p = 0; p != wide; ++p)
        if (((bits >> p) & 1u) != 0) at.data()[p] = static_cast<I>(r.below(100));
      float got[lanes];
      auto const compare = [&] {
        for (int l = 0; l != lanes; ++l) {
          bool const counts = ((bits >> (l / 2)) & 1u) != 0;
          wrong += got[l] != (counts ? from.data()[2 * static_cast<la::index>(at.data()[l / 2]) + l % 2] : 0.0f);
        }
      };
      pairs::load(from.data(), at.data(), bits | (~simd::lane_bits{0} << count)).store_unaligned(got);
      compare();
      if (std::popcount(bits) != count) continue;
      pairs::load(from.data(), at.data()).store_unaligned(got);
      compare();
    }
    CHECK(wrong == 0);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("gather_pairs: every mask, reading the counted indices and pairs and nothing else", "", std::uint8_t,
                   std::uint16_t, std::uint32_t, std::int32_t, std::int64_t) {
  if constexpr (simd::has_batch<arch, float>) check<TestType>();
}

TEST_CASE("gather_pairs: each lane twice, and the sums of even and odd lanes") {
  if constexpr (simd::has_batch<arch, float>) {
    using batch = simd::batch<float, arch>;
    constexpr int lanes = static_cast<int>(batch::size);
    float value[lanes], got[2 * lanes], sums[2], even = 0, odd = 0;
    for (int l = 0; l != lanes; ++l) {
      value[l] = static_cast<float>(1 << l);
      (l % 2 == 0 ? even : odd) += value[l];
    }
    batch to[2];
    simd::gather_pairs<arch>::twice(batch::load_unaligned(value), to);
    to[0].store_unaligned(got);
    to[1].store_unaligned(got + lanes);
    for (int l = 0; l != 2 * lanes; ++l) CHECK(got[l] == value[l / 2]);
    simd::gather_pairs<arch>::sum(batch::load_unaligned(value), sums);
    CHECK(sums[0] == even);
    CHECK(sums[1] == odd);
  }
}
