// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/tiled_sell.hpp>
#include <lacuna/pack.hpp>

#include "support/few_columns_checks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEMPLATE_TEST_CASE("few columns of tiled_sell: every width, edges, between guard pages, Inf and NaN", "",
                   la::tiled_sell<float>, (la::tiled_sell<float, 32, 4>), (la::tiled_sell<double, 16, 4>),
                   (la::tiled_sell<la::bf16, 32, 4>)) {
  using kernel = la::kernel::few_columns<typename TestType::layout, arch>;
  constexpr auto window = TestType::layout::window, tile = TestType::layout::tile;
  if constexpr (kernel::template widest<la::view_t<TestType>> != 0)
    lacuna_test::check_few_columns<kernel, TestType>({1, tile, 2 * tile + 5}, {1, 17, window, window + 21});
}

TEST_CASE("few columns of tiled_sell: int8, exact, between guard pages") {
  using F = la::tiled_sell<std::int8_t>;
  lacuna_test::check_few_bytes<la::kernel::few_columns<F::layout, arch>, F>({0, 1, 600}, {1, 300});
}

TEST_CASE("few columns of tiled_sell: int8 in several passes, exact") {
  using F = la::tiled_sell<std::int8_t, 64, 1>;
  CHECK(lacuna_test::passes_of_bytes_problem<la::kernel::few_columns<F::layout, arch>, F>(3) == "");
}

TEST_CASE("few columns of tiled_sell: the emptier the tiles, the fewer") {
  using F = la::tiled_sell<float>;
  using kernel = la::kernel::few_columns<F::layout, arch>;
  auto const most = [](la::index rows, la::index cols, la::index every) {
    la::dense<float> w(rows, cols);
    for (la::index i = 0; i != rows; ++i)
      for (la::index j = i % every; j < cols; j += every) w(i, j) = 1;
    return kernel::most(la::pack<F>(w).view());
  };
  auto const expected = [](la::index avx512, la::index neon) -> la::index {
    if (la::simd::avx512<arch>) return avx512;
    if (la::simd::avx2<arch>) return la::simd::fast_gathers<arch> ? 3 : 2;
    return la::simd::neon64<arch> ? neon : 2;
  };
  CHECK(most(256, 64, 1) == expected(8, 4));
  CHECK(most(512, 256, 10) == expected(4, 4));
  CHECK(most(512, 256, 18) == expected(4, 2));
  CHECK(most(512, 1024, 60) == expected(2, 1));
  CHECK(most(128, 64, 1) == expected(8, 4));
  CHECK(most(0, 64, 1) == expected(8, 4));
}
