// SPDX-License-Identifier: MIT
#include <lacuna/io/number.hpp>

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace la = lacuna;
using la::detail::number_status;

namespace {

template <class T>
T real(std::string_view word) {
  T value{};
  CAPTURE(word);
  REQUIRE(la::detail::parse_real(word, value) == number_status::ok);
  return value;
}

template <class T>
number_status real_status(std::string_view word) {
  T value{};
  return la::detail::parse_real(word, value);
}

template <class T>
T integer(std::string_view word) {
  T value{};
  CAPTURE(word);
  REQUIRE(la::detail::parse_integer(word, value) == number_status::ok);
  return value;
}

template <class T>
number_status integer_status(std::string_view word) {
  T value{};
  return la::detail::parse_integer(word, value);
}

template <class T>
std::string text_of(T value) {
  std::string text;
  la::detail::append_number(text, value);
  return text;
}

}  // namespace

TEST_CASE("parse_real: decimal numbers, rounded to nearest") {
  CHECK(real<double>("0.1") == 0.1);
  CHECK(real<double>("+1.5e2") == 150);
  CHECK(real<double>("-.5") == -0.5);
  CHECK(real<double>("5.") == 5);
  CHECK(real<float>("16777217") == 16777216.0f);
  // Just above the middle of two floats: by way of the nearest double, the middle, it would go down to even.
  CHECK(real<float>("1.0000000596046447754") == std::nextafter(1.0f, 2.0f));
  CHECK(real<la::f16>("0.333251953125").bits == la::f16(0.333251953125).bits);
  CHECK(real<la::bf16>("3.0").bits == 0x4040);
}

TEST_CASE("parse_real: infinities and NaN are numbers") {
  CHECK(real<float>("inf") == std::numeric_limits<float>::infinity());
  CHECK(real<double>("-Infinity") == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(real<double>("NaN")));
  CHECK(std::isnan(real<float>("-nan")));
  CHECK(std::isnan(static_cast<float>(real<la::f16>("nan"))));
  CHECK(real<la::bf16>("inf").bits == 0x7F80);
}

TEST_CASE("parse_real: too small numbers become zero or subnormal, too large ones are out of range") {
  CHECK(real<double>("1e-400") == 0);
  CHECK(std::signbit(real<double>("-1e-400")));
  CHECK(real<double>("4.9e-324") == std::numeric_limits<double>::denorm_min());
  CHECK(real<float>("1e-45") == std::numeric_limits<float>::denorm_min());
  CHECK(real<float>("1e-50") == 0);
  CHECK(std::signbit(real<float>("-1e-50")));
  CHECK(real<float>("1e-99999999999999999999") == 0);
  CHECK(real<double>("0." + std::string(400, '0') + "1") == 0);
  CHECK(real<double>("0." + std::string(400, '0') + "1e401") == 1);
  CHECK(real<double>("0." + std::string(400, '0') + "1e50") == 0);
  CHECK(real<double>("123456789e-400") == 0);
  CHECK(real<double>("0e99999999999999999999") == 0);
  CHECK(real_status<double>("1e400") == number_status::out_of_range);
  CHECK(real_status<double>("-1e99999999999999999999") == number_status::out_of_range);
  CHECK(real_status<double>("1" + std::string(400, '0')) == number_status::out_of_range);
  CHECK(real_status<double>("0.001e+400") == number_status::out_of_range);
  CHECK(real_status<float>("3.5e38") == number_status::out_of_range);
  CHECK(real_status<float>("1e300") == number_status::out_of_range);
  CHECK(real<la::f16>("65519").bits == la::f16(65504.0f).bits);
  CHECK(real_status<la::f16>("65520") == number_status::out_of_range);
  CHECK(real_status<la::bf16>("3.4e38") == number_status::out_of_range);
}

TEST_CASE("parse_real: what is no number is malformed") {
  for (auto const* word :
       {"", "+", "-", "+-1", "++1", "--1", ".", "e5", "1e", "1e+", "1.5x", "0x10", "1,5", "1d3", "nanx", "in"}) {
    CAPTURE(word);
    CHECK(real_status<double>(word) == number_status::malformed);
    CHECK(real_status<float>(word) == number_status::malformed);
    CHECK(real_status<la::f16>(word) == number_status::malformed);
  }
}

