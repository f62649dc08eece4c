// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/spmm/csr_int8.hpp>

#include "support/int8_products.hpp"
#include "support/quick.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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

TEST_CASE("csr int8 spmm: with an epilogue and in many threads as in one") {
  lacuna_test::random r(9);
  auto const a = lacuna_test::int8_matrix<la::csr<std::int8_t>>(r, 203, 133);
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

}  // namespace tests_of_csr_int8
