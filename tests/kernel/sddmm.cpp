// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/sddmm.hpp>

#include "support/sampled.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::executors;
using lacuna_test::sampled_format_problem;

namespace {

constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

}  // namespace

TEST_CASE("sddmm: every combination of types and orders, on one format") {
  executors const pool;
  using f = la::csr<float>;
  CHECK(sampled_format_problem<f, float, row, float, col>(pool, 0) == "");
  CHECK(sampled_format_problem<f, float, row, float, row>(pool, 1) == "");
  CHECK(sampled_format_problem<f, float, col, float, col>(pool, 2) == "");
  CHECK(sampled_format_problem<f, float, col, float, row>(pool, 3) == "");
  CHECK(sampled_format_problem<f, la::bf16, row, float, col>(pool, 4) == "");
  CHECK(sampled_format_problem<la::csr<double>, double, row, double, col>(pool, 5) == "");
  CHECK(sampled_format_problem<la::csr<double>, double, col, double, row>(pool, 0) == "");
  CHECK(sampled_format_problem<la::csr<la::bf16>, la::bf16, row, la::bf16, row>(pool, 1) == "");
  CHECK(sampled_format_problem<la::csr<la::f16>, float, col, la::f16, col>(pool, 2) == "");
  CHECK(sampled_format_problem<la::csr<la::bf16, std::int64_t>, float, row, float, col>(pool, 3) == "");
}

TEST_CASE("sddmm: what it takes") {
  using la::kernel::sampled_multipliable;
  STATIC_REQUIRE(sampled_multipliable<float, float, float>);
  STATIC_REQUIRE(sampled_multipliable<la::bf16, float, la::f16>);
  STATIC_REQUIRE(sampled_multipliable<double, double, double>);
  STATIC_REQUIRE_FALSE(sampled_multipliable<double, float, double>);
  STATIC_REQUIRE_FALSE(sampled_multipliable<float, double, float>);
  STATIC_REQUIRE_FALSE(sampled_multipliable<std::int8_t, std::int8_t, std::int8_t>);
  STATIC_REQUIRE_FALSE(sampled_multipliable<float, std::int8_t, float>);
}

TEST_CASE("sddmm fallback: any types, orders and strides, between guard pages") {
  lacuna_test::random r(1);
  auto const a = la::pack<la::csr<la::bf16>>(lacuna_test::random_dense<float>(r, 6, 9),
                                             lacuna_test::random_mask(r, 6, 9, lacuna_test::coverage::ragged));
  auto const slots = lacuna_test::places_of(a);
  for (auto const where : lacuna_test::both_placements)
    for (la::index const t : {0, 1, 5}) {
      auto const u = lacuna_test::random_dense<float>(r, 6, t);
      auto const v = lacuna_test::random_dense<la::f16>(r, t, 9);
      lacuna_test::guarded_dense<float, col> left(u, 2, where);
      lacuna_test::guarded_dense<la::f16> right(v, 1, where);
      std::vector<la::bf16> values(static_cast<std::size_t>(a.stored()));
      auto const before = values;
      la::kernel::sddmm_fallback::run(a.view(), la::dense_view<float const, col>(left.view()),
                                      la::dense_view<la::f16 const>(right.view()),
                                      la::kernel::sampled_sums<la::bf16>{values.data(), nullptr, true, true}, 0, 6);
      CHECK(lacuna_test::sampled_problem<la::bf16>(slots, values.data(), before, u, v) == "");
    }
}

TEST_CASE("sddmm: sums grow from block to block, and narrow values are rounded once") {
  la::bf16 value{};
  float partial = 0;
  using sums = la::kernel::sampled_sums<la::bf16>;
  sums{&value, &partial, true, false}.add(0, 1.0f);
  sums{&value, &partial, false, false}.add(0, 0x1p-9f);  // bf16 has 8 bits: 1 + 2^-9 would be 1
  CHECK(value.bits == 0);
  sums{&value, &partial, false, true}.add(0, 0x1p-9f);
  CHECK(static_cast<float>(value) == 1.0f);
  sums{&value, &partial, false, true}.add(0, 0x1p-7f);
  CHECK(static_cast<float>(value) == 1.0f + 0x1p-7f);
  float wide = 5;
  using wide_sums = la::kernel::sampled_sums<float>;
  wide_sums{&wide, nullptr, true, false}.add(0, 1.5f);
  CHECK(wide == 1.5f);
  wide_sums{&wide, nullptr, false, true}.add(0, 2);
  CHECK(wide == 3.5f);
}
