// SPDX-License-Identifier: MIT
#include <lacuna/format/nm.hpp>
#include <lacuna/pack.hpp>

#include "support/coded_arrays.hpp"
#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <type_traits>
#include <vector>

namespace la = lacuna;
using lacuna_test::coded_arrays;
using lacuna_test::message_of;

namespace {

using two_of_four = la::nm<float, 2, 4>;
using one_of_four = la::nm<float, 1, 4>;

/// The pictures of the docstring, a to f being 1 to 6.
coded_arrays<two_of_four> const masks{1, 10, {0xCA, 0x03}, {1, 2, 3, 4, 5, 6}};
coded_arrays<one_of_four> const codes{1, 10, {0x13}, {1, 2, 3}};

std::vector<float> row_of(auto const& a, la::index i) {
  auto const w = la::to_dense(a);
  std::vector<float> row;
  for (la::index j = 0; j != w.cols(); ++j) row.push_back(w(i, j));
  return row;
}

}  // namespace

TEST_CASE("nm: groups are masks where these are no longer than codes") {
  CHECK(masks.message() == "no error");
  auto const a = masks.make();
  CHECK(row_of(a, 0) == std::vector<float>{0, 1, 0, 2, 0, 0, 3, 4, 5, 6});
  CHECK(a.stored() == 6);
  CHECK(a.groups_per_row() == 3);
  CHECK(a.bytes_per_row() == 2);
  CHECK(a.values_per_row() == 6);
  CHECK(la::pack<two_of_four>(la::to_dense(a)) == a);
}

TEST_CASE("nm: groups are codes where these are shorter") {
  CHECK(codes.message() == "no error");
  auto const a = codes.make();
  CHECK(row_of(a, 0) == std::vector<float>{0, 0, 0, 1, 2, 0, 0, 0, 0, 3});
  CHECK(la::pack<one_of_four>(la::to_dense(a)) == a);
}

TEST_CASE("nm: a group with too few slots is filled at its lowest free positions") {
  la::dense<float> w(2, 10);
  w(1, 2) = 7;
  auto const a = la::pack<two_of_four>(w);
  CHECK(a.stored() == 12);
  CHECK(a.nonzeros() == 1);
  std::vector<la::index> visited;
  a.visit_row(1, [&](la::index j, float) { visited.push_back(j); });
  CHECK(visited == std::vector<la::index>{0, 2, 4, 5, 8, 9});
  auto const b = la::pack<la::nm<float, 2, 8>>(w);
  visited.clear();
  b.visit_row(1, [&](la::index j, float) { visited.push_back(j); });
  CHECK(visited == std::vector<la::index>{0, 2, 8, 9});
}

TEST_CASE("nm: a group that keeps too much is named") {
  la::mask keep(4, 12);
  la::dense<float> const w(4, 12);
  keep.set(3, 8), keep.set(3, 9), keep.set(3, 11);
  CHECK(message_of([&] { return la::pack<two_of_four>(w, keep); }) ==
        "pack<nm<2, 4>>: row 3 keeps 3 of columns 8..11, at most 2 fit");
  la::mask const all(1, 9, true);
  CHECK(message_of([&] { return la::pack<la::nm<float, 2, 3>>(la::dense<float>(1, 9), all); }) ==
        "pack<nm<2, 3>>: row 0 keeps 3 of columns 0..2, at most 2 fit");
}

TEST_CASE("nm: a short last group keeps min(Keep, L)") {
  for (la::index cols : {1, 2, 3, 5, 6, 7}) {
    CAPTURE(cols);
    la::index const short_group = cols % 4;
    la::mask keep(1, cols);
    for (la::index j = 0; j != cols; ++j) keep.set(0, j, j % 4 < 2);
    la::dense<float> w(1, cols);
    auto const a = la::pack<two_of_four>(w, keep);
    validate(a);
    CHECK(a.stored() == cols / 4 * 2 + (short_group < 2 ? short_group : 2));
    CHECK(a.stored() == keep.count());
  }
  la::mask const all(1, 7, true);
  CHECK(message_of([&] { return la::pack<two_of_four>(la::dense<float>(1, 7), all); }) ==
        "pack<nm<2, 4>>: row 0 keeps 4 of columns 0..3, at most 2 fit");
  la::mask tail(1, 7);
  for (la::index j = 4; j != 7; ++j) tail.set(0, j);
  CHECK(message_of([&] { return la::pack<two_of_four>(la::dense<float>(1, 7), tail); }) ==
        "pack<nm<2, 4>>: row 0 keeps 3 of columns 4..6, at most 2 fit");
}

TEST_CASE("nm: the transpose is csr, since columns have any number of slots") {
  auto const t = la::transpose(masks.make());
  STATIC_REQUIRE(std::is_same_v<decltype(t), la::csr<float> const>);
  CHECK(t.rows() == 10);
  CHECK(t.stored() == 6);
  CHECK(la::pack<two_of_four>(la::transpose(t)) == masks.make());
}

TEST_CASE("nm: 1:1 is dense and has no codes") {
  auto const a = la::pack<la::nm<float, 1, 1>>(la::dense<float>(3, 5));
  CHECK(a.codes().empty());
  CHECK(a.stored() == 15);
  CHECK(a.bytes() == 60);
}

