// SPDX-License-Identifier: MIT
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

namespace la = lacuna;
using lacuna_test::message_of;

namespace {

/// The picture of the docstring: blocks b, a, c of 2x4 in a 5x6 matrix, numbered 1 to 24; slots outside hold zero.
template <class I = std::uint32_t, class Offset = I>
struct arrays {
  la::index rows = 5;
  la::index cols = 6;
  std::vector<Offset> offsets{0, 1, 2, 3};
  std::vector<I> columns{1, 0, 1};
  std::vector<float> values{1, 2, 0, 0, 5, 6, 0, 0, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 0, 0, 0, 0, 0, 0};

  [[nodiscard]] la::bsr<float, 2, 4, I, Offset> make() const { return {rows, cols, offsets, columns, values}; }
  [[nodiscard]] std::string message() const {
    auto const made = message_of([&] { return make(); });
    auto const viewed = message_of([&] {
      validate(la::bsr_view<float, 2, 4, I, Offset>(rows, cols, offsets, columns, values));
      return 0;
    });
    CHECK(made == viewed);
    return made;
  }
};

}  // namespace

TEST_CASE("bsr: blocks are stored row by row, edge blocks whole") {
  arrays<> const sound;
  CHECK(sound.message() == "no error");
  auto const a = sound.make();
  CHECK(a.block_rows() == 3);
  CHECK(a.block_cols() == 2);
  CHECK(a.stored() == 24);
  CHECK(a.nonzeros() == 14);
  la::dense<float> w(5, 6);
  float const block[2][4] = {{9, 10, 11, 12}, {13, 14, 15, 16}};
  for (la::index i = 0; i != 2; ++i)
    for (la::index j = 0; j != 4; ++j) w(2 + i, j) = block[i][j];
  w(0, 4) = 1, w(0, 5) = 2, w(1, 4) = 5, w(1, 5) = 6, w(4, 4) = 17, w(4, 5) = 18;
  CHECK(la::to_dense(a) == w);
  CHECK(la::pack<la::bsr<float, 2, 4>>(w) == a);
  validate(a);
}

TEST_CASE("bsr: one slot brings its block, filled with zeros that are visited inside the matrix only") {
  la::mask keep(5, 6);
  keep.set(4, 5);
  la::dense<float> w(5, 6);
  w(4, 5) = 7;
  auto const a = la::pack<la::bsr<float, 2, 4>>(w, keep);
  CHECK(a.stored() == 8);
  CHECK(a.nonzeros() == 1);
  std::vector<la::index> visited;
  a.visit_row(4, [&](la::index j, float value) {
    visited.push_back(j);
    CHECK(value == (j == 5 ? 7.0f : 0.0f));
  });
  CHECK(visited == std::vector<la::index>{4, 5});
  CHECK(la::pack<la::csr<float>>(a).stored() == 2);
}

TEST_CASE("bsr: the transpose has transposed blocks") {
  auto const a = arrays<>().make();
  auto const t = la::transpose(a);
  STATIC_REQUIRE(std::is_same_v<decltype(t), la::bsr<float, 4, 2> const>);
  validate(t);
  CHECK(t.stored() == a.stored());
  CHECK(la::to_dense(t)(5, 1) == 6);
  CHECK(la::transpose(t) == a);
}

TEST_CASE("bsr: bytes follow the formula") {
  CHECK(arrays<>().make().bytes() == 4 * 4 + 3 * (4 + 8 * 4));
  CHECK((arrays<std::uint16_t, std::uint64_t>().make().bytes()) == 4 * 8 + 3 * (2 + 8 * 4));
  CHECK(la::pack<la::bsr<std::int8_t, 16, 4>>(la::dense<std::int8_t>(33, 9), la::mask(33, 9, true)).bytes() ==
        (3 + 1) * 4 + 9 * (4 + 64));
}

