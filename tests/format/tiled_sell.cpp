// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/pack.hpp>

#include "support/conformance.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace la = lacuna;
using lacuna_test::message_of;

namespace {

using small = la::tiled_sell<float, 8, 1>;
using small_view = la::tiled_sell_view<float, 8, 1>;

/// The picture of the docstring, a to h being 1 to 8.
struct arrays {
  la::index rows = 4;
  la::index cols = 8;
  std::vector<la::tiled_sell_cell> cells{{0, 0}, {4, 8}};
  std::vector<std::uint8_t> places{0, 2, 1, 3};
  std::vector<std::uint16_t> diagonals{3, 2, 2, 1};
  std::vector<std::uint8_t> columns{0, 0, 2, 2, 5, 3, 6, 6};
  std::vector<float> values{1, 6, 5, 2, 7, 3, 8, 4};

  [[nodiscard]] small make() const { return {rows, cols, cells, places, diagonals, columns, values}; }
  [[nodiscard]] std::string message() const {
    auto const made = message_of([&] { return make(); });
    auto const viewed = message_of([&] {
      validate(small_view(rows, cols, cells, places, diagonals, columns, values));
      return 0;
    });
    CHECK(made == viewed);
    return made;
  }
};

la::dense<float> picture() {
  la::dense<float> w(4, 8);
  w(0, 0) = 1, w(0, 2) = 2, w(0, 3) = 3, w(0, 6) = 4, w(1, 2) = 5, w(2, 0) = 6, w(2, 5) = 7, w(2, 6) = 8;
  return w;
}

/// Packs random masks of many shapes and compares with what they keep.
template <class F>
void check_cut() {
  using T = typename F::value_type;
  lacuna_test::random r(11);
  for (auto const s : {lacuna_test::shape{1, 1}, {16, 64}, {17, 65}, {33, 300}, {257, 40}, {700, 9}})
    for (auto const how : {lacuna_test::coverage::ragged, lacuna_test::coverage::all}) {
      CAPTURE(s.rows, s.cols);
      auto const w = lacuna_test::weights<T>(r, s.rows, s.cols, true);
      auto const keep = lacuna_test::random_mask(r, s.rows, s.cols, how);
      auto const a = la::pack<F>(w, keep);
      validate(a);
      auto const expected = lacuna_test::masked(std::as_const(w).view(), keep);
      REQUIRE(lacuna_test::slots_problem(a, expected, keep) == std::string());
      REQUIRE(a.stored() == keep.count());  // nothing is filled up
      REQUIRE(a.windows() == (s.rows + F::layout::window - 1) / F::layout::window);
      REQUIRE(a.tiles() == (s.cols + F::layout::tile - 1) / F::layout::tile);
      REQUIRE(lacuna_test::same_bits(la::to_dense(la::pack<la::csr<T>>(a)), expected));
    }
}

}  // namespace

TEST_CASE("tiled_sell: rows are sorted by count") {
  arrays const sound;
  CHECK(sound.message() == "no error");
  auto const a = sound.make();
  CHECK(la::to_dense(a) == picture());
  CHECK(la::pack<small>(picture()) == a);
  CHECK(a.stored() == 8);
  CHECK(a.nonzeros() == 8);
  CHECK(a.windows() == 1);
  CHECK(a.tiles() == 1);
  std::vector<la::index> visited;
  a.visit_row(2, [&](la::index j, float) { visited.push_back(j); });
  CHECK(visited == std::vector<la::index>{0, 5, 6});
}

TEST_CASE("tiled_sell: up to four bytes of a row stand together") {
  using bytes = la::tiled_sell<std::int8_t, 8, 1>;
  arrays sound;
  sound.columns = {0, 2, 3, 6, 0, 5, 6, 2};
  std::vector<std::int8_t> const values{1, 2, 3, 4, 6, 7, 8, 5};
  auto const make = [&] {
    return bytes(sound.rows, sound.cols, sound.cells, sound.places, sound.diagonals, sound.columns, values);
  };
  la::dense<std::int8_t> w(4, 8);
  for (la::index i = 0; i != 4; ++i)
    for (la::index j = 0; j != 8; ++j) w(i, j) = static_cast<std::int8_t>(picture()(i, j));
  CHECK(make() == la::pack<bytes>(w));
  CHECK(la::to_dense(make()) == w);
  sound.columns[6] = 5;
  CHECK(message_of(make) == "tiled_sell: window 0, tile 0 has column 5 after 5 at place 1, expected increasing order");
  sound.columns = {0, 2, 3, 6, 0, 5, 6, 8};
  CHECK(message_of(make) == "tiled_sell: window 0, tile 0 has column 8, expected columns below 8");
}

