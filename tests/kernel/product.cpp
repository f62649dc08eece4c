// SPDX-License-Identifier: MIT
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/product.hpp>

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <vector>

namespace la = lacuna;
using i8 = std::int8_t;
using u8 = std::uint8_t;
using i32 = std::int32_t;
using la::kernel::multipliable;
using la::kernel::product;

namespace {

using none = la::identity_epilogue;
using accumulating = la::epilogue<la::accumulate_stage>;
using rectified = la::epilogue<la::relu_stage>;
using to_i8 = decltype(la::relu | la::requantize<i8>(0.5f));
using to_i8_first = decltype(la::requantize<i8>(0.5f) | la::relu);
using to_i8_twice = decltype(la::requantize<i8>(0.5f) | la::requantize<i8>(0.5f));

template <class A, class Y, class Epilogue>
using work_t = typename product<A, Y, Epilogue>::work_type;
template <class A, class Y, class Epilogue>
constexpr bool storable = product<A, Y, Epilogue>::storable;

}  // namespace

TEST_CASE("product: which types multiply") {
  STATIC_REQUIRE(multipliable<float, float>);
  STATIC_REQUIRE(multipliable<double, double>);
  STATIC_REQUIRE(multipliable<la::bf16, float>);
  STATIC_REQUIRE(multipliable<la::bf16, la::bf16>);
  STATIC_REQUIRE(multipliable<la::f16, float>);
  STATIC_REQUIRE(multipliable<la::f16, la::f16>);
  STATIC_REQUIRE(multipliable<i8, i8>);
  STATIC_REQUIRE(multipliable<i8, u8>);
  STATIC_REQUIRE_FALSE(multipliable<float, i8>);
  STATIC_REQUIRE_FALSE(multipliable<float, double>);
  STATIC_REQUIRE_FALSE(multipliable<float, la::bf16>);
  STATIC_REQUIRE_FALSE(multipliable<double, float>);
  STATIC_REQUIRE_FALSE(multipliable<la::bf16, la::f16>);
  STATIC_REQUIRE_FALSE(multipliable<i8, float>);
  STATIC_REQUIRE_FALSE(multipliable<i8, i32>);
  STATIC_REQUIRE_FALSE(multipliable<u8, i8>);
  STATIC_REQUIRE_FALSE(multipliable<std::int16_t, float>);
}

TEST_CASE("product: what sums and epilogues are computed in") {
  STATIC_REQUIRE(std::same_as<product<la::bf16, float, none>::sum_type, float>);
  STATIC_REQUIRE(std::same_as<work_t<double, double, rectified>, double>);
  STATIC_REQUIRE(std::same_as<work_t<la::f16, la::f16, rectified>, float>);
  STATIC_REQUIRE(std::same_as<work_t<i8, i32, none>, i32>);
  STATIC_REQUIRE(std::same_as<work_t<i8, i32, accumulating>, i32>);
  STATIC_REQUIRE(std::same_as<work_t<i8, float, none>, i32>);
  STATIC_REQUIRE(std::same_as<work_t<i8, float, accumulating>, float>);
  STATIC_REQUIRE(std::same_as<work_t<i8, float, rectified>, float>);
  STATIC_REQUIRE(std::same_as<work_t<i8, i8, to_i8>, float>);
}

TEST_CASE("product: which results Y can take") {
  STATIC_REQUIRE(storable<float, float, none>);
  STATIC_REQUIRE(storable<float, la::bf16, rectified>);
  STATIC_REQUIRE(storable<i8, i32, none>);
  STATIC_REQUIRE(storable<i8, i32, accumulating>);
  STATIC_REQUIRE(storable<i8, float, rectified>);
  STATIC_REQUIRE(storable<i8, i8, to_i8>);
  STATIC_REQUIRE(storable<float, i8, to_i8>);
  STATIC_REQUIRE_FALSE(storable<float, i32, none>);
  STATIC_REQUIRE_FALSE(storable<i8, i8, none>);
  STATIC_REQUIRE_FALSE(storable<i8, i32, rectified>);
  STATIC_REQUIRE_FALSE(storable<i8, u8, to_i8>);        // 8 bits, but not these
  STATIC_REQUIRE_FALSE(storable<i8, float, to_i8>);     // a float Y wants a scale, no rounding
  STATIC_REQUIRE_FALSE(storable<i8, i8, to_i8_first>);  // a stage behind it would compute on what is rounded
  STATIC_REQUIRE_FALSE(storable<i8, i8, to_i8_twice>);
}

TEST_CASE("product: integers wrap, floats are widened exactly, results are rounded once") {
  using la::kernel::multiply_add;
  CHECK(multiply_add<i32>(5, -128, 255) == 5 - 128 * 255);
  CHECK(multiply_add<i32>(std::numeric_limits<i32>::max(), 1, 1) == std::numeric_limits<i32>::min());
  CHECK(la::kernel::widened<float>(la::bf16(1.5f)) == 1.5f);
  CHECK(la::kernel::widened<i32>(u8{255}) == 255);
  CHECK(la::kernel::widened<i32>(i8{-128}) == -128);
  CHECK(float{la::kernel::finished<la::bf16>(1.00390625f)} == 1.0f);      // halfway between 1 and 1 + 2^-7: to even
  CHECK(float{la::kernel::finished<la::bf16>(16777219)} == 16777216.0f);  // an int32 sum
  CHECK(la::kernel::finished<i8>(-128.0f) == -128);
}

TEST_CASE("product: the place of a value in Y") {
  la::dense<float> y(2, 3);
  y(1, 2) = 7;
  la::dense<double, la::order::col_major> r(2, 3);
  r(1, 2) = 0.1;
  std::vector<la::bf16> const b{la::bf16(1.0f), la::bf16(2.0f)};
  la::kernel::scalar_place<float, float, la::order::row_major> const at{y.view(), 1, 2};
  CHECK(at.output() == 7);
  CHECK(at.entry(la::dense_view<double const, la::order::col_major>(r.view())) == 0.1f);
  CHECK(at.row_value(la::vector_of(b)) == 2);
  CHECK(at.row_map([](la::index i) { return static_cast<float>(10 + i); }) == 11);
}
