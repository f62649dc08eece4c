// SPDX-License-Identifier: MIT
#include <lacuna/simd/tile_rows.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <type_traits>
#include <vector>

namespace simd = lacuna::simd;
using lacuna_test::guarded;
using lacuna_test::lanes_of;
using arch = simd::default_arch;

namespace {

/// Three steps, in two sums, with small integers, whose sums are exact, over memory that ends at a guard page.
template <class T, int Rows, int N, int Stride>
bool sums_up() {
  using tile = simd::tile_rows<arch, T, Rows, N>;
  guarded<T> x(tile::width, lacuna_test::placement::upper), out(Rows * tile::width, lacuna_test::placement::upper);
  std::vector<T> weights(static_cast<std::size_t>(Rows * Stride));
  for (lacuna::index j = 0; j != tile::width; ++j) x[j] = static_cast<T>(j % 13 - 6);
  for (std::size_t k = 0; k != weights.size(); ++k) weights[k] = static_cast<T>(k % 7) - 3;
  tile sum;
  tile more;
  sum.template multiply_add<Stride>(weights.data(), x.data());
  more.template multiply_add<Stride>(weights.data(), x.data());
  more.template multiply_add<Stride>(weights.data(), x.data());
  sum += more;
  simd::unroll<Rows>([&](auto r) { sum.template store_row<r>(out.data() + r * tile::width); });
  tile read;
  simd::unroll<Rows>([&](auto r) { read.template load_row<r>(out.data() + r * tile::width); });
  simd::unroll<Rows>([&](auto r) { read.template store_row<r>(out.data() + r * tile::width); });
  bool fine = true;
  for (lacuna::index r = 0; r != Rows; ++r)
    for (lacuna::index j = 0; j != tile::width; ++j)
      fine = fine && out[r * tile::width + j] == 3 * weights[static_cast<std::size_t>(r * Stride)] * x[j];
  return fine;
}

}  // namespace

TEMPLATE_TEST_CASE("tile_rows: each row has its weight, whichever operand waits in registers", "", float, double) {
  using T = TestType;
  if constexpr (simd::has_batch<arch, T>) {
    CHECK(sums_up<T, 1, 8, 1>());
    CHECK(sums_up<T, 3, 4, 5>());
    CHECK(sums_up<T, 4, 4, 1>());
    CHECK(sums_up<T, 8, 2, 3>());
    CHECK(sums_up<T, 7, 1, 1>());
  }
}

TEST_CASE("tile_rows: the widest tile leaves room for the operands, and is none where nothing does") {
  for (int rows = 1; rows != 9; ++rows) {
    CAPTURE(rows);
    int const n = simd::widest_tile<arch>(rows);
    CHECK(n >= 1);
    CHECK(simd::fits_registers<arch>(rows, n));
    CHECK(rows * n <= 24);
  }
  CHECK(simd::widest_tile<arch>(32) == 0);
  constexpr bool many = simd::register_count<arch> == 32;
  STATIC_REQUIRE(simd::widest_tile<arch>(1) == 8);
  STATIC_REQUIRE(simd::widest_tile<arch>(4) == (many ? 4 : 3));
  STATIC_REQUIRE(simd::widest_tile<arch>(6) == (many ? 4 : 2));
  STATIC_REQUIRE(simd::widest_tile<arch>(8) == (many ? 3 : 1));
}
