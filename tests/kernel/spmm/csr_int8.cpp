// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/csr_int8.hpp>

#include "support/int8_products.hpp"
#include "support/quick.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>

namespace tests_of_csr_int8 {

namespace la = lacuna;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// Rows around the blocks, columns of A around quads, and of X around the tiles of all instruction sets.
template <class I, class Offset, la::order OX, la::order OY>
std::string problem(unsigned seed) {
  lacuna_test::int8_sizes const tried{{0, 1, 2, 63, 64, 131},
                                      {0, 1, 3, 4, 9, 67, 200},
                                      {1, 2, 5, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 130, 0},
                                      lacuna_test::quick() ? 17 : 5};
  using format = la::csr<std::int8_t, I, Offset>;
  return tried.problem(
      seed, lacuna_test::int8_matrix_problem<lacuna_test::int8_tiles, format, OX, OY, std::uint8_t, std::int8_t>);
}

}  // namespace

TEST_CASE("csr int8 spmm: takes int8 and no other, unless bytes have to be widened") {
  using kernel = la::kernel::spmm_quads<la::csr_layout, arch>;
  STATIC_REQUIRE(kernel::accepts<la::csr_view<std::int8_t>> ==
                 (la::simd::has_batch<arch, std::int8_t> &&
                  (la::simd::biased_dot4<arch>::biased || !la::simd::wide_dot4<arch>::pays)));
  STATIC_REQUIRE_FALSE(kernel::accepts<la::csr_view<float>>);
}

TEST_CASE("csr int8 spmm: columns and offsets of any type, in all orders, exact") {
  CHECK(problem<std::uint32_t, std::uint32_t, row, row>(1) == "");
  CHECK(problem<std::uint16_t, std::uint32_t, col, row>(2) == "");
  CHECK(problem<int, int, row, col>(3) == "");
  CHECK(problem<std::uint8_t, std::int64_t, col, col>(4) == "");
}

TEST_CASE("csr int8 spmm: inputs around those of lines of two registers, and more than L1 holds, exact") {
  lacuna_test::int8_sizes const tried{{3}, {1023, 1024, 1025, 4097}, {9, 64, 65, 130}, lacuna_test::quick() ? 5 : 1};
  constexpr auto problem_of = lacuna_test::int8_matrix_problem<lacuna_test::int8_tiles, la::csr<std::int8_t>, row, row,
                                                               std::uint8_t, std::int8_t>;
  CHECK(tried.problem(5, problem_of) == "");
}

TEST_CASE("csr int8 spmm: with an epilogue and in many threads as in one") {
  CHECK(lacuna_test::int8_epilogue_problem<la::csr<std::int8_t>>(9) == "");
}

}  // namespace tests_of_csr_int8
