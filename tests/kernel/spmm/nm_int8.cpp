// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/nm_int8.hpp>
#include <lacuna/kernel/spmm/nm_int8_columns.hpp>

#include "support/int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace la = lacuna;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

using lacuna_test::int8_matrix_problem;
using lacuna_test::int8_tiles;

/// Remainders of rows, of steps and pieces of columns, of quads and of tiles.
template <int Keep, int M, la::order OX, la::order OY>
std::string problem(unsigned seed) {
  lacuna_test::int8_sizes const tried{{0, 1, 15, 16, 17, 40},
                                      {0, 1, 3, 4, 59, 60, 64, 67, 128, 459, 512, 513, 1093},
                                      {0, 1, 2, 9, 15, 16, 17, 33, 64, 97, 128, 131},
                                      lacuna_test::quick() ? 41 : 7};
  return tried.problem(
      seed, int8_matrix_problem<int8_tiles, la::nm<std::int8_t, Keep, M>, OX, OY, std::uint8_t, std::int8_t>);
}

template <int Keep, int M, class T = std::int8_t>
constexpr bool taken = la::kernel::takes_quads<la::nm_view<T, Keep, M>, arch>;

template <int Keep, int M>
using kernel_of_groups = la::kernel::spmm_quads<la::nm_layout<Keep, M>, arch>;
template <class Kernel>
constexpr bool has_other = requires { typename Kernel::other; };
template <int Keep, int M>
bool goes_by_slots(la::index columns) {
  using kernel = kernel_of_groups<Keep, M>;
  if constexpr (has_other<kernel>)
    return kernel::wants_other(la::nm_view<std::int8_t, Keep, M>(), columns);
  else
    return false;
}

}  // namespace

TEST_CASE("nm int8 spmm: a column of four in codes slot by slot on Zen, from seventeen columns of X on") {
  constexpr bool slots = la::detail::tuned_for_zen && la::simd::avx512<arch> && !la::simd::biased_dot4<arch>::biased;
  STATIC_REQUIRE(has_other<kernel_of_groups<1, 4>> == slots);
  STATIC_REQUIRE(has_other<kernel_of_groups<2, 8>> == slots);
  STATIC_REQUIRE_FALSE(has_other<kernel_of_groups<8, 32>>);
  CHECK_FALSE(goes_by_slots<2, 8>(16));
  CHECK(goes_by_slots<2, 8>(17) == slots);
}

TEST_CASE("nm int8 spmm: masks row by row up to 32 columns of X where dots go by pairs of AVX2") {
  constexpr bool rows = la::simd::biased_dot4<arch>::biased && !la::simd::avx512<arch>;
  STATIC_REQUIRE(has_other<kernel_of_groups<2, 4>> == rows);
  STATIC_REQUIRE(has_other<kernel_of_groups<4, 8>> == rows);
  CHECK(goes_by_slots<2, 4>(32) == rows);
  CHECK_FALSE(goes_by_slots<2, 4>(33));
}

TEST_CASE("nm int8 spmm: takes int8 that keeps as many columns as pay, and no other") {
  constexpr bool any = la::simd::has_batch<arch, std::int8_t>;
  constexpr bool sparse = any && (la::simd::biased_dot4<arch>::biased || !la::simd::wide_dot4<arch>::pays);
  constexpr bool slots = la::simd::biased_dot4<arch>::biased;
  using kernel = la::kernel::spmm_quads<la::nm_layout<1, 4>, arch>;
  using half = la::kernel::spmm_quads<la::nm_layout<2, 4>, arch>;
  using most = la::kernel::spmm_quads<la::nm_layout<3, 5>, arch>;
  STATIC_REQUIRE(kernel::name == (slots ? "nm/columns" : "nm/quads"));
  STATIC_REQUIRE(half::name == (slots ? "nm/columns" : "nm/quads"));
  STATIC_REQUIRE(most::name == "nm/quads");
  STATIC_REQUIRE(taken<2, 4> == any);
  STATIC_REQUIRE(taken<3, 8> == any);
  STATIC_REQUIRE(taken<1, 3> == sparse);
  STATIC_REQUIRE(taken<8, 32> == sparse);
  STATIC_REQUIRE(kernel::accepts<la::nm_view<std::int8_t, 1, 4>> == sparse);
  STATIC_REQUIRE_FALSE(taken<2, 4, float>);
}

TEST_CASE("nm int8 spmm: masks of 64 columns, exact") {
  CHECK(problem<2, 4, row, row>(1) == "");
  CHECK(problem<4, 8, col, row>(2) == "");
}

TEST_CASE("nm int8 spmm: masks of other groups, exact") {
  CHECK(problem<3, 5, row, col>(3) == "");
  CHECK(problem<9, 19, col, col>(4) == "");
  CHECK(problem<12, 32, row, row>(5) == "");
  CHECK(problem<4, 15, col, row>(13) == "");
}

TEST_CASE("nm int8 spmm: codes, exact") {
  CHECK(problem<1, 2, row, col>(6) == "");
  CHECK(problem<1, 1, col, row>(7) == "");
  CHECK(problem<1, 4, row, row>(10) == "");
  CHECK(problem<2, 8, col, col>(11) == "");
  CHECK(problem<1, 3, row, col>(12) == "");
}

TEST_CASE("nm int8 spmm: any number of rows, and of columns") {
  lacuna_test::random r(8);
  auto const problem_of = [&](la::index rows, la::index cols, la::index n, lacuna_test::placement where) {
    return int8_matrix_problem<int8_tiles, la::nm<std::int8_t, 2, 4>, row, row>(r, rows, cols, n, where);
  };
  for (la::index m = 0; m <= 40; ++m) {
    CAPTURE(m);
    CHECK(problem_of(m, 130, 20, lacuna_test::both_placements[static_cast<std::size_t>(m % 2)]) == "");
  }
  for (la::index n = 1; n <= 137; n += lacuna_test::quick() ? 9 : 1) {
    CAPTURE(n);
    CHECK(problem_of(19, 70, n, lacuna_test::both_placements[static_cast<std::size_t>(n % 2)]) == "");
  }
}

TEST_CASE("nm int8 spmm: with an epilogue and in many threads as in one") {
  CHECK(lacuna_test::int8_epilogue_problem<la::nm<std::int8_t, 2, 4>>(9) == "");
}