TEST_CASE("nm: bytes follow the formula") {
  la::dense<float> const w(3, 40);
  CHECK(la::pack<two_of_four>(w).bytes() == 3 * (20 * 4 + 5));             // 1 bit an element
  CHECK(la::pack<la::nm<float, 4, 8>>(w).bytes() == 3 * (20 * 4 + 5));     // 1 bit an element
  CHECK(la::pack<one_of_four>(w).bytes() == 3 * (10 * 4 + 3));             // 10 codes of 2 bits: 20 bits
  CHECK(la::pack<la::nm<float, 2, 8>>(w).bytes() == 3 * (10 * 4 + 4));     // 10 codes of 3 bits: 30 bits
  CHECK(la::pack<la::nm<float, 1, 16>>(w).bytes() == 3 * (3 * 4 + 2));     // 3 codes of 4 bits
  CHECK(la::pack<la::nm<float, 8, 32>>(w).bytes() == 3 * (16 * 4 + 8));    // 2 masks of 32 bits
  CHECK(la::pack<la::nm<la::bf16, 3, 5>>(w).bytes() == 3 * (24 * 2 + 5));  // 8 masks of 5 bits
}

TEST_CASE("nm: wrong counts and sizes are told") {
  auto a = masks;
  a.rows = -1;
  CHECK(a.message() == "nm<2, 4>: -1 rows and 10 columns, expected none below 0");
  a = masks;
  a.cols = -1;
  CHECK(a.message() == "nm<2, 4>: 1 rows and -1 columns, expected none below 0");
  a = masks;
  a.rows = 3;
  CHECK(a.message() == "nm<2, 4>: 3 rows of 10 columns need 3 * 2 bytes of codes, got 2");
  a = masks;
  a.codes.push_back(0);
  CHECK(a.message() == "nm<2, 4>: 1 rows of 10 columns need 1 * 2 bytes of codes, got 3");
  a = masks;
  a.values.pop_back();
  CHECK(a.message() == "nm<2, 4>: 1 rows of 10 columns need 1 * 6 values, got 5");
  a = masks;
  a.rows = la::index{1} << 62;
  a.cols = la::index{1} << 62;
  CHECK(a.message().find("does not fit a signed 64-bit size") != std::string::npos);
}

TEST_CASE("nm: rows without columns need nothing, however many") {
  CHECK(coded_arrays<two_of_four>{la::index{1} << 60, 0, {}, {}}.message() == "no error");
  CHECK(coded_arrays<two_of_four>{0, 10, {}, {}}.message() == "no error");
}

TEST_CASE("nm: wrong masks are told") {
  auto a = masks;
  a.codes[0] = 0xCE;
  CHECK(a.message() == "nm<2, 4>: row 0, columns 0..3 have 3 bits set, expected 2");
  a.codes[0] = 0x8A;
  CHECK(a.message() == "nm<2, 4>: row 0, columns 4..7 have 1 bits set, expected 2");
  a = masks;
  a.codes[1] = 0x05;
  CHECK(a.message() == "nm<2, 4>: row 0, columns 8..9 have a bit set behind the last column");
  a.codes[1] = 0x01;
  CHECK(a.message() == "nm<2, 4>: row 0, columns 8..9 have 1 bits set, expected 2");
  a.codes[1] = 0x13;
  CHECK(a.message() == "nm<2, 4>: row 0 has a bit set behind its last group, in its last byte, above bit 3");
}

TEST_CASE("nm: wrong codes are told") {
  auto a = codes;
  a.codes[0] = 0x33;
  CHECK(a.message() == "nm<1, 4>: row 0, columns 8..9 have code 3, expected codes below 2");
  a.codes[0] = 0x53;
  CHECK(a.message() == "nm<1, 4>: row 0 has a bit set behind its last group, in its last byte, above bit 5");
  using two_of_eight = la::nm<float, 2, 8>;
  coded_arrays<two_of_eight> b{1, 9, {0b11'010'001, 0}, {1, 2, 3}};  // codes 1 and 2, then 3 for the one column left
  CHECK(b.message() == "nm<2, 8>: row 0, columns 8..8 have code 3, expected codes below 1");
  b.codes = {0b001'001, 0};
  CHECK(b.message() == "nm<2, 8>: row 0, columns 0..7 have code 1 after 1, expected increasing codes");
  b.codes = {0b001'010, 0};
  CHECK(b.message() == "nm<2, 8>: row 0, columns 0..7 have code 1 after 2, expected increasing codes");
  b.codes = {0b010'001, 0b10};
  CHECK(b.message() == "nm<2, 8>: row 0, columns 8..8 have bits set behind their 1 codes");
  b.codes = {0b010'001, 0};
  CHECK(b.message() == "no error");
  CHECK(row_of(b.make(), 0) == std::vector<float>{0, 1, 2, 0, 0, 0, 0, 0, 3});
  coded_arrays<la::nm<float, 1, 3>> c{1, 3, {3}, {1}};  // two bits could say 3
  CHECK(c.message() == "nm<1, 3>: row 0, columns 0..2 have code 3, expected codes below 3");
}

TEST_CASE("nm: equality looks at shape, positions and values") {
  auto a = masks;
  a.codes[0] = 0xC9;
  CHECK_FALSE(a.make() == masks.make());
  a = masks;
  a.values[5] = 0;
  CHECK_FALSE(a.make() == masks.make());
  CHECK(masks.make() == masks.make());
  CHECK_FALSE(la::pack<two_of_four>(la::dense<float>(0, 3)) == two_of_four());
}
