// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmv/bits.hpp>
#include <lacuna/pack.hpp>

#include "support/random.hpp"
#include "support/spmv_checks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
using arch = la::simd::default_arch;
using kernel = la::kernel::spmv_of_bits<arch>;

TEMPLATE_TEST_CASE("spmv of bits: x of any stride and type", "", float, la::bf16, la::f16) {
  lacuna_test::random r(1);
  auto const a = la::pack<la::bitmap<TestType>>(lacuna_test::random_dense<TestType>(r, 20, 150),
                                                lacuna_test::random_mask(r, 20, 150, lacuna_test::coverage::half));
  for (la::index const stride : {1, 2, 7}) {
    auto const x = lacuna_test::random_dense<TestType>(r, 150, stride);
    la::dense<TestType> first(150, 1), y(20, 1);
    for (la::index k = 0; k != 150; ++k) first(k, 0) = x(k, 0);
    lacuna_test::run_spmv<kernel>(a.view(), la::vector_view<TestType const>(x.data(), 150, x.stride()),
                                  la::vector_view<TestType>(y.data(), 20), 0, 20);
    CHECK(lacuna_test::check_product(a, first, y) == "");
  }
}