TEST_CASE("bsr: an empty matrix has no blocks") {
  CHECK(la::bsr<float, 2, 4>().stored() == 0);
  validate(la::bsr<float, 2, 4>());
  CHECK(la::pack<la::bsr<float, 2, 4>>(la::dense<float>(5, 6)).columns().empty());
  arrays<> none{5, 0, {0, 0, 0, 0}, {}, {}};
  CHECK(none.message() == "no error");
}

TEST_CASE("bsr: equality looks at shape, blocks and values") {
  auto const a = arrays<>().make();
  CHECK(a == a);
  arrays<> b;
  b.cols = 7;
  CHECK_FALSE(b.make() == a);
  b = {};
  b.columns[1] = 1;
  b.values[10] = b.values[11] = b.values[14] = b.values[15] = 0;
  CHECK_FALSE(b.make() == a);
  b = {};
  b.values[0] = 3;
  CHECK_FALSE(b.make() == a);
}

TEST_CASE("bsr: wrong counts and offsets are told") {
  CHECK(arrays<>{-5, 6}.message() == "bsr: -5 rows and 6 columns, expected none below 0");
  CHECK(arrays<>{5, -6}.message() == "bsr: 5 rows and -6 columns, expected none below 0");
  CHECK(arrays<>{7, 6}.message() == "bsr: 4 block rows need 4 + 1 offsets, got 4");
  CHECK(arrays<>{5, 6, {1, 1, 2, 3}}.message() == "bsr: offsets[0] is 1, expected 0");
  CHECK(arrays<>{5, 6, {0, 3, 2, 3}}.message() == "bsr: offsets fall from 3 to 2 at block row 1");
  CHECK(arrays<>{5, 6, {0, 1, 2, 4}}.message() == "bsr: the last offset is 4, but there are 3 block columns");
}

TEST_CASE("bsr: a wrong number of values is told") {
  arrays<> a;
  a.values.push_back(0);
  CHECK(a.message() == "bsr: 3 block columns need 3 * 8 values, got 25");
  a.values.resize(16);
  CHECK(a.message() == "bsr: 3 block columns need 3 * 8 values, got 16");
}

TEST_CASE("bsr: wrong block columns are told") {
  arrays<int> a;
  a.columns = {1, 2, 1};
  CHECK(a.message() == "bsr: block row 1 has block column 2, expected 0 <= block column < 2");
  a.columns = {1, 0, -1};
  CHECK(a.message() == "bsr: block row 2 has block column -1, expected 0 <= block column < 2");
  a = {2, 8, {0, 2}, {1, 1}, std::vector<float>(16)};
  CHECK(a.message() == "bsr: block row 0 has block column 1 twice");
  a.columns = {1, 0};
  CHECK(a.message() == "bsr: block row 0 has block column 0 after 1, expected increasing order");
}

TEST_CASE("bsr: a value outside the matrix is told, a zero is not") {
  arrays<> a;
  a.values[6] = -0.0f;
  CHECK(a.message() == "no error");
  a.values[6] = 3;
  CHECK(a.message() ==
        "bsr: block row 0, block column 1 has a value in its row 1, column 2, which lies outside the 5x6 matrix, "
        "expected 0");
  a = {};
  a.values[20] = std::numeric_limits<float>::quiet_NaN();
  CHECK(a.message() ==
        "bsr: block row 2, block column 1 has a value in its row 1, column 0, which lies outside the 5x6 matrix, "
        "expected 0");
}

TEST_CASE("bsr: an index type that is too small is told") {
  CHECK(message_of([] { return la::pack<la::bsr<float, 1, 2, std::uint8_t>>(la::dense<float>(1, 513)); }) ==
        "pack<bsr>: block column index 256 does not fit the index type, whose largest value is 255");
  CHECK(message_of([] {
          return la::pack<la::bsr<float, 1, 2, std::uint8_t>>(la::dense<float>(2, 500), la::mask(2, 500, true));
        }) == "pack<bsr>: offset 500 does not fit the index type, whose largest value is 255");
}
