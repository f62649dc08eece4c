// SPDX-License-Identifier: MIT
#include <lacuna/simd/gather.hpp>
#include <lacuna/simd/isa.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace la = lacuna;
namespace simd = lacuna::simd;
using lacuna_test::guarded;
using lacuna_test::placement;

namespace {

/// Every mask; indices and elements both between guard pages, indices that do not count far outside.
template <class Arch, class T, class I>
void check() {
  if constexpr (simd::has_batch<Arch, T>) {
    using batch = simd::batch<T, Arch>;
    constexpr int lanes = static_cast<int>(batch::size);
    lacuna_test::random r(1);
    for (auto const where : lacuna_test::both_placements) {
      guarded<T> from(100, where);
      for (la::index k = 0; k != 100; ++k) from.data()[k] = static_cast<T>(k + 1);
      from.make_read_only();
      std::deque<guarded<I>> indices;  // for the last lane that counts: mapping memory for each mask took seconds
      for (la::index wide = 0; wide <= lanes; ++wide)
        indices.emplace_back(where == placement::upper ? wide : lanes, where);
      la::index wrong = 0;
      for (auto const bits : lacuna_test::lane_masks(lanes)) {
        auto const wide = static_cast<int>(std::bit_width(bits));
        auto& at = indices[static_cast<std::size_t>(wide)];
        for (auto& one : at) one = static_cast<I>(120);
        for (int l = 0; l != wide; ++l)
          if (((bits >> l) & 1u) != 0) at.data()[l] = static_cast<I>(r.below(100));
        auto const noise = bits | (~simd::lane_bits{0} << lanes);
        T got[batch::size];
        simd::gather<Arch, T>::load(from.data(), at.data(), noise).store_unaligned(got);
        for (int l = 0; l != lanes; ++l)
          wrong += got[l] != (((bits >> l) & 1u) != 0 ? from.data()[static_cast<la::index>(at.data()[l])] : T{0});
        if (std::popcount(bits) != lanes) continue;
        simd::gather<Arch, T>::load(from.data(), at.data()).store_unaligned(got);
        for (int l = 0; l != lanes; ++l) wrong += got[l] != from.data()[static_cast<la::index>(at.data()[l])];
      }
      CHECK(wrong == 0);
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("gather: every mask, reading the counted indices and elements and nothing else", "", std::uint8_t,
                   std::uint16_t, std::uint32_t, std::int32_t, std::int64_t) {
  check<simd::default_arch, float, TestType>();
  check<simd::default_arch, double, TestType>();
  check<simd::gather_arch<simd::default_arch>, float, TestType>();
}
