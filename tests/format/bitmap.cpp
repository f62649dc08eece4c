// SPDX-License-Identifier: MIT
#include <lacuna/format/bitmap.hpp>
#include <lacuna/pack.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace la = lacuna;
using lacuna_test::message_of;

namespace {

/// The picture of the docstring, a to f being 1 to 6.
struct arrays {
  la::index rows = 2;
  la::index cols = 10;
  std::vector<std::uint8_t> bits{0x8A, 0x02, 0x04, 0x01};
  std::vector<float> values{1, 2, 3, 4, 5, 6};
  std::vector<std::uint64_t> offsets{0};

  [[nodiscard]] la::bitmap<float> make() const { return {rows, cols, bits, values}; }
  [[nodiscard]] std::string made() const {
    return message_of([&] { return make(); });
  }
  [[nodiscard]] std::string viewed() const {
    return message_of([&] {
      validate(la::bitmap_view<float>(rows, cols, bits, offsets, values));
      return 0;
    });
  }
  /// What is wrong with bits and values, both ways agreeing.
  [[nodiscard]] std::string message() const {
    CHECK(made() == viewed());
    return made();
  }
};

}  // namespace

TEST_CASE("bitmap: bits stand lowest first, values follow them") {
  arrays const sound;
  CHECK(sound.message() == "no error");
  auto const a = sound.make();
  la::dense<float> w(2, 10);
  w(0, 1) = 1, w(0, 3) = 2, w(0, 7) = 3, w(0, 9) = 4, w(1, 2) = 5, w(1, 8) = 6;
  CHECK(la::to_dense(a) == w);
  CHECK(la::pack<la::bitmap<float>>(w) == a);
  CHECK(a.stored() == 6);
  CHECK(a.nonzeros() == 6);
  CHECK(a.bytes_per_row() == 2);
  CHECK(a.offsets().size() == 1);
  CHECK(a.view().row_start(1) == 4);
  CHECK(a.view().row_bits(1) == a.bits().data() + 2);
}

TEST_CASE("bitmap: the value type follows from the arrays") {
  arrays const s;
  la::bitmap const a(s.rows, s.cols, s.bits, s.values);
  STATIC_REQUIRE(std::is_same_v<decltype(a), la::bitmap<float> const>);
  CHECK(a == s.make());
  la::bitmap_view const v{s.rows, s.cols, s.bits, s.offsets, s.values};
  STATIC_REQUIRE(std::is_same_v<decltype(v), la::bitmap_view<float> const>);
  CHECK(la::to_dense(v) == la::to_dense(a));
}

TEST_CASE("bitmap: every row is found from the offset of its strip of 16") {
  lacuna_test::random r(3);
  for (la::index rows : {1, 15, 16, 17, 31, 32, 33, 50}) {
    auto const keep = lacuna_test::random_mask(r, rows, 75, 0.4);
    auto const a = la::pack<la::bitmap<float>>(la::dense<float>(rows, 75), keep);
    REQUIRE(a.offsets().size() == static_cast<std::size_t>((rows + 15) / 16));
    la::index start = 0;
    for (la::index i = 0; i != rows; ++i) {
      REQUIRE(a.view().row_start(i) == start);
      start += keep.count(i);
    }
    REQUIRE(a.stored() == start);
    REQUIRE(a.nonzeros() == 0);
  }
}

TEST_CASE("bitmap: bytes follow the formula") {
  CHECK(arrays().make().bytes() == 2 * 2 + 8 + 6 * 4);
  la::mask keep(33, 65);
  keep.set(32, 64);
  CHECK(la::pack<la::bitmap<std::int8_t>>(la::dense<std::int8_t>(33, 65), keep).bytes() == 33 * 9 + 3 * 8 + 1);
  CHECK(la::pack<la::bitmap<double>>(la::dense<double>(1024, 4096), la::mask(1024, 4096)).bytes() ==
        1024 * 4096 / 8 + 1024 / 16 * 8);
}

TEST_CASE("bitmap: an empty matrix has no bits") {
  CHECK(la::bitmap<float>().bytes() == 0);
  validate(la::bitmap<float>());
  CHECK(arrays{0, 10, {}, {}, {}}.message() == "no error");
  CHECK(arrays{17, 0, {}, {}, {0, 0}}.message() == "no error");
}

TEST_CASE("bitmap: equality looks at shape, bits and values") {
  arrays a;
  CHECK(a.make() == arrays().make());
  a.cols = 11;
  CHECK_FALSE(a.make() == arrays().make());
  a = {};
  a.bits[0] = 0x8C;
  CHECK_FALSE(a.make() == arrays().make());
  a = {};
  a.values[5] = 7;
  CHECK_FALSE(a.make() == arrays().make());
}

TEST_CASE("bitmap: wrong counts and sizes are told") {
  CHECK(arrays{-2, 10}.message() == "bitmap: -2 rows and 10 columns, expected none below 0");
  CHECK(arrays{2, -10}.message() == "bitmap: 2 rows and -10 columns, expected none below 0");
  CHECK(arrays{3, 10}.message() == "bitmap: 3 rows of 10 columns need 3 * 2 bytes of bits, got 4");
  CHECK(arrays{2, 17}.message() == "bitmap: 2 rows of 17 columns need 2 * 3 bytes of bits, got 4");
  auto const largest = la::index{1} << 62;
  CHECK(arrays{largest, largest}.message().find("does not fit a signed 64-bit size") != std::string::npos);
}

TEST_CASE("bitmap: a bit behind the last column is told") {
  arrays a;
  a.bits[3] = 0x05;
  CHECK(a.message() == "bitmap: row 1 has the bit of column 10, expected columns below 10");
  a.bits[3] = 0x81;
  CHECK(a.message() == "bitmap: row 1 has the bit of column 15, expected columns below 10");
}

TEST_CASE("bitmap: a wrong number of values is told") {
  arrays a;
  a.values.push_back(7);
  CHECK(a.message() == "bitmap: 6 bits are set, but there are 7 values");
  a.values.resize(5);
  CHECK(a.message() == "bitmap: 6 bits are set, but there are 5 values");
}

TEST_CASE("bitmap: wrong offsets of a view are told") {
  arrays a;
  a.offsets = {};
  CHECK(a.viewed() == "bitmap: 2 rows need 1 offsets, got 0");
  a.offsets = {0, 6};
  CHECK(a.viewed() == "bitmap: 2 rows need 1 offsets, got 2");
  a.offsets = {1};
  CHECK(a.viewed() == "bitmap: offset 0 is 1, expected 0, the number of values before row 0");
  arrays tall{17, 8, std::vector<std::uint8_t>(17, 1), std::vector<float>(17, 1), {0, 15}};
  CHECK(tall.viewed() == "bitmap: offset 1 is 15, expected 16, the number of values before row 16");
  tall.offsets[1] = 16;
  CHECK(tall.viewed() == "no error");
}
