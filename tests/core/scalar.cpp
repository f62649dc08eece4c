// SPDX-License-Identifier: MIT
#include <lacuna/core/scalar.hpp>

#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace la = lacuna;

namespace {

/// How the bits of a 16-bit type are read, from its definition and by no code of the library.
template <class T>
struct layout_of;
template <>
struct layout_of<la::bf16> {
  static constexpr int significand_bits = 7;
  static constexpr int bias = 127;
};
template <>
struct layout_of<la::f16> {
  static constexpr int significand_bits = 10;
  static constexpr int bias = 15;
};

/// Bits of infinity; everything above it is NaN.
template <class T>
constexpr std::uint16_t infinity_bits =
    static_cast<std::uint16_t>(0x7FFF >> layout_of<T>::significand_bits << layout_of<T>::significand_bits);

template <class T>
double value_of(std::uint16_t bits) {
  constexpr int p = layout_of<T>::significand_bits;
  int const field = (bits & 0x7FFF) >> p;
  int const significand = bits & ((1 << p) - 1);
  double const magnitude = field == 0 ? std::ldexp(significand, 1 - layout_of<T>::bias - p)
                                      : std::ldexp(significand + (1 << p), field - layout_of<T>::bias - p);
  return bits >= 0x8000 ? -magnitude : magnitude;
}

/// All finite magnitudes in order, so that the position of a value is its bits; and what would follow the largest.
template <class T>
std::vector<double> all_magnitudes() {
  std::vector<double> all;
  for (int bits = 0; bits <= infinity_bits<T>; ++bits) all.push_back(value_of<T>(static_cast<std::uint16_t>(bits)));
  return all;
}

/// Round to nearest, ties to even: the reference, by search in the table. The middle of two neighbours is a double.
template <class T>
std::uint16_t nearest(double d) {
  static auto const magnitudes = all_magnitudes<T>();
  auto const sign = static_cast<std::uint16_t>(std::signbit(d) ? 0x8000 : 0);
  double const m = std::fabs(d);
  if (m >= magnitudes.back()) return sign | infinity_bits<T>;
  auto const above = std::upper_bound(magnitudes.begin(), magnitudes.end(), m);
  auto const low = static_cast<int>(above - magnitudes.begin()) - 1;
  double const middle = (above[-1] + above[0]) / 2;
  int const chosen = m < middle ? low : m > middle ? low + 1 : low + (low & 1);
  return static_cast<std::uint16_t>(sign | chosen);
}

/// The first input that is not rounded like the reference, or "".
template <class T, class From>
void compare(From x, std::string& wrong) {
  auto const got = T(x).bits;
  auto const expected = nearest<T>(static_cast<double>(x));
  if (got != expected && wrong.empty())
    wrong = std::to_string(x) + " gives bits " + std::to_string(got) + ", expected " + std::to_string(expected);
}

template <class T>
void compare_around(double x, std::string& wrong) {
  constexpr auto far = std::numeric_limits<double>::infinity();
  constexpr auto farf = std::numeric_limits<float>::infinity();
  for (double const d : {x, std::nextafter(x, far), std::nextafter(x, -far)})
    for (double const s : {d, -d}) compare<T>(s, wrong);
  auto const f = static_cast<float>(x);
  for (float const g : {f, std::nextafter(f, farf), std::nextafter(f, -farf)})
    for (float const s : {g, -g}) {
      compare<T>(s, wrong);
      compare<T>(static_cast<double>(s), wrong);
    }
}

}  // namespace

