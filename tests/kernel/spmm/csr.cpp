// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/spmm_checks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tests_of_spmm_csr {

namespace la = lacuna;
using arch = la::simd::default_arch;
using kernel = la::kernel::spmm<la::csr_layout, arch>;

namespace {

struct shape {
  la::index rows, cols, percent;
};

/// Rows around the four in step and the blocks of 128 and 256; columns around the tiles of 32 KB and more; dense enough
/// for tiles, and thin enough for whole rows, in a slice of X that fits and in one that does not, whatever the
/// registers or in few.
constexpr shape shapes[] = {{1, 1, 100},    {3, 63, 50},    {4, 64, 30},  {5, 65, 50},   {9, 129, 40},   {127, 70, 20},
                            {130, 257, 12}, {131, 90, 4},   {258, 40, 3}, {12, 3000, 2}, {11, 2500, 10}, {6, 2500, 30},
                            {1030, 33, 9},  {200, 1200, 1}, {7, 0, 0},    {0, 7, 0}};

}  // namespace

// Each type of weights with another type of index.
TEMPLATE_TEST_CASE("csr: every way through the kernel, between guard pages", "", la::csr<float>,
                   (la::csr<double, std::int32_t>)) {
  using T = typename TestType::value_type;
  if constexpr (la::simd::has_batch<arch, T>) {
    constexpr auto lanes = lacuna_test::lanes_of<T>;
    lacuna_test::random r(1);
    la::index number = 0;
    for (auto const& s : shapes)
      for (la::index const n : {2, 3, lanes - 1, 2 * lanes, 4 * lanes + 1, 8 * lanes, 15 * lanes + 2}) {
        if (lacuna_test::quick() && ++number % 3 != 0) continue;
        auto const where = lacuna_test::both_placements[n % 2];
        auto const w = lacuna_test::random_dense<T>(r, s.rows, s.cols);
        auto const keep = lacuna_test::uneven_mask(r, s.rows, s.cols, s.percent);
        auto const x = lacuna_test::random_dense<T>(r, s.cols, n);
        CAPTURE(s.rows, s.cols, s.percent, n, where);
        REQUIRE(lacuna_test::product_problem(la::pack<TestType>(w, keep), x, where) == "");
      }
  }
}

TEST_CASE("csr: four registers of AVX2 on Zen where whole rows of A pay, eight for few reads of an X in place") {
  constexpr bool fours = la::simd::reads_in_order<arch> && la::simd::register_count<arch> < 32;
  auto const widest = [](la::index rows, la::index cols, double density, la::index n) {
    std::vector<float> const values(static_cast<std::size_t>(static_cast<double>(rows * cols) * density));
    std::vector<std::uint32_t> const offsets(static_cast<std::size_t>(rows + 1));
    return kernel::widest(la::csr_view<float>(rows, cols, offsets, {}, values), n);
  };
  constexpr la::index eight = 8 * lacuna_test::lanes_of<float>;
  CHECK(widest(512, 512, 0.2, 128) == (fours ? 4 : 8));
  CHECK(widest(512, 512, 0.5, 128) == 8);
  CHECK(widest(512, 256, 0.5, 128) == (fours ? 4 : 8));
  CHECK(widest(512, 2048, 0.1, 128) == (fours ? 4 : 8));
  CHECK(widest(512, 2048, 0.2, 128) == 8);
  CHECK(widest(64, 256, 0.12, eight + 1) == (fours ? 4 : 8));
  CHECK(widest(64, 256, 0.12, eight) == 8);
  CHECK(widest(32, 256, 0.12, eight + 1) == 8);
}

TEST_CASE("csr: columns of 16 bits, offsets of 64, and weights of 16 bits") {
  lacuna_test::random r(2);
  for (auto const& s : shapes) {
    auto const w = lacuna_test::random_dense<float>(r, s.rows, s.cols);
    auto const keep = lacuna_test::uneven_mask(r, s.rows, s.cols, s.percent);
    auto const x = lacuna_test::random_dense<float>(r, s.cols, 10 * lacuna_test::lanes_of<float> + 1);
    CAPTURE(s.rows, s.cols, s.percent);
    auto const a = la::pack<la::csr<la::bf16, std::uint16_t, std::int64_t>>(w, keep);
    REQUIRE(lacuna_test::product_problem(a, x, lacuna_test::placement::upper) == "");
  }
}

TEST_CASE("csr: infinities and NaN of X reach the rows that store something opposite, and no others") {
  lacuna_test::random r(3);
  for (la::index const percent : {3, 40}) {
    auto const keep = lacuna_test::uneven_mask(r, 140, 90, percent);
    auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 140, 90), keep);
    CHECK(lacuna_test::wrongly_reached(a, keep, 17, 8 * lacuna_test::lanes_of<float> + 1) == 0);
  }
}

TEST_CASE("csr: rows of X that stand apart and are read seldom are read in place, to the same bits") {
  lacuna_test::random r(4);
  for (shape const& s : {shape{9, 400, 2}, shape{21, 90, 20}, shape{131, 700, 4}})  // whole rows, tiles, both
    lacuna_test::check_seldom_read_rows<la::csr<float>>(r, s.rows, s.cols, s.percent);
}

TEST_CASE("csr: takes floating weights") {
  STATIC_REQUIRE(kernel::accepts<la::csr_view<la::f16>, float>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::csr_view<std::int8_t>, std::int32_t>);
}

}  // namespace tests_of_spmm_csr
