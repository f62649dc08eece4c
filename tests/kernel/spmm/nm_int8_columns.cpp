// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/nm_int8_columns.hpp>

#include "support/int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>

namespace la = lacuna;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// Rows around the blocks, columns of A around quads, of slots and of X around the tiles of all instruction sets.
template <int Keep, int M, la::order OX, la::order OY>
std::string problem(unsigned seed) {
  lacuna_test::int8_sizes const tried{{0, 1, 2, 63, 64, 131},
                                      {0, 1, 3, 4, 31, 67, 200, 1093},
                                      {9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 130, 0},
                                      lacuna_test::quick() ? 17 : 5};
  return tried.problem(seed, lacuna_test::int8_matrix_problem<lacuna_test::int8_tiles, la::nm<std::int8_t, Keep, M>, OX,
                                                              OY, std::uint8_t, std::int8_t>);
}

}  // namespace

TEST_CASE("nm int8 spmm: takes few columns, unless bytes have to be widened") {
  using kernel = la::kernel::spmm_quads<la::nm_layout<1, 16>, arch>;
  STATIC_REQUIRE(kernel::accepts<la::nm_view<std::int8_t, 1, 16>> ==
                 (la::simd::has_batch<arch, std::int8_t> &&
                  (la::simd::biased_dot4<arch>::biased || !la::simd::wide_dot4<arch>::pays)));
  STATIC_REQUIRE_FALSE(kernel::accepts<la::nm_view<float, 1, 16>>);
}

TEST_CASE("nm int8 spmm: few columns of codes and of masks, in all orders, exact") {
  CHECK(problem<1, 16, row, row>(1) == "");
  CHECK(problem<1, 5, col, row>(2) == "");
  CHECK(problem<7, 32, row, col>(3) == "");
  CHECK(problem<3, 13, col, col>(4) == "");
}

TEST_CASE("nm int8 spmm: few columns, with an epilogue and in many threads as in one") {
  CHECK(lacuna_test::int8_epilogue_problem<la::nm<std::int8_t, 1, 16>>(5) == "");
}
