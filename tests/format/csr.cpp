// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace la = lacuna;
using lacuna_test::message_of;

namespace {

/// Sound arrays of a 3x4 matrix, to be spoilt one at a time.
///   . 1 . 2
///   . . . .
///   3 . 4 .
template <class I = std::uint32_t, class Offset = I>
struct arrays {
  la::index rows = 3;
  la::index cols = 4;
  std::vector<Offset> offsets{0, 2, 2, 4};
  std::vector<I> columns{1, 3, 0, 2};
  std::vector<float> values{1, 2, 3, 4};

  [[nodiscard]] la::csr<float, I, Offset> make() const { return {rows, cols, offsets, columns, values}; }
  [[nodiscard]] std::string message() const {
    auto const made = message_of([&] { return make(); });
    auto const viewed = message_of([&] {
      validate(la::csr_view<float, I, Offset>(rows, cols, offsets, columns, values));
      return 0;
    });
    CHECK(made == viewed);
    return made;
  }
};

}  // namespace

TEST_CASE("csr: a view of raw arrays asks none of them how much a negative count of rows is") {
  static constexpr std::uint32_t offsets[] = {0}, columns[] = {0};
  static constexpr float values[] = {1};
  constexpr la::csr_view<float> a(-1, 4, offsets, columns, values);
  STATIC_REQUIRE(a.stored() == 0);
  CHECK(message_of([&] { return validate(a), 0; }) == "csr: -1 rows and 4 columns, expected none below 0");
}

TEST_CASE("csr: foreign arrays are copied as they are") {
  arrays<> const sound;
  CHECK(sound.message() == "no error");
  auto const a = sound.make();
  CHECK(a.rows() == 3);
  CHECK(a.cols() == 4);
  CHECK(a.stored() == 4);
  CHECK(a.nonzeros() == 4);
  CHECK(a.columns().data() != sound.columns.data());
  la::dense<float> w(3, 4);
  w(0, 1) = 1, w(0, 3) = 2, w(2, 0) = 3, w(2, 2) = 4;
  CHECK(la::to_dense(a) == w);
  CHECK(la::pack<la::csr<float>>(w) == a);
}

TEST_CASE("csr: types follow from the arrays") {
  arrays<std::uint16_t, std::uint64_t> const s;
  la::csr const a(s.rows, s.cols, s.offsets, s.columns, s.values);
  STATIC_REQUIRE(std::is_same_v<decltype(a), la::csr<float, std::uint16_t, std::uint64_t> const>);
  la::csr_view const v{s.rows, s.cols, s.offsets.data(), s.columns.data(), s.values.data()};
  STATIC_REQUIRE(std::is_same_v<decltype(v), la::csr_view<float, std::uint16_t, std::uint64_t> const>);
  CHECK(v.stored() == 4);
  CHECK(la::to_dense(v) == la::to_dense(a));
}

TEST_CASE("csr: arrays of the language are arrays, too") {
  std::uint64_t const offsets[] = {0, 1, 3};
  std::uint16_t const columns[] = {2, 0, 3};
  double values[] = {1, 2, 3};
  la::csr_view const v{2, 4, offsets, columns, values};
  STATIC_REQUIRE(std::is_same_v<decltype(v), la::csr_view<double, std::uint16_t, std::uint64_t> const>);
  CHECK(v.stored() == 3);
  CHECK(la::to_dense(v)(1, 3) == 3);
}

TEST_CASE("csr: an empty matrix has no slots") {
  CHECK(la::csr<float>().stored() == 0);
  CHECK(la::csr<float>().offsets().size() == 1);
  validate(la::csr<float>());
  arrays<> none{0, 4, {0}, {}, {}};
  CHECK(none.message() == "no error");
  none = {3, 0, {0, 0, 0, 0}, {}, {}};
  CHECK(none.message() == "no error");
}

TEST_CASE("csr: bytes follow the formula") {
  CHECK(arrays<>().make().bytes() == 4 * 4 + 4 * (4 + 4));
  CHECK((arrays<std::uint16_t, std::uint64_t>().make().bytes()) == 4 * 8 + 4 * (2 + 4));
  CHECK((arrays<std::int8_t, std::int16_t>().make().bytes()) == 4 * 2 + 4 * (1 + 4));
}

TEST_CASE("csr: values can be written, the pattern stays") {
  auto a = arrays<>().make();
  a.values()[1] = 0;
  CHECK(a.stored() == 4);
  CHECK(a.nonzeros() == 3);
  CHECK(la::pack<la::csr<float>>(la::to_dense(a)).stored() == 3);
  a.values()[1] = std::numeric_limits<float>::quiet_NaN();
  CHECK(a.nonzeros() == 4);
  CHECK_FALSE(a == a);
}

