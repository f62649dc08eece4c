// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/grouped_int4.hpp>
#include <lacuna/pack.hpp>

#include "support/few_columns_checks.hpp"
#include "support/guarded_int4.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using arch = la::simd::default_arch;
template <int G>
using kernel = la::kernel::few_columns<la::grouped_int4_layout<G>, arch>;

TEST_CASE("few columns of grouped_int4: every width, between guard pages, Inf and NaN") {
  using narrow = la::grouped_int4<16, la::f16, std::uint16_t, std::uint32_t>;
  lacuna_test::check_few_columns<kernel<16>, narrow>({0, 1, 50, 1100}, {1, 19});
}

TEST_CASE("few columns of grouped_int4: groups of which not one fits the L1 cache") {
  lacuna_test::check_few_columns<kernel<4096>, la::grouped_int4<4096>>({0, 5000}, {1, 3});
}

TEST_CASE("few columns of grouped_int4: what they take") {
  STATIC_REQUIRE(kernel<16>::widest<la::grouped_int4_view<16, double>> == 0);
  STATIC_REQUIRE(kernel<24>::widest<la::grouped_int4_view<24>> == 0);
}
