// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/pack.hpp>

#include "support/conformance.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace la = lacuna;
using lacuna_test::message_of;

namespace {

/// The picture of the docstring, a to h being 1 to 8.
struct arrays {
  la::index rows = 4;
  la::index cols = 8;
  la::index strip_height = 4;
  la::index tile = 8;
  std::vector<la::panel_cell> cells{{0, 0, 0}, {4, 5, 8}};
  std::vector<la::panel_run> runs{{1, 1}, {3, 1}, {4, 1}, {5, 2}};
  std::vector<std::uint16_t> columns{3, 2, 5, 0, 6};
  std::vector<float> values{3, 2, 5, 7, 1, 6, 4, 8};

  [[nodiscard]] la::panel<float> make() const { return {rows, cols, strip_height, tile, cells, runs, columns, values}; }
  [[nodiscard]] std::string message() const {
    auto const made = message_of([&] { return make(); });
    auto const viewed = message_of([&] {
      validate(la::panel_view<float>(rows, cols, strip_height, tile, cells, runs, columns, values));
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

}  // namespace

TEST_CASE("panel: columns are sorted by pattern") {
  arrays const sound;
  CHECK(sound.message() == "no error");
  auto const a = sound.make();
  CHECK(la::to_dense(a) == picture());
  CHECK(la::pack<la::panel<float>>(picture(), {.strip_height = 4, .tile = 8}) == a);
  CHECK(a.stored() == 8);
  CHECK(a.nonzeros() == 8);
  CHECK(a.strips() == 1);
  CHECK(a.tiles() == 1);
  std::vector<la::index> visited;
  a.visit_row(0, [&](la::index j, float) { visited.push_back(j); });
  CHECK(visited == std::vector<la::index>{3, 2, 0, 6});
}

TEST_CASE("panel: the value type follows from the arrays") {
  arrays const s;
  la::panel const a(s.rows, s.cols, s.strip_height, s.tile, s.cells, s.runs, s.columns, s.values);
  STATIC_REQUIRE(std::is_same_v<decltype(a), la::panel<float> const>);
  la::panel_view const v{s.rows, s.cols, s.strip_height, s.tile, s.cells, s.runs, s.columns, s.values};
  STATIC_REQUIRE(std::is_same_v<decltype(v), la::panel_view<float> const>);
  CHECK(la::to_dense(v) == la::to_dense(a));
}

TEST_CASE("panel: any strip height and tile holds the same matrix") {
  lacuna_test::random r(11);
  for (la::index height = 1; height != 9; ++height)
    for (la::index tile : {1, 2, 7, 31, 64, 65, 256, 65536})
      for (auto const s : {lacuna_test::shape{1, 1}, {8, 64}, {13, 65}, {33, 300}}) {
        CAPTURE(height, tile, s.rows, s.cols);
        auto const w = lacuna_test::weights<float>(r, s.rows, s.cols, true);
        auto const keep = lacuna_test::random_mask(r, s.rows, s.cols, lacuna_test::coverage::ragged);
        auto const a = la::pack<la::panel<float>>(w, keep, {.strip_height = height, .tile = tile});
        validate(a);
        auto const expected = lacuna_test::masked(std::as_const(w).view(), keep);
        REQUIRE(lacuna_test::slots_problem(a, expected, keep) == std::string());
        REQUIRE(a.stored() == keep.count());
        REQUIRE(a.strips() == (s.rows + height - 1) / height);
        REQUIRE(a.tiles() == (s.cols + tile - 1) / tile);
        REQUIRE(la::pack<la::csr<float>>(a).stored() == keep.count());
        REQUIRE(lacuna_test::same_bits(la::to_dense(la::pack<la::csr<float>>(a)), expected));
        REQUIRE(a.bytes() == static_cast<la::index>(12 * a.cells().size() + 4 * a.runs().size() +
                                                    2 * a.columns().size() + 4 * a.values().size()));
        REQUIRE(a.cells().size() == static_cast<std::size_t>(a.strips() * a.tiles() + 1));
      }
}

TEST_CASE("panel: bytes follow the formula") {
  CHECK(arrays().make().bytes() == 2 * 12 + 4 * 4 + 5 * 2 + 8 * 4);
  // All columns of a strip have the same pattern: one run a cell.
  auto const full = la::pack<la::panel<la::bf16>>(la::dense<la::bf16>(10, 600), la::mask(10, 600, true));
  CHECK(full.bytes() == (3 * 3 + 1) * 12 + 3 * 3 * 4 + 3 * 600 * 2 + 6000 * 2);
}

TEST_CASE("panel: pack chooses strips for the tokens and tiles for the density") {
  la::dense<float> const w(64, 1024);
  la::mask const half(64, 1024, true);
  la::mask few(64, 1024);
  for (la::index i = 0; i != 64; ++i)
    for (la::index j = 0; j != 51; ++j) few.set(i, j * 20);
  auto const at = [&](la::mask const& keep, la::index tokens) {
    return la::pack<la::panel<float>>(w, keep, {.tokens = tokens});
  };
  CHECK(at(half, 0).strip_height() == 4);
  CHECK(at(half, 1).strip_height() == 8);
  CHECK(at(half, 32).strip_height() == 8);
  CHECK(at(half, 33).strip_height() == 4);
  CHECK(at(half, 33).tile() == 256);
  CHECK(at(few, 33).tile() == 65536);
  few.set(0, 1);
  for (la::index i = 0; i != 64; ++i) few.set(i, 1021);
  CHECK(at(few, 33).tile() == 256);
}

TEST_CASE("panel: options out of range are told") {
  auto const message = [](la::pack_options const& options) {
    return message_of<la::value_error>([&] { return la::pack<la::panel<float>>(la::dense<float>(2, 2), options); });
  };
  CHECK(message({.strip_height = 9}) == "pack<panel>: strip_height is 9, expected 1..8, or 0 for a choice");
  CHECK(message({.strip_height = -1}) == "pack<panel>: strip_height is -1, expected 1..8, or 0 for a choice");
  CHECK(message({.tile = 65537}) == "pack<panel>: tile is 65537, expected 1..65536, or 0 for a choice");
  CHECK(message({.tile = -1}) == "pack<panel>: tile is -1, expected 1..65536, or 0 for a choice");
}

TEST_CASE("panel: a tile of 65536 columns holds a full row in one run") {
  auto const a = la::pack<la::panel<std::int8_t>>(la::dense<std::int8_t>(1, 65540), la::mask(1, 65540, true),
                                                  {.strip_height = 1, .tile = 65536});
  validate(a);
  REQUIRE(a.runs().size() == 2);
  CHECK(a.runs()[0] == la::panel_run(1, 65536));
  CHECK(a.columns()[65535] == 65535);
  CHECK(a.columns()[65536] == 0);
}

TEST_CASE("panel: the transpose is cut as asked") {
  la::pack_options const options{.strip_height = 3, .tile = 5};
  auto const a = la::pack<la::panel<float>>(picture(), options);
  auto const t = la::transpose(a, options);
  validate(t);
  CHECK(t.strip_height() == 3);
  CHECK(la::to_dense(t)(6, 2) == 8);
  CHECK(la::transpose(t, options) == a);
}

TEST_CASE("panel: an empty matrix has no cells but the last") {
  CHECK(la::panel<float>().bytes() == 12);
  validate(la::panel<float>());
  CHECK(arrays{0, 8, 4, 8, {{0, 0, 0}}, {}, {}, {}}.message() == "no error");
  CHECK(arrays{4, 0, 4, 8, {{0, 0, 0}}, {}, {}, {}}.message() == "no error");
  CHECK(la::to_dense(la::panel<float>()).rows() == 0);
}

TEST_CASE("panel: equality looks at shape, cut, slots and values") {
  auto const a = arrays().make();
  CHECK(a == arrays().make());
  arrays b;
  b.tile = 9;
  CHECK_FALSE(b.make() == a);
  b = {};
  b.cols = 7;
  b.tile = 8;
  CHECK_FALSE(b.make() == a);
  b = {};
  b.columns[0] = 4;
  CHECK_FALSE(b.make() == a);
  b = {};
  b.runs[0] = {2, 1};
  CHECK_FALSE(b.make() == a);
  b = {};
  b.values[0] = 0;
  CHECK_FALSE(b.make() == a);
}
