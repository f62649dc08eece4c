// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/bitmap.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/any_executor.hpp"
#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/spmm_checks.hpp"
#include "support/tiles.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace tests_of_spmm_bitmap {

namespace la = lacuna;
using lacuna_test::ranges;
using arch = la::simd::default_arch;
using kernel = la::kernel::spmm<la::bitmap_layout, arch>;

namespace {

template <class T>
la::bitmap<T> sparse(lacuna_test::random& r, la::index rows, la::index cols, la::index percent) {
  return la::pack<la::bitmap<T>>(lacuna_test::random_dense<T>(r, rows, cols),
                                 lacuna_test::uneven_mask(r, rows, cols, percent));
}

/// Tiles of eight and of four registers by themselves, and every range of rows of one shape.
template <class T>
void check_tiles(unsigned seed) {
  if constexpr (la::simd::has_batch<arch, la::accumulator_t<T>>) {
    lacuna_test::random r(seed);
    auto const whole = [&](la::index rows, la::index cols, la::index percent, ranges which) {
      auto const a = sparse<T>(r, rows, cols, percent);
      for (auto const where : lacuna_test::both_placements) {
        CAPTURE(rows, cols, percent, where);
        REQUIRE(lacuna_test::tile_problem<kernel, 8>(a, where, which) == "");
        REQUIRE(lacuna_test::tile_problem<kernel, 4>(a, where, which) == "");
      }
    };
    whole(9, 70, 50, ranges::all);
    for (la::index const cols : {0, 1, 8, 63, 64, 65, 127, 129, 200}) whole(3, cols, 60, ranges::whole);
    whole(4, 700, 10, ranges::whole);   // tiles of 64 KB
    whole(40, 1100, 1, ranges::whole);  // thin, more words than a tile has room for
    if (!lacuna_test::quick()) whole(256, 150, 40, ranges::whole);
  }
}

struct shape {
  la::index rows, cols, percent;
};

/// Rows around pairs and the blocks of 128 and 256; columns around words and tiles; dense enough for tiles of 32 and of
/// 64 KB, thin and small, and thin with so many slots that the columns are decoded.
constexpr shape shapes[] = {{1, 1, 100},    {3, 63, 50},    {4, 64, 30},   {5, 65, 50},   {127, 70, 20},
                            {130, 257, 12}, {131, 200, 4},  {6, 2500, 30}, {7, 0, 0},     {0, 7, 0},
                            {258, 90, 9},   {1030, 33, 60}, {12, 3000, 2}, {300, 1200, 5}};

}  // namespace

TEST_CASE("bitmap spmm: takes floating weights, and nothing else") {
  STATIC_REQUIRE(kernel::accepts<la::bitmap_view<float>, float>);
  STATIC_REQUIRE(kernel::accepts<la::bitmap_view<la::f16>, float>);
  STATIC_REQUIRE(kernel::accepts<la::bitmap_view<double>, double> == la::simd::has_batch<arch, double>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::bitmap_view<std::int8_t>, std::int32_t>);
}

TEST_CASE("bitmap spmm: tiles of floats") { check_tiles<float>(1); }
TEST_CASE("bitmap spmm: tiles of doubles") { check_tiles<double>(2); }
TEST_CASE("bitmap spmm: tiles of bf16") { check_tiles<la::bf16>(3); }

TEST_CASE("bitmap spmm: whole tiles of eight and four registers are its own, but not those of large thin matrices") {
  lacuna_test::random r(5);
  constexpr auto lanes = lacuna_test::lanes_of<float>;
  auto const own = [](la::bitmap<float> const& a, la::index n) { return kernel::own_columns(a.view(), n); };
  auto const dense = sparse<float>(r, 20, 100, 50);
  CHECK(own(dense, 8 * lanes) == 8 * lanes);
  CHECK(own(dense, 8 * lanes - 1) == (lanes > 1 ? 8 * lanes - 1 : 4));
  CHECK(own(dense, 16 * lanes + 1) == 16 * lanes);
  CHECK(own(dense, 13 * lanes) == 12 * lanes);
  CHECK(own(dense, 2 * lanes) == 0);
  CHECK(own(dense, 2 * lanes + 1) == 2 * lanes + 1);
  CHECK(own(sparse<float>(r, 200, 600, 10), 12 * lanes) == (la::simd::avx512<arch> ? 8 : 12) * lanes);
  CHECK(own(sparse<float>(r, 200, 600, 3), 12 * lanes) == 12 * lanes);
  constexpr bool as_csr = la::simd::reads_in_order<arch> && !la::simd::avx512<arch>;
  CHECK(own(sparse<float>(r, 200, 600, 10), 16 * lanes) == (as_csr ? 0 : 16 * lanes));
  CHECK(own(sparse<float>(r, 200, 600, 20), 16 * lanes) == 16 * lanes);
  CHECK(own(sparse<float>(r, 300, 1200, 5), 8 * lanes) == 0);
}

TEST_CASE("bitmap spmm: every way through the product, between guard pages") {
  constexpr la::index lanes = lacuna_test::lanes_of<float>;
  lacuna_test::random r(6);
  la::index number = 0;
  for (auto const& s : shapes)
    for (la::index const n : {la::index{2}, 26 + lanes, 4 * lanes, 8 * lanes, 8 * lanes - 1, 15 * lanes + 2}) {
      if (lacuna_test::quick() && ++number % 3 != 0) continue;
      auto const where = lacuna_test::both_placements[n % 2];
      auto const a = sparse<float>(r, s.rows, s.cols, s.percent);
      auto const x = lacuna_test::random_dense<float>(r, s.cols, n);
      CAPTURE(s.rows, s.cols, s.percent, n, where);
      REQUIRE(lacuna_test::product_problem(a, x, where) == "");
    }
}

TEST_CASE("bitmap spmm: weights of 16 bits") {
  lacuna_test::random r(7);
  for (auto const& s : shapes) {
    auto const x = lacuna_test::random_dense<float>(r, s.cols, 13 * lacuna_test::lanes_of<float> + 1);
    CAPTURE(s.rows, s.cols, s.percent);
    REQUIRE(lacuna_test::product_problem(sparse<la::f16>(r, s.rows, s.cols, s.percent), x,
                                         lacuna_test::placement::upper) == "");
  }
}

TEST_CASE("bitmap spmm: infinities and NaN of X reach the rows that store something opposite, and no others") {
  lacuna_test::random r(8);
  for (la::index const percent : {3, 40}) {
    auto const keep = lacuna_test::uneven_mask(r, 340, 190, percent);
    auto const a = la::pack<la::bitmap<float>>(lacuna_test::random_dense<float>(r, 340, 190), keep);
    CHECK(lacuna_test::wrongly_reached(a, keep, 17, 13 * lacuna_test::lanes_of<float> + 1) == 0);
  }
}

TEST_CASE("bitmap spmm: any executor gives the same bits") {
  lacuna_test::random r(9);
  lacuna_test::executors const pool;
  auto const n = 13 * lacuna_test::lanes_of<float> + 3;
  for (shape const& s : {shape{300, 150, 50}, shape{300, 1200, 5}}) {
    auto const a = sparse<float>(r, s.rows, s.cols, s.percent);
    auto const x = lacuna_test::random_dense<float>(r, s.cols, n);
    la::dense<float> y(s.rows, n), expected(s.rows, n);
    la::spmm(a, x, expected);
    for (auto const& [name, exec] : pool.all()) {
      la::spmm(exec, a, x, y);
      CAPTURE(name, s.percent);
      REQUIRE(lacuna_test::same_bits(y, expected));
    }
  }
}

}  // namespace tests_of_spmm_bitmap
