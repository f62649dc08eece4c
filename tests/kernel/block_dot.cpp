// SPDX-License-Identifier: MIT
#include <lacuna/kernel/block_dot.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::guarded;
using lacuna_test::placement;

namespace {

/// Some blocks times some vectors, all of them and pieces of the list, against plain loops.
template <int R, int C, int Vectors, class W = float>
void check(unsigned seed) {
  using shape = la::kernel::block_shape<arch, float, R, C>;
  lacuna_test::random r(seed);
  constexpr la::index cols = 6 * C - C / 2;
  constexpr la::index stride = shape::inputs(cols);
  for (auto const where : {placement::lower, placement::upper})
    for (la::index count = 0; count <= 6; ++count) {
      guarded<std::uint8_t> columns(count, where);
      guarded<W> values(count * R * C, where);
      guarded<float> x(Vectors * stride, where);
      for (la::index e = 0; e != count; ++e) columns.data()[e] = static_cast<std::uint8_t>(e);
      for (auto& v : values.span()) v = lacuna_test::random_value<W>(r);
      for (la::index k = 0; k != Vectors * stride; ++k)
        x.data()[k] = k % stride < cols ? lacuna_test::random_value<float>(r) : 0.0f;
      la::kernel::block_list const blocks{static_cast<std::uint8_t const*>(columns.data()),
                                          static_cast<W const*>(values.data()), count, cols};
      std::vector<float> sums(static_cast<std::size_t>(R * Vectors), -1.0f);
      la::kernel::block_dot<arch, float, R, C, Vectors>::run(
          [&](auto&& piece) { piece(blocks, la::index{0}, count, static_cast<float const*>(x.data())); }, stride,
          [&](la::index i, la::index t, float sum) { sums[static_cast<std::size_t>(i * Vectors + t)] = sum; });
      for (la::index i = 0; i != R; ++i)
        for (la::index t = 0; t != Vectors; ++t) {
          double exact = 0, size = 0;
          for (la::index e = 0; e != count; ++e)
            for (la::index c = 0; c != C; ++c) {
              auto const product = static_cast<double>(values.data()[(e * R + i) * C + c]) *
                                   static_cast<double>(x.data()[t * stride + e * C + c]);
              exact += product;
              size += std::fabs(product);
            }
          CAPTURE(R, C, Vectors, count, i, t);
          REQUIRE(std::fabs(static_cast<double>(sums[static_cast<std::size_t>(i * Vectors + t)]) - exact) <=
                  1e-5 * size);
        }
    }
}

}  // namespace

TEST_CASE("block_dot: registers hold what a block has, and several rows where they divide them") {
  STATIC_REQUIRE(la::kernel::block_shape<arch, float, 4, 4>::packed);
  STATIC_REQUIRE_FALSE(la::kernel::block_shape<arch, float, 3, 5>::packed);
  STATIC_REQUIRE(la::kernel::block_shape<arch, float, 4, 1>::inputs(7) == 7);
  STATIC_REQUIRE(la::kernel::block_shape<arch, float, 4, 4>::inputs(7) == 8);
  STATIC_REQUIRE(la::kernel::block_shape<arch, float, 3, 5>::inputs(7) >= 10);
}

TEST_CASE("block_dot: any count of blocks and vectors, between guard pages") {
  check<4, 1, 1>(1);
  check<3, 1, 2>(2);
  check<4, 4, 8>(3);
  check<16, 4, 4>(4);
  check<3, 5, 3>(5);
  check<33, 2, 1>(6);
}

TEST_CASE("block_dot: weights of 16 bits") {
  check<4, 1, 1, la::bf16>(7);
  check<8, 1, 2, la::f16>(8);
  check<16, 1, 1, la::bf16>(9);
  check<3, 5, 1, la::f16>(10);
}
