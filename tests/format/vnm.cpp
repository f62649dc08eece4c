// SPDX-License-Identifier: MIT
#include <lacuna/format/vnm.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>

#include "support/coded_arrays.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <type_traits>
#include <vector>

namespace la = lacuna;
using lacuna_test::coded_arrays;
using lacuna_test::message_of;

namespace {

using format = la::vnm<float, 2, 2, 4>;
using with_codes = la::vnm<float, 3, 1, 4>;

/// The picture of the docstring, a to l being 1 to 12.
coded_arrays<format> const picture{3, 8, {0x3A, 0xC9}, {1, 5, 2, 6, 3, 7, 4, 8, 9, 0, 10, 0, 11, 0, 12, 0}};

template <int V, int Keep, int M>
void check_projections(lacuna_test::random& r) {
  for (auto const [rows, cols] : lacuna_test::shapes()) {
    auto const w = lacuna_test::random_dense<float>(r, rows, cols);
    auto const keep = la::prune(w, la::magnitude{}, la::v_n_of_m<V, Keep, M>{});
    auto const a = la::pack<la::vnm<float, V, Keep, M>>(w, keep);
    validate(a);
    la::mask visited(rows, cols);
    for (la::index i = 0; i != rows; ++i) a.visit_row(i, [&](la::index j, float) { visited.set(i, j); });
    CAPTURE(V, Keep, M, rows, cols);
    REQUIRE(visited == keep);  // no fill
  }
}

}  // namespace

TEST_CASE("vnm: rows of a band share their columns, values stand slot by slot") {
  CHECK(picture.message() == "no error");
  auto const a = picture.make();
  la::dense<float> w(3, 8);
  w(0, 1) = 1, w(0, 3) = 2, w(0, 4) = 3, w(0, 5) = 4;
  w(1, 1) = 5, w(1, 3) = 6, w(1, 4) = 7, w(1, 5) = 8;
  w(2, 0) = 9, w(2, 3) = 10, w(2, 6) = 11, w(2, 7) = 12;
  CHECK(la::to_dense(a) == w);
  CHECK(la::pack<format>(w) == a);
  CHECK(a.stored() == 16);
  CHECK(a.nonzeros() == 12);
  CHECK(a.bands() == 2);
  CHECK(a.bytes_per_band() == 1);
  CHECK(a.columns_per_band() == 4);
}

TEST_CASE("vnm: a slot that another row of the band has is zero, and groups are filled up") {
  la::mask keep(2, 8);
  keep.set(0, 2), keep.set(1, 3);
  la::dense<float> w(2, 8);
  w(0, 2) = 7, w(1, 3) = 8;
  auto const a = la::pack<format>(w, keep);
  std::vector<la::index> visited;
  std::vector<float> values;
  for (la::index i : {0, 1})
    a.visit_row(i, [&](la::index j, float value) {
      visited.push_back(j);
      values.push_back(value);
    });
  CHECK(visited == std::vector<la::index>{2, 3, 4, 5, 2, 3, 4, 5});
  CHECK(values == std::vector<float>{7, 0, 0, 0, 0, 8, 0, 0});
}

TEST_CASE("vnm: a band that keeps too much is named") {
  la::mask keep(5, 12);
  la::dense<float> const w(5, 12);
  keep.set(2, 8), keep.set(2, 9), keep.set(3, 11);
  CHECK(message_of([&] { return la::pack<format>(w, keep); }) ==
        "pack<vnm<2, 2, 4>>: rows 2..3 keep 3 of columns 8..11, at most 2 fit");
  la::mask last(5, 10);
  last.set(3, 8), last.set(4, 9);
  CHECK(message_of([&] { return la::pack<with_codes>(la::dense<float>(5, 10), last); }) ==
        "pack<vnm<3, 1, 4>>: rows 3..4 keep 2 of columns 8..9, at most 1 fit");
}

TEST_CASE("vnm: what v_n_of_m keeps always fits, and nothing else is stored") {
  lacuna_test::random r(1);
  check_projections<4, 2, 4>(r);
  check_projections<3, 1, 5>(r);
  check_projections<16, 4, 8>(r);
  check_projections<1, 2, 4>(r);
  check_projections<2, 8, 32>(r);
}

TEST_CASE("vnm: the transpose is csr, since columns have any number of slots") {
  auto const t = la::transpose(picture.make());
  STATIC_REQUIRE(std::is_same_v<decltype(t), la::csr<float> const>);
  CHECK(t.stored() == 12);
  CHECK(la::pack<format>(la::transpose(t)) == picture.make());
}

TEST_CASE("vnm: bytes follow the formula") {
  la::dense<float> const w(9, 40);
  CHECK(la::pack<la::vnm<float, 4, 2, 4>>(w).bytes() == 3 * (20 * 4 * 4 + 5));
  CHECK(la::pack<la::vnm<la::bf16, 3, 1, 16>>(w).bytes() == 3 * (3 * 3 * 2 + 2));
  CHECK(la::pack<la::vnm<float, 16, 8, 32>>(w).bytes() == 16 * 16 * 4 + 8);
}

TEST_CASE("vnm: wrong counts and sizes are told") {
  auto a = picture;
  a.rows = -1;
  CHECK(a.message() == "vnm<2, 2, 4>: -1 rows and 8 columns, expected none below 0");
  a = picture;
  a.rows = 5;
  CHECK(a.message() == "vnm<2, 2, 4>: 3 bands of 8 columns need 3 * 1 bytes of codes, got 2");
  a = picture;
  a.values.pop_back();
  CHECK(a.message() == "vnm<2, 2, 4>: 2 bands of 8 columns need 2 * 8 values, got 15");
  a = picture;
  a.rows = a.cols = la::index{1} << 62;
  CHECK(a.message().find("does not fit a signed 64-bit size") != std::string::npos);
}

TEST_CASE("vnm: rows without columns need nothing, however many") {
  CHECK(coded_arrays<format>{la::index{1} << 60, 0, {}, {}}.message() == "no error");
  CHECK(coded_arrays<format>{0, 10, {}, {}}.message() == "no error");
}

TEST_CASE("vnm: wrong codes and values outside the matrix are told") {
  auto a = picture;
  a.codes[1] = 0xC1;
  CHECK(a.message() == "vnm<2, 2, 4>: band 1, columns 0..3 have 1 bits set, expected 2");
  a = picture;
  a.values[13] = 1;
  CHECK(a.message() ==
        "vnm<2, 2, 4>: band 1, slot 2 has a value in its row 1, which lies outside the 3x8 matrix, expected 0");
  a.values[13] = -0.0f;
  CHECK(a.message() == "no error");
  coded_arrays<with_codes> b{1, 6, {0b01'11}, {1, 0, 0, 2, 0, 0}};
  CHECK(b.message() == "no error");
  b.codes[0] = 0b10'11;
  CHECK(b.message() == "vnm<3, 1, 4>: band 0, columns 4..5 have code 2, expected codes below 2");
  b.codes[0] = 0b1'00'11;
  CHECK(b.message() == "vnm<3, 1, 4>: band 0 has a bit set behind its last group, in its last byte, above bit 3");
}

TEST_CASE("vnm: equality looks at shape, positions and values") {
  auto a = picture;
  a.codes[0] = 0x3C;
  CHECK_FALSE(a.make() == picture.make());
  a = picture;
  a.values[5] = 0;
  CHECK_FALSE(a.make() == picture.make());
  a = picture;
  a.rows = 4;
  CHECK_FALSE(a.make() == picture.make());
  CHECK(picture.make() == picture.make());
}
