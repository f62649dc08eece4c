// SPDX-License-Identifier: MIT
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/pack.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace la = lacuna;

namespace {

/// Slots that are off by more than half their group's scale, groups that are stored and should not be or the other way
/// round, and slots that the mask drops and that are not 0.
template <class A>
la::index wrong_slots(A const& a, la::dense<float> const& w, la::mask const& keep) {
  constexpr la::index G = A::layout::group;
  auto const back = la::to_dense(a);
  la::index wrong = 0, groups = 0;
  for (la::index i = 0; i != w.rows(); ++i)
    for (la::index first = 0; first < w.cols(); first += G) {
      float largest = 0;
      bool any = false;
      auto const last = std::min(first + G, w.cols());
      for (la::index j = first; j != last; ++j)
        if (keep(i, j)) any = true, largest = std::max(largest, std::fabs(w(i, j)));
      groups += any;
      for (la::index j = first; j != last; ++j)
        wrong += std::fabs(back(i, j) - (keep(i, j) ? w(i, j) : 0.0f)) > (0.5f + 0.01f) * largest / 7;
    }
  wrong += a.stored() != groups * G;
  return wrong;
}

template <class Format>
void check_pack() {
  constexpr la::index G = Format::layout::group;
  lacuna_test::random r(1);
  for (auto const& shape : {std::pair<la::index, la::index>{0, 0},
                            {0, 9},
                            {9, 0},
                            {1, 1},
                            {7, G - 1},
                            {5, G},
                            {6, 3 * G + 1},
                            {20, 10 * G}})
    for (auto const how : lacuna_test::all_coverages) {
      la::index const rows = shape.first, cols = shape.second;
      auto const w = lacuna_test::random_dense<float>(r, rows, cols);
      auto const keep = lacuna_test::random_mask(r, rows, cols, how);
      auto const a = la::pack<Format>(w, keep);
      CAPTURE(rows, cols, name_of(how));
      REQUIRE(wrong_slots(a, w, keep) == 0);
      REQUIRE_NOTHROW(la::validate(a));
      REQUIRE(a.bytes() == a.stored() / G *
                                   (G / 2 + static_cast<la::index>(sizeof(typename Format::scale_type) +
                                                                   sizeof(typename Format::index_type))) +
                               (rows + 1) * static_cast<la::index>(sizeof(typename Format::offset_type)));
      REQUIRE(Format(rows, cols, a.offsets(), a.groups(), a.scales(), a.codes()) == a);
      REQUIRE(la::pack<Format>(la::pack<la::bitmap<float>>(w, keep)) == a);
      REQUIRE(la::to_dense(la::transpose(a)) == [&] {
        auto const back = la::to_dense(a);
        la::dense<float> turned(cols, rows);
        for (la::index i = 0; i != rows; ++i)
          for (la::index j = 0; j != cols; ++j) turned(j, i) = back(i, j);
        return turned;
      }());
    }
}

}  // namespace

TEST_CASE("grouped_int4: stores the groups in which a slot is kept, within half a scale") {
  check_pack<la::grouped_int4<16>>();
  check_pack<la::grouped_int4<32, la::f16, std::uint16_t, std::uint32_t>>();
  check_pack<la::grouped_int4<6, la::bf16, int>>();
}

TEST_CASE("grouped_int4: the codes of a row, as documented") {
  la::dense<float> w(1, 9);
  float const values[] = {-2, -1, 0, 7, 0, 0, 0, 0, 3.5f};
  for (la::index j = 0; j != 9; ++j) w(0, j) = values[j];
  auto const a = la::pack<la::grouped_int4<4>>(w);
  CHECK(std::vector<std::uint32_t>(a.groups().begin(), a.groups().end()) == std::vector<std::uint32_t>{0, 2});
  CHECK(std::vector<float>(a.scales().begin(), a.scales().end()) == std::vector<float>{1, 0.5f});
  CHECK(std::vector<std::uint8_t>(a.codes().begin(), a.codes().end()) ==
        std::vector<std::uint8_t>{0x0E, 0x7F, 0x07, 0x00});
  CHECK(la::to_dense(a) == w);
  CHECK(a.nonzeros() == 4);
  CHECK(a.stored() == 8);
}

TEST_CASE("grouped_int4: what was moved from is empty") {
  auto a = la::pack<la::grouped_int4<4>>(la::dense<float>(2, 6), la::mask(2, 6, true));
  auto const moved = std::move(a);
  CHECK(moved.stored() == 16);
  la::validate(a);
  CHECK(a == la::grouped_int4<4>());
  CHECK(la::to_dense(a) == la::dense<float>());
  la::validate(la::grouped_int4_view<4>());
}

TEST_CASE("grouped_int4: foreign arrays are checked") {
  std::vector<std::uint32_t> offsets{0, 1, 3}, groups{1, 0, 1};
  std::vector<float> scales{1, 2, 3};
  std::vector<std::uint8_t> codes{0x01, 0x02, 0x33, 0x44, 0x05, 0x06};
  auto const said = [&] {
    return lacuna_test::message_of<la::format_error>(
        [&] { static_cast<void>(la::grouped_int4<4>(2, 6, offsets, groups, scales, codes)); });
  };
  auto const a = la::grouped_int4<4>(2, 6, offsets, groups, scales, codes);
  CHECK(la::to_dense(a)(1, 2) == 6);
  groups[2] = 2;
  CHECK(said() == "grouped_int4: row 1 has group 2, expected 0 <= group < 2");
  groups[2] = 0;
  CHECK(said() == "grouped_int4: row 1 has group 0 twice");
  groups[2] = 1;
  offsets[1] = 4;
  CHECK(said() == "grouped_int4: offsets fall from 4 to 3 at row 1");
  offsets[1] = 1;
  scales[1] = std::numeric_limits<float>::infinity();
  CHECK(said() == "grouped_int4: row 1 has a scale of inf, expected a finite one");
  scales[1] = 2;
  codes[1] = 0x12;
  CHECK(said() == "grouped_int4: row 0 has a code in column 7, which lies outside the 2x6 matrix, expected 0");
  codes[1] = 0x02;
  codes.pop_back();
  CHECK(said() == "grouped_int4: 3 groups need 3 * 2 bytes of codes, got 5");
  codes.push_back(0);
  scales.pop_back();
  CHECK(said() == "grouped_int4: 3 groups need as many scales, got 2");
}
