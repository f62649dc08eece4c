// SPDX-License-Identifier: MIT
#include <lacuna/kernel/column_dot.hpp>
#include <lacuna/kernel/gathered_quads.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using byte = la::simd::dot4_byte<arch>;
using lacuna_test::guarded;
using lacuna_test::placement;

namespace {

/// Lists of every length around pieces and quads, x between guard pages, against plain loops.
template <int R, int Vectors, bool Flipped>
void check(unsigned seed) {
  if constexpr (la::kernel::summable<la::kernel::quad, arch>) {
    lacuna_test::random r(seed);
    constexpr la::index cols = 300;
    for (auto const where : {placement::lower, placement::upper})
      for (la::index const count : {0, 1, 3, 4, 5, 63, 64, 255, 256, 257, 511, 516}) {
        guarded<std::uint8_t> x(cols * Vectors, where);
        std::vector<la::index> columns;
        std::vector<std::int8_t> weights;
        for (auto& b : x.span()) b = static_cast<std::uint8_t>(r.below(3) == 0 ? 255 : r.bits());
        for (la::index e = 0; e != count; ++e) columns.push_back(e % 5 == 0 ? cols - 1 : r.below(cols));
        for (la::index n = 0; n != count * R; ++n)
          weights.push_back(n % 3 == 0 ? std::int8_t{-128} : static_cast<std::int8_t>(r.bits()));
        std::vector<std::int32_t> sums(static_cast<std::size_t>(R * Vectors), -1);
        la::kernel::gathered_quads<arch, R, Vectors> gathered;
        la::kernel::column_dot<arch, std::int32_t, R, Vectors, Flipped>::run(
            [&](auto&& piece) {
              gathered.run(
                  0, count, x.data(), [&](la::index e) { return columns[static_cast<std::size_t>(e)]; },
                  [&](la::index from, la::index to, std::int8_t* quad) {
                    for (la::index e = from; e < to; e += 4)
                      for (la::index i = 0; i != R; ++i)
                        for (la::index c = 0; c != 4; ++c)
                          *quad++ = e + c < to ? weights[static_cast<std::size_t>((e + c) * R + i)] : std::int8_t{0};
                  },
                  [](la::index) {}, piece);
            },
            [&](la::index i, std::int32_t const* of_row) { std::copy_n(of_row, Vectors, sums.begin() + i * Vectors); });
        for (la::index i = 0; i != R; ++i)
          for (la::index t = 0; t != Vectors; ++t) {
            std::int64_t exact = 0;
            for (la::index e = 0; e != count; ++e) {
              auto const b = static_cast<byte>(x.data()[columns[static_cast<std::size_t>(e)] * Vectors + t]);
              auto const value = Flipped ? std::int64_t{la::simd::flip_byte(b)} : std::int64_t{b};
              exact += value * weights[static_cast<std::size_t>(e * R + i)];
            }
            CAPTURE(R, Vectors, Flipped, count, i, t);
            REQUIRE(sums[static_cast<std::size_t>(i * Vectors + t)] == exact);
          }
      }
  }
}

}  // namespace

TEST_CASE("gathered_quads: lists of every length, between guard pages") {
  check<1, 1, false>(1);
  check<1, 4, true>(2);
  check<4, 1, true>(3);
  check<4, 8, false>(4);
  check<3, 4, false>(5);
  check<20, 8, true>(6);
}
