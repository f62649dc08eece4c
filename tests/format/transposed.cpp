// SPDX-License-Identifier: MIT
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/transposed.hpp>
#include <lacuna/pack.hpp>

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

namespace la = lacuna;

TEST_CASE("transposed: borrows and swaps the counts") {
  la::dense<float> w(2, 5);
  w(1, 3) = 7;
  auto const a = la::pack<la::csr<float>>(w);
  auto const t = la::transposed(a);
  STATIC_REQUIRE(std::is_same_v<decltype(t), la::transposed_view<la::csr_view<float>> const>);
  STATIC_REQUIRE(la::sparse_operand<decltype(t)>);
  STATIC_REQUIRE_FALSE(la::sparse_matrix<decltype(t)>);
  CHECK(t.rows() == 5);
  CHECK(t.cols() == 2);
  CHECK(t.stored() == 1);
  CHECK(t.base.values().data() == a.values().data());
  CHECK(la::to_dense(t)(3, 1) == 7);
}

TEST_CASE("transposed: twice is the matrix itself") {
  auto const a = la::pack<la::bitmap<float>>(la::dense<float>(3, 4), la::mask(3, 4, true));
  auto const twice = la::transposed(la::transposed(a));
  STATIC_REQUIRE(std::is_same_v<decltype(twice), la::bitmap_view<float> const>);
  CHECK(twice.bits().data() == a.bits().data());
}
