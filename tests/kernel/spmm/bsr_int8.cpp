// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/spmm/bsr_int8.hpp>

#include "support/int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::int8_problem;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

TEST_CASE("bsr int8 spmm: takes int8 and no other") {
  using la::kernel::spmm_quads;
  STATIC_REQUIRE(spmm_quads<la::bsr_layout<4, 4>, arch>::accepts<la::bsr_view<std::int8_t, 4, 4>> ==
                 la::simd::has_batch<arch, std::int8_t>);
  STATIC_REQUIRE_FALSE(spmm_quads<la::bsr_layout<4, 4>, arch>::accepts<la::bsr_view<float, 4, 4>>);
}

TEST_CASE("bsr int8 spmm: blocks of four columns, exact") {
  CHECK(int8_problem<16, 4, row, row>(2) == "");
  CHECK(int8_problem<4, 4, col, row>(3) == "");
}

TEST_CASE("bsr int8 spmm: blocks of more columns, exact") {
  CHECK(int8_problem<8, 16, row, col>(1) == "");
  CHECK(int8_problem<1, 8, col, col>(5) == "");
  CHECK(int8_problem<5, 12, row, row>(6) == "");
}

TEST_CASE("bsr int8 spmm: with an epilogue and in many threads as in one") {
  lacuna_test::random r(9);
  auto const a = lacuna_test::int8_blocks<4, 4>(r, 203, 133);
  auto const x = lacuna_test::int8_inputs<std::int8_t>(r, 133, 200);
  std::vector<float> b(203);
  for (auto& value : b) value = static_cast<float>(r.below(100));
  la::dense<float> one(203, 200), many(203, 200);
  la::dense<std::int32_t> sums(203, 200);
  la::threads pool(3);
  la::spmm(a, x, sums);
  la::spmm(a, x, one, la::scale(0.5f) | la::bias(b));
  la::spmm(pool, a, x, many, la::scale(0.5f) | la::bias(b));
  la::index wrong = 0;
  for (la::index i = 0; i != 203; ++i)
    for (la::index j = 0; j != 200; ++j)
      wrong += one(i, j) != static_cast<float>(sums(i, j)) * 0.5f + b[static_cast<std::size_t>(i)] ||
               many(i, j) != one(i, j);
  CHECK(wrong == 0);
}
