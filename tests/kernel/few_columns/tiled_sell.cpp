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

TEST_CASE("few columns of tiled_sell: not of integers") {
  using F = la::tiled_sell<std::int8_t>;
  STATIC_REQUIRE(la::kernel::few_columns<F::layout, arch>::widest<la::view_t<F>> == 0);
}
