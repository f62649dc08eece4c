// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/bsr_int8.hpp>

#include "support/int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <type_traits>

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

TEST_CASE("bsr int8 spmm: enough rows for blocks of 64, and the last one in part, by strips") {
  lacuna_test::random r(7);
  using lacuna_test::int8_matrix_problem;
  using lacuna_test::int8_tiles;
  auto const where = lacuna_test::placement::upper;
  CHECK(int8_matrix_problem<int8_tiles, la::bsr<std::int8_t, 4, 4>, row, row, std::uint8_t, std::int8_t>(
            r, 331, 70, 200, where) == "");
  CHECK(int8_matrix_problem<int8_tiles, la::bsr<std::int8_t, 3, 4>, row, col, std::int8_t>(r, 259, 9, 70, where) == "");
}

TEST_CASE("bsr int8 spmm: strips are narrow where that keeps X of four rows in L1") {
  auto const dots = [](auto const& a, auto widest, auto by_strips, auto block) {
    using kernel = la::kernel::spmm_quads<typename std::remove_cvref_t<decltype(a)>::layout, arch>;
    auto const view = a.view();
    la::kernel::quads_matrix<decltype(view)> const matrix{view, kernel::quads(view), nullptr};
    CHECK(kernel::widest(matrix) == widest);
    CHECK(kernel::strip_by_strip(matrix) == by_strips);
    CHECK(kernel::block(matrix) == block);
  };
  bool const fast = la::kernel::fast_dots<arch>;
  lacuna_test::random r(8);
  dots(lacuna_test::int8_blocks<4, 4>(r, 256, 2048), fast ? 4 : 8, fast, fast ? 64 : 16);
  dots(lacuna_test::int8_blocks<4, 4>(r, 255, 2052), 8, false, 16);
  dots(lacuna_test::int8_blocks<3, 4>(r, 8, 40), fast ? 4 : 8, fast, 18);
  dots(lacuna_test::int8_blocks<16, 4>(r, 256, 40), 8, false, 16);
}

TEST_CASE("bsr int8 spmm: with an epilogue and in many threads as in one") {
  CHECK(lacuna_test::int8_epilogue_problem<la::bsr<std::int8_t, 4, 4>>(9) == "");
}