TEST_CASE("csr: equality looks at shape, slots and values") {
  auto const a = arrays<>().make();
  CHECK(a == a);
  CHECK_FALSE(arrays<>{3, 5, {0, 2, 2, 4}, {1, 3, 0, 2}, {1, 2, 3, 4}}.make() == a);
  CHECK_FALSE(arrays<>{4, 4, {0, 2, 2, 4, 4}, {1, 3, 0, 2}, {1, 2, 3, 4}}.make() == a);
  CHECK_FALSE(arrays<>{3, 4, {0, 2, 3, 4}, {1, 3, 0, 2}, {1, 2, 3, 4}}.make() == a);
  CHECK_FALSE(arrays<>{3, 4, {0, 2, 2, 4}, {1, 2, 0, 2}, {1, 2, 3, 4}}.make() == a);
  CHECK_FALSE(arrays<>{3, 4, {0, 2, 2, 4}, {1, 3, 0, 2}, {1, 2, 3, 5}}.make() == a);
}

TEST_CASE("csr: wrong counts are told") {
  CHECK(arrays<>{-3, 4}.message() == "csr: -3 rows and 4 columns, expected none below 0");
  CHECK(arrays<>{3, -4}.message() == "csr: 3 rows and -4 columns, expected none below 0");
}

TEST_CASE("csr: wrong offsets are told") {
  CHECK(arrays<>{3, 4, {}}.message() == "csr: 3 rows need 3 + 1 offsets, got 0");
  CHECK(arrays<>{3, 4, {0, 2, 4}}.message() == "csr: 3 rows need 3 + 1 offsets, got 3");
  CHECK(arrays<>{3, 4, {0, 2, 2, 4, 4}}.message() == "csr: 3 rows need 3 + 1 offsets, got 5");
  CHECK(arrays<>{3, 4, {1, 2, 2, 4}}.message() == "csr: offsets[0] is 1, expected 0");
  CHECK(arrays<>{3, 4, {0, 3, 2, 4}}.message() == "csr: offsets fall from 3 to 2 at row 1");
  CHECK(arrays<int>{3, 4, {0, 2, -1, 4}}.message() == "csr: offsets fall from 2 to -1 at row 1");
  CHECK(arrays<>{3, 4, {0, 2, 2, 5}}.message() == "csr: the last offset is 5, but there are 4 columns");
  CHECK(arrays<>{3, 4, {0, 2, 2, 3}}.message() == "csr: the last offset is 3, but there are 4 columns");
}

TEST_CASE("csr: a wrong number of values is told") {
  arrays<> a;
  a.values.push_back(5);
  CHECK(a.message() == "csr: 4 columns need as many values, got 5");
  a.values = {1, 2};
  CHECK(a.message() == "csr: 4 columns need as many values, got 2");
}

TEST_CASE("csr: wrong columns are told") {
  arrays<int> a;
  a.columns = {1, 4, 0, 2};
  CHECK(a.message() == "csr: row 0 has column 4, expected 0 <= column < 4");
  a.columns = {1, 3, -1, 2};
  CHECK(a.message() == "csr: row 2 has column -1, expected 0 <= column < 4");
  a.columns = {1, 3, 2, 2};
  CHECK(a.message() == "csr: row 2 has column 2 twice");
  a.columns = {3, 1, 0, 2};
  CHECK(a.message() == "csr: row 0 has column 1 after 3, expected increasing order");
}

TEST_CASE("csr: an index type that is too small is told before anything is made") {
  la::dense<float> w(2, 257);
  CHECK(message_of([&] { return la::pack<la::csr<float, std::uint8_t>>(w); }) ==
        "pack<csr>: column index 256 does not fit the index type, whose largest value is 255");
  CHECK(message_of([&] { return la::pack<la::csr<float, std::int8_t, int>>(la::dense<float>(1, 129)); }) ==
        "pack<csr>: column index 128 does not fit the index type, whose largest value is 127");
  la::mask const all(2, 200, true);
  CHECK(message_of([&] { return la::pack<la::csr<float, std::uint8_t>>(la::dense<float>(2, 200), all); }) ==
        "pack<csr>: offset 400 does not fit the index type, whose largest value is 255");
  CHECK(la::pack<la::csr<float, std::uint8_t, int>>(la::dense<float>(2, 256), la::mask(2, 256, true)).stored() == 512);
}
