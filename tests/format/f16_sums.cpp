// SPDX-License-Identifier: MIT
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/f16_sums.hpp>
#include <lacuna/pack.hpp>

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

namespace la = lacuna;

TEST_CASE("f16_sums: borrows a matrix of f16") {
  la::dense<la::f16> w(3, 5);
  w(1, 3) = la::f16(7.0f);
  auto const a = la::pack<la::bsr<la::f16, 2, 1>>(w);
  auto const s = la::f16_sums(a);
  STATIC_REQUIRE(std::is_same_v<decltype(s), la::f16_sums_view<la::bsr_view<la::f16, 2, 1>> const>);
  STATIC_REQUIRE(la::sparse_operand<decltype(s)>);
  STATIC_REQUIRE_FALSE(la::sparse_matrix<decltype(s)>);
  STATIC_REQUIRE(std::is_same_v<decltype(la::f16_sums(a.view())), std::remove_const_t<decltype(s)>>);
  CHECK(s.rows() == 3);
  CHECK(s.cols() == 5);
  CHECK(s.stored() == 2);
  CHECK(s.matrix.values().data() == a.values().data());
}