TEMPLATE_TEST_CASE("scalar: every one of the 65536 values widens exactly", "", la::bf16, la::f16) {
  int wrong = 0;
  for (int b = 0; b != 0x10000; ++b) {
    auto const bits = static_cast<std::uint16_t>(b);
    auto const x = static_cast<float>(TestType::from_bits(bits));
    if ((b & 0x7FFF) > infinity_bits<TestType>)
      wrong += !std::isnan(x) || std::signbit(x) != (b >= 0x8000);
    else if ((b & 0x7FFF) == infinity_bits<TestType>)
      wrong += x != (b >= 0x8000 ? -INFINITY : INFINITY);
    else
      wrong += static_cast<double>(x) != value_of<TestType>(bits) || std::signbit(x) != (b >= 0x8000);
  }
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("scalar: every value survives widening and narrowing", "", la::bf16, la::f16) {
  int wrong = 0;
  for (int b = 0; b != 0x10000; ++b) {
    auto const bits = static_cast<std::uint16_t>(b);
    if ((b & 0x7FFF) > infinity_bits<TestType>) continue;
    auto const x = static_cast<float>(TestType::from_bits(bits));
    wrong += TestType(x).bits != bits || TestType(static_cast<double>(x)).bits != bits;
  }
  CHECK(wrong == 0);
}

// The neighbours in double of a middle are what rounding twice, through float, gets wrong.
TEMPLATE_TEST_CASE("scalar: narrowing rounds to nearest even at every value, middle and their neighbours", "", la::bf16,
                   la::f16) {
  std::string wrong;
  auto const magnitudes = all_magnitudes<TestType>();
  for (std::size_t i = 0; i + 1 != magnitudes.size(); ++i) {
    auto const low = magnitudes[i];
    auto const high = magnitudes[i + 1];
    compare_around<TestType>(low, wrong);
    compare_around<TestType>((low + high) / 2, wrong);
    compare_around<TestType>(low + (high - low) / 4, wrong);
  }
  CHECK(wrong == "");
}

TEMPLATE_TEST_CASE("scalar: narrowing random bits agrees with the reference", "", la::bf16, la::f16) {
  std::string wrong;
  for (auto const seed : lacuna_test::seeds(1)) {
    CAPTURE(seed);
    lacuna_test::random r(seed);
    for (int i = 0; i != 200000; ++i) {
      auto const d = std::bit_cast<double>(r.bits());
      auto const f = std::bit_cast<float>(static_cast<std::uint32_t>(r.bits()));
      auto const medium = std::ldexp(r.uniform(-1, 1), static_cast<int>(r.below(300)) - 150);
      if (!std::isnan(d)) compare<TestType>(d, wrong);
      if (!std::isnan(f)) compare<TestType>(f, wrong);
      compare<TestType>(medium, wrong);
    }
  }
  CHECK(wrong == "");
}

TEST_CASE("scalar: f16 turns to infinity at 65520 and not before") {
  CHECK(la::f16(65504.0).bits == 0x7BFF);
  CHECK(la::f16(65519.99).bits == 0x7BFF);
  CHECK(la::f16(std::nextafter(65520.0, 0.0)).bits == 0x7BFF);
  CHECK(la::f16(std::nextafter(65520.0f, 0.0f)).bits == 0x7BFF);
  CHECK(la::f16(65520.0).bits == 0x7C00);
  CHECK(la::f16(65520.0f).bits == 0x7C00);
  CHECK(la::f16(-65520.0).bits == 0xFC00);
  CHECK(la::f16(1e300).bits == 0x7C00);
}

TEST_CASE("scalar: bf16 turns to infinity half a step above its largest value") {
  double const largest = 0x1.FEp127;
  double const middle = 0x1.FFp127;
  CHECK(la::bf16(largest).bits == 0x7F7F);
  CHECK(la::bf16(std::nextafter(middle, 0.0)).bits == 0x7F7F);
  CHECK(la::bf16(middle).bits == 0x7F80);
  CHECK(la::bf16(static_cast<float>(middle)).bits == 0x7F80);
  CHECK(la::bf16(std::numeric_limits<float>::max()).bits == 0x7F80);
  CHECK(la::bf16(-1e300).bits == 0xFF80);
}

TEMPLATE_TEST_CASE("scalar: infinities and signed zeros stay what they are", "", la::bf16, la::f16) {
  CHECK(TestType(INFINITY).bits == infinity_bits<TestType>);
  CHECK(TestType(-INFINITY).bits == (0x8000 | infinity_bits<TestType>));
  CHECK(TestType(double{INFINITY}).bits == infinity_bits<TestType>);
  CHECK(TestType(-double{INFINITY}).bits == (0x8000 | infinity_bits<TestType>));
  CHECK(TestType(0.0f).bits == 0);
  CHECK(TestType(-0.0f).bits == 0x8000);
  CHECK(TestType(-0.0).bits == 0x8000);
  CHECK(TestType(std::numeric_limits<double>::denorm_min()).bits == 0);
  CHECK(TestType(-std::numeric_limits<double>::denorm_min()).bits == 0x8000);
}

// A NaN whose payload stands only in bits that are cut off would become an infinity.
TEMPLATE_TEST_CASE("scalar: a NaN of any payload stays NaN, quiet, with its sign", "", la::bf16, la::f16) {
  auto const quiet =
      static_cast<std::uint16_t>(infinity_bits<TestType> | (1 << (layout_of<TestType>::significand_bits - 1)));
  for (int place = 0; place != 23; ++place)
    for (std::uint32_t const sign : {0u, 0x80000000u}) {
      auto const f = std::bit_cast<float>(sign | 0x7F800000u | (1u << place));
      CHECK((TestType(f).bits & 0x7FFF & quiet) == quiet);
      CHECK((TestType(f).bits >> 15) == (sign >> 31));
    }
  for (int place = 0; place != 52; ++place)
    for (std::uint64_t const sign : {std::uint64_t{0}, std::uint64_t{1} << 63}) {
      auto const d = std::bit_cast<double>(sign | 0x7FF0000000000000u | (std::uint64_t{1} << place));
      CHECK((TestType(d).bits & 0x7FFF & quiet) == quiet);
      CHECK((TestType(d).bits >> 15) == (sign >> 63));
    }
}

// A 64-bit integer may lie beside a middle by less than a double can tell.
TEMPLATE_TEST_CASE("scalar: integers are rounded once", "", la::bf16, la::f16) {
  CHECK(static_cast<float>(TestType(3)) == 3.0f);
  CHECK(static_cast<float>(TestType(-128)) == -128.0f);
  CHECK(static_cast<float>(TestType(std::uint8_t{255})) == 255.0f);
  std::string wrong;
  for (int i = -70000; i <= 70000; ++i) compare<TestType>(i, wrong);
  CHECK(wrong == "");
}

TEST_CASE("scalar: a 64-bit integer just beside a middle is not taken for it") {
  auto const power = std::int64_t{1} << 60;  // bf16 has steps of 2^53 from here on
  auto const middle = power + (std::int64_t{1} << 52);
  CHECK(la::bf16(middle).bits == la::bf16(power).bits);
  CHECK(la::bf16(middle + 1).bits == la::bf16(power).bits + 1);
  CHECK(la::bf16(middle - 1).bits == la::bf16(power).bits);
  CHECK(la::bf16(-middle - 1).bits == la::bf16(-power).bits + 1);
  CHECK(la::bf16(static_cast<std::uint64_t>(middle) + 1).bits == la::bf16(power).bits + 1);
  CHECK(static_cast<double>(la::bf16(std::numeric_limits<std::int64_t>::min())) == -0x1p63);
  CHECK(static_cast<double>(la::bf16(std::numeric_limits<std::uint64_t>::max())) == 0x1p64);
}

TEST_CASE("scalar: conversions are constant expressions, and explicit where they lose") {
  static_assert(la::bf16(1.0f).bits == 0x3F80);
  static_assert(la::f16(1.0).bits == 0x3C00);
  static_assert(la::f16(0x1p-24).bits == 1);
  static_assert(static_cast<float>(la::f16::from_bits(1)) == 0x1p-24f);
  static_assert(!std::is_convertible_v<float, la::bf16> && !std::is_convertible_v<double, la::f16>);
  static_assert(std::is_convertible_v<la::bf16, float> && std::is_convertible_v<la::f16, double>);
  static_assert(sizeof(la::bf16) == 2 && sizeof(la::f16) == 2 && std::is_trivially_copyable_v<la::f16>);
  CHECK(la::bf16{}.bits == 0);
}

TEST_CASE("scalar: what a matrix may hold, and what its products are summed in") {
  static_assert(la::scalar<float> && la::scalar<double> && la::scalar<la::bf16> && la::scalar<la::f16>);
  static_assert(la::scalar<std::int8_t> && la::scalar<std::uint8_t> && la::scalar<std::int32_t>);
  static_assert(!la::scalar<bool> && !la::scalar<std::string> && !la::scalar<float*>);
  static_assert(std::is_same_v<la::accumulator_t<float>, float>);
  static_assert(std::is_same_v<la::accumulator_t<double>, double>);
  static_assert(std::is_same_v<la::accumulator_t<la::bf16>, float>);
  static_assert(std::is_same_v<la::accumulator_t<la::f16 const>, float>);
  static_assert(std::is_same_v<la::accumulator_t<std::int8_t>, std::int32_t>);
  CHECK(la::detail::convert<la::f16>(la::bf16(2.0f)).bits == la::f16(2.0f).bits);
  CHECK(la::detail::convert<double>(la::f16(0.5f)) == 0.5);
  CHECK(la::detail::convert<float>(0.1) == 0.1f);
  CHECK(la::detail::convert<std::int8_t>(std::int8_t{-7}) == -7);
}
