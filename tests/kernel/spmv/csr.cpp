// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmv/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/spmv_checks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
using lacuna_test::coverage;
using lacuna_test::placement;
using arch = la::simd::default_arch;
using kernel = la::kernel::spmv<la::csr_layout, arch>;

namespace {

template <class Format>
Format sparse(lacuna_test::random& r, la::index rows, la::index cols, coverage how) {
  return la::pack<Format>(lacuna_test::random_dense<typename Format::value_type>(r, rows, cols),
                          lacuna_test::random_mask(r, rows, cols, how));
}

template <class Format>
void check_lengths(la::index most, la::index step) {
  using X = la::accumulator_t<typename Format::value_type>;
  if constexpr (la::simd::has_batch<kernel::arch, X>) {
    lacuna_test::random r(1);
    for (auto const how : lacuna_test::all_coverages)
      for (la::index cols = 0; cols <= most; cols += lacuna_test::quick() && cols > 10 ? 7 : step)
        for (auto const where : lacuna_test::both_placements) {
          CAPTURE(cols, where, lacuna_test::name_of(how));
          auto const a = sparse<Format>(r, 1 + cols % 19, cols, how);
          REQUIRE(lacuna_test::spmv_problem<kernel>(a, lacuna_test::random_dense<X>(r, cols, 1), where) == "");
        }
  }
}

}  // namespace

TEST_CASE("csr spmv: takes what it says, and nothing else") {
  STATIC_REQUIRE(kernel::accepts<la::csr_view<float>, float, float>);
  STATIC_REQUIRE(kernel::accepts<la::csr_view<la::bf16>, float, float>);
  STATIC_REQUIRE(kernel::accepts<la::csr_view<la::f16>, float, la::f16>);
  STATIC_REQUIRE(kernel::accepts<la::csr_view<double>, double, double> == la::simd::has_batch<kernel::arch, double>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::csr_view<la::bf16>, la::bf16, float>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::csr_view<std::int8_t>, std::int8_t, std::int32_t>);
}

TEMPLATE_TEST_CASE("csr spmv: every count of slots and rows, between guard pages", "", float, double) {
  check_lengths<la::csr<TestType>>(70, 1);
  check_lengths<la::csr<TestType, std::uint16_t, std::uint32_t>>(40, 3);
  check_lengths<la::csr<TestType, std::int64_t>>(40, 3);
}

TEMPLATE_TEST_CASE("csr spmv: 16-bit values", "", la::bf16, la::f16) { check_lengths<la::csr<TestType>>(40, 1); }

TEST_CASE("csr spmv: Inf and NaN of x reach only rows that store something opposite") {
  lacuna_test::random r(2);
  for (la::index cols : {1, 16, 33}) {
    lacuna_test::check_spmv_non_finite<kernel>(r, sparse<la::csr<float>>(r, 30, cols, coverage::half));
    lacuna_test::check_spmv_non_finite<kernel>(r, sparse<la::csr<la::bf16>>(r, 30, cols, coverage::half));
  }
}

TEMPLATE_TEST_CASE("csr spmv: any range of rows", "", float, double) {
  if constexpr (la::simd::has_batch<kernel::arch, TestType>) {
    lacuna_test::random r(3);
    for (la::index cols : {5, 70}) {
      auto const x = lacuna_test::random_dense<TestType>(r, cols, 1);
      lacuna_test::check_spmv_ranges<kernel>(sparse<la::csr<TestType>>(r, 37, cols, coverage::ragged), x);
    }
  }
}

// Registers of slots are counted from the first slot of the matrix: rows begin and end in each of their lanes, several
// in one register, and the last slot is the last of a register or none.
TEMPLATE_TEST_CASE("csr spmv: rows of one length, behind slots and empty rows", "", float, double) {
  if constexpr (la::simd::has_batch<kernel::arch, TestType>) {
    lacuna_test::random r(5);
    auto const x = lacuna_test::random_dense<TestType>(r, 41, 1);
    for (la::index length = 0; length <= 41; length += lacuna_test::quick() && length > 18 ? 5 : 1)
      for (la::index before : {0, 1, 7, 16})
        for (auto const where : lacuna_test::both_placements) {
          la::mask keep(28, 41);
          for (la::index j = 0; j != before; ++j) keep.set(0, j, true);
          for (la::index i = 1; i != 25; ++i)  // rows 9 and 10, and the last three, are empty
            for (la::index j = 0; j != length && i != 9 && i != 10; ++j) keep.set(i, j, true);
          CAPTURE(length, before, where);
          auto const a = la::pack<la::csr<TestType>>(lacuna_test::random_dense<TestType>(r, 28, 41), keep);
          REQUIRE(lacuna_test::spmv_problem<kernel>(a, x, where) == "");
        }
  }
}

// Sums that do not go straight to y are kept for 256 rows at a time.
TEST_CASE("csr spmv: every row behind an epilogue, y of another type or with gaps as of a plain y") {
  lacuna_test::random r(6);
  for (la::index rows : {1, 255, 256, 257, 600}) {
    auto const a = sparse<la::csr<float>>(r, rows, 23, coverage::ragged);
    auto const x = lacuna_test::random_dense<float>(r, 23, 1);
    auto const bias = lacuna_test::random_dense<float>(r, rows, 1);
    la::vector_view<float const> const in(x.data(), 23);
    la::dense<float> plain(rows, 1), gaps(rows, 2), biased(rows, 1);
    la::dense<double> wide(rows, 1);
    kernel::run(a.view(), in, la::vector_view<float>(plain.data(), rows), la::identity_epilogue{}, 0, rows);
    kernel::run(a.view(), in, la::vector_view<float>(gaps.data(), rows, 2), la::identity_epilogue{}, 0, rows);
    kernel::run(a.view(), in, la::vector_view<double>(wide.data(), rows), la::identity_epilogue{}, 0, rows);
    kernel::run(a.view(), in, la::vector_view<float>(biased.data(), rows),
                la::bias(la::vector_view<float const>(bias.data(), rows)) | la::relu, 0, rows);
    bool fine = true;
    for (la::index i = 0; i != rows; ++i) {
      auto const sum = plain(i, 0), shifted = sum + bias(i, 0);
      fine = fine && gaps(i, 0) == sum && gaps(i, 1) == 0 && wide(i, 0) == sum &&
             biased(i, 0) == (shifted > 0 ? shifted : 0.0f);
    }
    CAPTURE(rows);
    CHECK(fine);
  }
}

TEST_CASE("csr spmv: what stands behind the last row is no slot") {
  std::vector<std::uint32_t> const offsets{0, 1, 3};
  std::vector<std::uint32_t> columns(40, 0xC0000000u);
  std::vector<float> values(40, 1.0f);
  columns[0] = 2, columns[1] = 0, columns[2] = 1;
  la::csr_view<float> const a(2, 3, offsets, columns, values);
  std::vector<float> const x{1, 2, 4};
  std::vector<float> y(2);
  la::spmv(a, x, y);
  CHECK(y == std::vector<float>{4, 3});
}

TEST_CASE("csr spmv: many values to a sum") {
  lacuna_test::random r(4);
  for (la::index cols : {1000, 4099}) {
    auto const x = lacuna_test::random_dense<float>(r, cols, 1, lacuna_test::spread::heavy_tailed);
    REQUIRE(lacuna_test::spmv_problem<kernel>(sparse<la::csr<float>>(r, 5, cols, coverage::half), x,
                                              placement::upper) == "");
  }
}
