// SPDX-License-Identifier: MIT
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/along_inputs.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using arch = la::simd::default_arch;
template <class View>
constexpr bool accepted = la::kernel::along_inputs<typename View::layout, arch>::template accepts<View>;

TEST_CASE("along_inputs: which matrices have a kernel") {
  STATIC_REQUIRE(accepted<la::csr_view<float>>);
  STATIC_REQUIRE(accepted<la::nm_view<la::bf16, 2, 4>>);
  STATIC_REQUIRE_FALSE(accepted<la::nm_view<float, 1, 4>>);
  STATIC_REQUIRE_FALSE(accepted<la::csr_view<std::int8_t>>);
  STATIC_REQUIRE_FALSE(accepted<la::bsr_view<float, 4, 1>>);
}

TEMPLATE_TEST_CASE("along_inputs: spmm with 1 to 40 columns", "", la::csr<float>, la::bitmap<float>,
                   la::bitmap<la::bf16>) {
  lacuna_test::random r(1);
  auto const a = la::pack<TestType>(lacuna_test::random_dense<typename TestType::value_type>(r, 37, 90),
                                    lacuna_test::random_mask(r, 37, 90, lacuna_test::coverage::half));
  for (la::index n = 1; n <= 40; ++n) {
    auto const x = lacuna_test::random_dense<float>(r, 90, n);
    la::dense<float> y(37, n);
    la::spmm(a, x, y);
    CAPTURE(n);
    REQUIRE(lacuna_test::check_product(a, x, y) == "");
  }
  la::dense<float> x = lacuna_test::random_dense<float>(r, 90, 140), y(37, 140);
  la::spmm(a, x, y);
  CHECK(lacuna_test::check_product(a, x, y) == "");
}
