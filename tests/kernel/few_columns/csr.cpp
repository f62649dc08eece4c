// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/csr.hpp>
#include <lacuna/pack.hpp>

#include "support/few_columns_checks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using arch = la::simd::default_arch;
using kernel = la::kernel::few_columns<la::csr_layout, arch>;

TEMPLATE_TEST_CASE("few columns of csr: every width and length, between guard pages, Inf and NaN", "", float, double,
                   la::bf16, la::f16) {
  if constexpr (kernel::widest<la::csr_view<TestType>> != 0)
    lacuna_test::check_few_columns<kernel, la::csr<TestType>>({0, 1, 7, 33, 64, 65, 140}, {1, 3, 16, 19});
  STATIC_REQUIRE(kernel::widest<la::csr_view<std::int8_t>> == 0);
}

TEST_CASE("few columns of csr: the wider the matrix, the more") {
  auto const most = [](la::index cols) {
    return kernel::most(la::pack<la::csr<float>>(la::dense<float>(1, cols)).view());
  };
  constexpr auto line = static_cast<la::index>(sizeof(la::simd::batch<float, arch>));
  CHECK(most(32768 / line) == (la::simd::avx2<arch> ? 1 : 2));
  CHECK(most(32768 / line + 1) == 2);
  CHECK(most(73728 / line) == 2);
  CHECK(most(73728 / line + 1) == 4);
}
