// SPDX-License-Identifier: MIT
#include <lacuna/kernel/requantize.hpp>

#include "support/message_of.hpp"
#include "support/stage_values.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace la = lacuna;
using lacuna_test::check_special;
using lacuna_test::infinity;
using lacuna_test::not_a_number;

namespace {

/// As a scalar, and as a lane of int32 where registers of float become integers.
template <class T, class Stage>
void check_both(Stage const& stage, double v, double expected) {
  check_special<T>(stage, v, expected);
  if constexpr (std::same_as<T, float>) {
    auto const whole = stage.integers(lacuna_test::batch<float>(static_cast<float>(v)), lacuna_test::nowhere{});
    for (auto const got : lacuna_test::lanes<std::int32_t>(whole)) CHECK(got == expected);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("requantize: rounds half to even, saturates, and takes NaN for 0", "", float, double) {
  using T = TestType;
  auto const signed8 = la::requantize<std::int8_t>(0.5);
  for (auto const& [v, expected] : std::initializer_list<std::pair<double, double>>{
           {1, 0},       {3, 2},      {5, 2},        {-1, 0},         {-3, -2},          {-5, -2},         {1.002, 1},
           {2.998, 1},   {253, 126},  {254, 127},    {255, 127},      {256, 127},        {-255, -128},     {-256, -128},
           {-258, -128}, {1e30, 127}, {-1e30, -128}, {infinity, 127}, {-infinity, -128}, {not_a_number, 0}})
    check_both<T>(signed8, v, expected);
  auto const unsigned8 = la::requantize<std::uint8_t>(1.0f, 128);
  for (auto const& [v, expected] : std::initializer_list<std::pair<double, double>>{{0, 128},
                                                                                    {0.5, 128},
                                                                                    {1.5, 130},
                                                                                    {-0.5, 128},
                                                                                    {-128, 0},
                                                                                    {-128.4, 0},
                                                                                    {-200, 0},
                                                                                    {127, 255},
                                                                                    {127.4, 255},
                                                                                    {300, 255},
                                                                                    {not_a_number, 128},
                                                                                    {infinity, 255},
                                                                                    {-infinity, 0}})
    check_both<T>(unsigned8, v, expected);
  check_both<T>(la::requantize<std::int16_t>(2), 20000, 32767);
  check_both<T>(la::requantize<std::int16_t>(2), -16383.9, -32768);
  check_both<T>(la::requantize<std::uint16_t>(1, 7), -100, 0);
}

TEST_CASE("requantize: a zero point that Int can't hold is refused") {
  CHECK(lacuna_test::message_of<la::value_error>([] { static_cast<void>(la::requantize<std::int8_t>(1.0f, 128)); }) ==
        "requantize: the zero point is 128, expected -128 to 127");
  CHECK(lacuna_test::message_of<la::value_error>([] { static_cast<void>(la::requantize<std::uint8_t>(1.0f, -1)); }) ==
        "requantize: the zero point is -1, expected 0 to 255");
}
