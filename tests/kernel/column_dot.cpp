// SPDX-License-Identifier: MIT
#include <lacuna/kernel/column_dot.hpp>

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

/// Any count of blocks times up to `Vectors` vectors, against plain loops.
template <int R, int Vectors>
void check(unsigned seed) {
  using dot = la::kernel::column_dot<arch, float, R, Vectors>;
  lacuna_test::random r(seed);
  constexpr la::index cols = 11;
  constexpr la::index stride = 16;
  for (auto const where : {placement::lower, placement::upper})
    for (la::index count = 0; count <= cols; ++count) {
      guarded<std::uint16_t> columns(count, where);
      guarded<float> values(count * R, where), x(Vectors * stride, where), arranged(dot::arranged(cols), where);
      for (la::index e = 0; e != count; ++e) columns.data()[e] = static_cast<std::uint16_t>(e);
      for (auto& v : values.span()) v = lacuna_test::random_value<float>(r);
      for (auto& v : x.span()) v = lacuna_test::random_value<float>(r);
      dot::arrange(x.data(), stride, cols, Vectors, arranged.data());
      la::kernel::block_list const blocks{static_cast<std::uint16_t const*>(columns.data()),
                                          static_cast<float const*>(values.data()), count, cols};
      std::vector<float> sums(static_cast<std::size_t>(R * Vectors), -1.0f);
      dot::run([&](auto&& piece) { piece(blocks, la::index{0}, count, static_cast<float const*>(arranged.data())); },
               [&](la::index i, float const* of_row) {
                 for (la::index t = 0; t != Vectors; ++t) sums[static_cast<std::size_t>(i * Vectors + t)] = of_row[t];
               });
      for (la::index i = 0; i != R; ++i)
        for (la::index t = 0; t != Vectors; ++t) {
          double exact = 0, size = 0;
          for (la::index e = 0; e != count; ++e) {
            auto const product =
                static_cast<double>(values.data()[e * R + i]) * static_cast<double>(x.data()[t * stride + e]);
            exact += product;
            size += std::fabs(product);
          }
          CAPTURE(R, Vectors, count, i, t);
          REQUIRE(std::fabs(static_cast<double>(sums[static_cast<std::size_t>(i * Vectors + t)]) - exact) <=
                  1e-5 * size);
        }
    }
}

}  // namespace

TEST_CASE("column_dot: any count of blocks, between guard pages") {
  check<1, 2>(1);
  check<3, 4>(2);
  check<4, 8>(3);
  check<16, 2>(4);
  check<20, 8>(5);
}