TEST_CASE("parse_integer: integer types keep their range") {
  CHECK(integer<std::int8_t>("-128") == -128);
  CHECK(integer<std::int8_t>("+127") == 127);
  CHECK(integer<std::uint8_t>("255") == 255);
  CHECK(integer<std::uint8_t>("-0") == 0);
  CHECK(integer<std::uint64_t>("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  CHECK(integer_status<std::int8_t>("128") == number_status::out_of_range);
  CHECK(integer_status<std::int8_t>("-129") == number_status::out_of_range);
  CHECK(integer_status<std::uint8_t>("256") == number_status::out_of_range);
  CHECK(integer_status<std::uint8_t>("-1") == number_status::out_of_range);
  CHECK(integer_status<std::uint8_t>("-99999999999999999999") == number_status::out_of_range);
  CHECK(integer_status<std::int64_t>("9223372036854775808") == number_status::out_of_range);
  for (auto const* word : {"", "-", "+", "+-1", "1.0", "1e2", "0x1", "one", "-x"}) {
    CAPTURE(word);
    CHECK(integer_status<std::int8_t>(word) == number_status::malformed);
    CHECK(integer_status<std::uint8_t>(word) == number_status::malformed);
    CHECK(integer_status<float>(word) == number_status::malformed);
  }
}

TEST_CASE("parse_integer: floating-point types take 64-bit integers, rounded") {
  CHECK(integer<float>("16777217") == 16777216.0f);
  CHECK(integer<double>("-3") == -3);
  CHECK(integer<la::bf16>("257").bits == 0x4380);  // 256: ties to even
  CHECK(integer<la::f16>("65504").bits == 0x7BFF);
  CHECK(integer_status<la::f16>("65520") == number_status::out_of_range);
  CHECK(integer_status<float>("9223372036854775808") == number_status::out_of_range);
}

TEST_CASE("append_number: the shortest text, and the same bits when read again") {
  CHECK(text_of(0.1f) == "0.1");
  CHECK(text_of(1e30) == "1e+30");
  CHECK(text_of(std::int8_t{-128}) == "-128");
  CHECK(text_of(std::uint8_t{200}) == "200");
  CHECK(text_of(-0.0f) == "-0");
  CHECK(text_of(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(text_of(-std::numeric_limits<float>::infinity()) == "-inf");
  // Every 16-bit number; floats and doubles with the same upper halves and busy lower ones.
  for (std::uint32_t high = 0; high != 0x10000; ++high) {
    auto const b = la::bf16::from_bits(static_cast<std::uint16_t>(high));
    auto const h = la::f16::from_bits(static_cast<std::uint16_t>(high));
    auto const f = std::bit_cast<float>(high << 16 | (high * 40503u & 0xFFFFu));
    auto const d = std::bit_cast<double>(static_cast<std::uint64_t>(high) << 48 | high * 0xB5297A4D3Bu);
    bool same = true;
    if (!std::isnan(static_cast<float>(b))) same = same && real<la::bf16>(text_of(b)).bits == b.bits;
    if (!std::isnan(static_cast<float>(h))) same = same && real<la::f16>(text_of(h)).bits == h.bits;
    if (!std::isnan(f))
      same = same && std::bit_cast<std::uint32_t>(real<float>(text_of(f))) == std::bit_cast<std::uint32_t>(f);
    if (!std::isnan(d))
      same = same && std::bit_cast<std::uint64_t>(real<double>(text_of(d))) == std::bit_cast<std::uint64_t>(d);
    if (!same) FAIL("upper bits " << high);
  }
}

TEST_CASE("name_of_type: as messages call it") {
  CHECK(la::detail::name_of_type<float>() == "float");
  CHECK(la::detail::name_of_type<double>() == "double");
  CHECK(la::detail::name_of_type<la::bf16>() == "bf16");
  CHECK(la::detail::name_of_type<la::f16>() == "f16");
  CHECK(la::detail::name_of_type<std::int8_t>() == "int8");
  CHECK(la::detail::name_of_type<std::uint64_t>() == "uint64");
}