TEST_CASE("tiled_sell: more than four bytes of a row go on behind all rows") {
  using bytes = la::tiled_sell<std::int8_t, 8, 1>;
  la::dense<std::int8_t> w(3, 8);
  for (la::index j = 0; j != 8; ++j) w(1, j) = static_cast<std::int8_t>(10 + j);
  for (la::index j = 0; j != 5; ++j) w(0, j) = static_cast<std::int8_t>(20 + j);
  w(2, 7) = 30;
  auto const a = la::pack<bytes>(w);
  std::vector<std::int8_t> const expected{10, 11, 12, 13, 20, 21, 22, 23, 30, 14, 15, 16, 17, 24};
  CHECK(std::vector<std::int8_t>(a.view().values().begin(), a.view().values().end()) == expected);
  CHECK(la::to_dense(a) == w);
}

TEST_CASE("tiled_sell: the value type follows from the arrays, the tile from the value type") {
  std::vector<la::tiled_sell_cell> const cells{{0, 0}, {1, 2}};
  std::vector<std::uint8_t> const places{1, 0};
  std::vector<std::uint16_t> const diagonals{2};
  std::vector<std::uint8_t> const columns{0, 6};
  std::vector<double> const values{1, 2};
  la::tiled_sell const a(2, 7, cells, places, diagonals, columns, values);
  STATIC_REQUIRE(std::is_same_v<decltype(a), la::tiled_sell<double, 32, 16> const>);
  la::tiled_sell_view const v{2, 7, cells, places, diagonals, columns, values};
  STATIC_REQUIRE(std::is_same_v<decltype(v), la::tiled_sell_view<double> const>);
  CHECK(la::to_dense(v) == la::to_dense(a));
  CHECK(la::to_dense(a)(1, 0) == 1);
  STATIC_REQUIRE(std::is_same_v<la::tiled_sell<float>, la::tiled_sell<float, 64, 16>>);
  STATIC_REQUIRE(std::is_same_v<la::tiled_sell<la::bf16>, la::tiled_sell<la::bf16, 64, 16>>);
  STATIC_REQUIRE(std::is_same_v<la::tiled_sell<std::int8_t>, la::tiled_sell<std::int8_t, 256, 16>>);
}

TEST_CASE("tiled_sell: any tile and window holds the same matrix") {
  check_cut<la::tiled_sell<float, 1, 1>>();
  check_cut<la::tiled_sell<float, 7, 3>>();
  check_cut<la::tiled_sell<float, 32, 16>>();
  check_cut<la::tiled_sell<la::bf16, 256, 16>>();
  check_cut<la::tiled_sell<std::int8_t>>();
  check_cut<la::tiled_sell<std::int8_t, 7, 3>>();
}

TEST_CASE("tiled_sell: a tile of 256 columns and a window of 256 rows may be full") {
  using F = la::tiled_sell<std::int8_t, 256, 16>;
  auto const a = la::pack<F>(la::dense<std::int8_t>(300, 300), la::mask(300, 300, true));
  validate(a);
  CHECK(a.stored() == 300 * 300);
  CHECK(a.diagonals().size() == 2 * 300);
  CHECK(a.diagonals()[255] == 256);
  CHECK(a.columns()[256 * 256 - 1] == 255);
  CHECK(a.places()[255] == 255);
}

TEST_CASE("tiled_sell: bytes follow the formula") {
  CHECK(arrays().make().bytes() == 2 * 8 + 4 + 4 * 2 + 8 + 8 * 4);
  la::mask keep(512, 1024);  // each row has 16 of 64
  for (la::index i = 0; i != 512; ++i)
    for (la::index j = i % 4; j < 1024; j += 4) keep.set(i, j);
  auto const a = la::pack<la::tiled_sell<float>>(la::dense<float>(512, 1024), keep);
  CHECK(a.bytes() == keep.count() * (4 + 1) + 512 * 1024 / 64 + (2 * 16 + 1) * 8 + 2 * 16 * 16 * 2);
}

TEST_CASE("tiled_sell: an empty matrix has no cells but the last") {
  CHECK(la::tiled_sell<float>().bytes() == 8);
  validate(la::tiled_sell<float>());
  CHECK(arrays{0, 8, {{0, 0}}, {}, {}, {}, {}}.message() == "no error");
  CHECK(arrays{4, 0, {{0, 0}}, {}, {}, {}, {}}.message() == "no error");
  CHECK(arrays{std::numeric_limits<la::index>::max(), 0, {{0, 0}}, {}, {}, {}, {}}.message() == "no error");
  CHECK(la::to_dense(la::tiled_sell<float>()).rows() == 0);
}

TEST_CASE("tiled_sell: equality looks at shape, order, slots and values") {
  auto const a = arrays().make();
  CHECK(a == arrays().make());
  arrays b;
  b.cols = 7;
  CHECK_FALSE(b.make() == a);
  b = {};
  std::swap(b.places[0], b.places[2]);
  CHECK_FALSE(b.make() == a);
  b = {};
  b.columns[2] = 3;
  CHECK_FALSE(b.make() == a);
  b = {};
  b.values[0] = 0;
  CHECK_FALSE(b.make() == a);
}
