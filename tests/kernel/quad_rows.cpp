// SPDX-License-Identifier: MIT
#include <lacuna/kernel/quad_rows.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;
using byte = la::simd::dot4_byte<arch>;

namespace {

/// Quads that skip every second one of X.
struct every_second {
  std::int8_t const* weights;
  la::index size;
  la::kernel::quad_place operator()(la::index e) const noexcept { return {weights + e * size, 2 * e}; }
};

/// What stands in element s of the sums beforehand.
std::int32_t before(la::index s) { return static_cast<std::int32_t>(77 + 3 * s); }

/// The sums of all rows and of some, from nothing or from a start, or, if it `adds`, to what stands there.
template <int Height, int Pitch, int N>
void check(lacuna_test::random& r, lacuna_test::placement where, la::index quads = 5, bool adds = false) {
  constexpr la::index line = N * lanes_of<std::int32_t>;
  guarded<std::int8_t> weights((quads * Height - 1) * Pitch + 4, where);
  for (auto& w : weights) w = static_cast<std::int8_t>(r.below(3) == 0 ? -128 : static_cast<int>(r.bits() % 256) - 128);
  guarded<std::int32_t> x((2 * quads - 1) * line, where);
  for (auto& four : x) four = static_cast<std::int32_t>(r.below(3) == 0 ? ~std::uint64_t{0} : r.bits());
  guarded<std::int32_t> start(Height, where);
  for (auto& s : start) s = static_cast<std::int32_t>(r.below(1000)) - 500;
  weights.make_read_only();
  x.make_read_only();
  auto const* const bytes = reinterpret_cast<byte const*>(x.data());
  for (la::index const last : {la::index{0}, la::index{1}, quads})
    for (la::index const low : {-2, 0, Height / 2})
      for (la::index const high : {low, la::index{Height - 1}, la::index{Height + 3}}) {
        auto const from = std::max<la::index>(low, 0), to = std::min<la::index>(high, Height);
        guarded<std::int32_t> sums(Height * line, where);
        for (la::index s = 0; s != Height * line; ++s) sums.data()[s] = before(s);
        bool const starts = low == 0 && !adds;
        la::kernel::quad_rows<arch, Height, Pitch, N>::run(
            every_second{weights.data(), Height * Pitch}, 0, last, x.data(),
            la::kernel::quad_sums{starts ? start.data() : nullptr, sums.data(), line, low, high}, adds);
        la::index wrong = 0;
        for (la::index i = 0; i != Height; ++i)
          for (la::index c = 0; c != line; ++c) {
            std::int32_t sum = adds ? before(i * line + c) : starts ? start[i] : 0;
            for (la::index e = 0; e != last; ++e)
              for (la::index b = 0; b != 4; ++b)
                sum += weights[(e * Height + i) * Pitch + b] * bytes[4 * (2 * e * line + c) + b];
            wrong += sums[i * line + c] != (i >= from && i < to ? sum : before(i * line + c));
          }
        CAPTURE(Height, Pitch, N, last, low, high, adds);
        REQUIRE(wrong == 0);
        REQUIRE(sums.intact());
      }
}

}  // namespace

TEST_CASE("quad_rows: any height, width and part of the rows, exact") {
  if constexpr (la::simd::has_batch<arch, std::int32_t>) {
    lacuna_test::random r(1);
    for (auto const where : lacuna_test::both_placements) {
      check<1, 4, 1>(r, where);
      check<3, 4, 8>(r, where);
      check<4, 8, 4>(r, where);
      check<8, 4, 8>(r, where);
      check<9, 4, 2>(r, where);
      check<32, 4, 4>(r, where);
      check<5, 4, 3>(r, where, 531);  // more than are prepared at a time
      check<4, 8, 4>(r, where, 5, true);
      check<5, 4, 3>(r, where, 531, true);
    }
  }
}
