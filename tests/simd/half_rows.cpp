// SPDX-License-Identifier: MIT
#include <lacuna/simd/half_rows.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
namespace simd = lacuna::simd;
using lacuna_test::guarded;
using arch = simd::default_arch;

namespace {

/// Two steps with small integers, whose sums are exact, over memory that ends at a guard page.
template <int Rows, int N, int Floats, int Stride>
bool sums_up() {
  using tile = simd::half_rows<arch, Rows, N, Floats>;
  constexpr la::index lanes = lacuna_test::lanes_of<float>;
  STATIC_REQUIRE(tile::width == N * Floats * lanes);
  guarded<la::f16> x(tile::width);
  guarded<float> out(tile::width);
  guarded<std::uint32_t> weights((Rows - 1) * Stride + 1);
  for (la::index j = 0; j != tile::width; ++j) x[j] = la::f16(static_cast<float>(j % 13 - 6));
  for (la::index k = 0; k != weights.size(); ++k)
    weights[k] = std::uint32_t{la::f16(static_cast<float>(k % 7 - 3)).bits} * 0x10001u;
  tile sum;
  simd::unroll<2>([&](auto) { sum.template multiply_add<Stride>(weights.data(), x.data()); });
  bool fine = true;
  simd::unroll<Rows>([&](auto r) {
    sum.template put_row<r, false>(out.data());
    sum.template put_row<r, true>(out.data());
    for (la::index j = 0; j != tile::width; ++j)
      fine = fine && out[j] == 4 * static_cast<float>(r * Stride % 7 - 3) * static_cast<float>(x[j]);
  });
  return fine;
}

}  // namespace

TEST_CASE("half_rows: each row has its weight, and is written or added") {
  CHECK(sums_up<1, 4, 2, 1>());
  CHECK(sums_up<8, 2, 2, 3>());
  CHECK(sums_up<5, 3, 2, 1>());
  CHECK(sums_up<4, 1, 1, 2>());
}
