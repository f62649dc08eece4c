// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/few_columns_checks.hpp"
#include "support/guard.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

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

TEMPLATE_TEST_CASE("few columns of csr: the wider the matrix, the more", "", float, double, la::bf16) {
  using view = la::csr_view<TestType>;
  using sum_type = la::accumulator_t<TestType>;
  auto const most = [](la::index rows, la::index cols) {
    auto const kept = la::mask(rows, cols, true);
    return kernel::most(la::pack<la::csr<TestType>>(la::dense<TestType>(rows, cols), kept).view());
  };
  if constexpr (kernel::takes_rows<view>) {
    auto const many = la::simd::holds<arch, sum_type, 8> ? 8 : 4;
    CHECK(most(23, 50) == 4);
    CHECK(most(24, 50) == many);
    CHECK(most(24, 1) == many);
    CHECK(most(0, 50) == 4);
  } else {
    constexpr auto line = static_cast<la::index>(sizeof(la::simd::batch<sum_type, arch>));
    CHECK(most(1, 32768 / line) == (la::simd::avx2<arch> && !kernel::takes_pairs<view> ? 1 : 2));
    CHECK(most(1, 32768 / line + 1) == 2);
    CHECK(most(1, 73728 / line - 1) == 2);
    CHECK(most(1, 73728 / line) == 4);
  }
}

TEST_CASE("few columns of csr: other indices, Y that is wider than the product, at the edges of its memory") {
  lacuna_test::random r(3);
  auto const w = lacuna_test::random_dense<float>(r, 21, 90);
  auto const keep = lacuna_test::random_mask(r, 21, 90, lacuna_test::coverage::ragged);
  auto const check = [&]<class Format>(Format const& a) {
    for (la::index n = 1; n <= 4; ++n)
      for (auto const where : lacuna_test::both_placements) {
        auto const x = lacuna_test::random_dense<float>(r, 90, n);
        lacuna_test::guarded<float> memory(20 * 7 + n, where);
        for (auto& one : memory) one = 5;
        la::dense_view<float> const y(memory.data(), 21, n, 7);
        la::spmm(a, x, y);
        la::dense<float> copy(21, n);
        for (la::index i = 0; i != 21; ++i) {
          for (la::index j = 0; j != n; ++j) copy(i, j) = y(i, j);
          for (la::index j = n; j != 7 && i != 20; ++j) REQUIRE(memory[i * 7 + j] == 5);
        }
        CAPTURE(n);
        REQUIRE(lacuna_test::check_product(a, x, copy) == "");
      }
  };
  check(la::pack<la::csr<float, std::uint16_t, std::uint32_t>>(w, keep));
  check(la::pack<la::csr<float, std::int64_t, std::int64_t>>(w, keep));
  check(la::pack<la::csr<float>>(w, keep));
}
