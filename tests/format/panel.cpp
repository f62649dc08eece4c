// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/pack.hpp>

#include "support/conformance.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
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
  la::index strip_height = 2;
  la::index tile = 8;
  la::index block = 128;
  std::vector<la::panel_strip> strips{{0, 0, 1, 0}, {1, 2, 2, 1}, {5, 8, 0, 0}};
  std::vector<la::panel_slot> slots{{1, 0}, {3, 0}, {0, 0}, {2, 0}};
  std::vector<std::uint16_t> columns{2, 0, 2, 3, 5};
  std::vector<float> values{4, 8, 1, 5, 2, 6, 3, 7};

  [[nodiscard]] la::panel_view<float> view() const {
    return {rows, cols, strip_height, tile, block, strips, slots, columns, values};
  }
  [[nodiscard]] la::panel<float> make() const {
    return {rows, cols, strip_height, tile, block, strips, slots, columns, values};
  }
  [[nodiscard]] std::string message() const {
    auto const made = message_of([&] { return make(); });
    CHECK(made == message_of([&] {
            validate(view());
            return 0;
          }));
    return made;
  }
};

la::dense<float> picture() {
  la::dense<float> w(4, 8);
  w(0, 0) = 1, w(0, 2) = 2, w(0, 3) = 3, w(1, 2) = 4, w(2, 0) = 5, w(2, 2) = 6, w(2, 5) = 7, w(3, 2) = 8;
  return w;
}

/// 12 for each strip and one more, 4 for each slot, 2 for each column.
template <class T>
la::index bytes_of(la::panel<T> const& a) {
  auto const strips = a.view().grid().strips();
  return 12 * (strips + 1) + 4 * strips * a.strip_height() + 2 * static_cast<la::index>(a.columns().size()) +
         static_cast<la::index>(sizeof(T)) * a.stored();
}

}  // namespace

TEST_CASE("panel: rows of equal count share a strip, and what they share comes first") {
  arrays const s;
  CHECK(s.message() == "no error");
  auto const a = s.make();
  CHECK(la::to_dense(a) == picture());
  CHECK(a.stored() == 8);
  CHECK(a.nonzeros() == 8);
  std::vector<la::index> visited;
  a.visit_row(0, [&](la::index j, float) { visited.push_back(j); });
  CHECK(visited == std::vector<la::index>{0, 2, 3});
  std::vector<la::index> places;  // a slot is told by its address
  a.visit_row(0, [&](la::index, float const& value) { places.push_back(&value - a.values().data()); });
  CHECK(places == std::vector<la::index>{2, 4, 6});
}

TEST_CASE("panel: pack gives the picture") {
  auto const packed = la::pack<la::panel<float>>(picture(), {.strip_height = 2, .tile = 8});
  validate(packed);
  CHECK(packed == arrays().make());
}

TEST_CASE("panel: the value type follows from the arrays") {
  arrays const s;
  la::panel const a(s.rows, s.cols, s.strip_height, s.tile, s.block, s.strips, s.slots, s.columns, s.values);
  STATIC_REQUIRE(std::is_same_v<decltype(a), la::panel<float> const>);
  la::panel_view const v{s.rows, s.cols, s.strip_height, s.tile, s.block, s.strips, s.slots, s.columns, s.values};
  STATIC_REQUIRE(std::is_same_v<decltype(v), la::panel_view<float> const>);
  CHECK(la::to_dense(v) == la::to_dense(a));
}

namespace {

/// Packs what a mask keeps and looks for it in the panel, and in a csr packed from that.
void check_packed(la::dense<float> const& w, la::mask const& keep, la::pack_options const& options) {
  auto const a = la::pack<la::panel<float>>(w, keep, options);
  validate(a);
  auto const expected = lacuna_test::masked(w.view(), keep);
  REQUIRE(lacuna_test::slots_problem(a, expected, keep) == std::string());
  REQUIRE(a.stored() == keep.count());
  REQUIRE(a.strip_height() == options.strip_height);
  REQUIRE(a.tile() == options.tile);
  REQUIRE(a.bytes() == bytes_of(a));
  REQUIRE(lacuna_test::same_bits(la::to_dense(la::pack<la::csr<float>>(a)), expected));
  REQUIRE(lacuna_test::same_bits(la::to_dense(la::pack<la::panel<float>>(a, options)), expected));
}

}  // namespace

TEST_CASE("panel: any strip height and tile holds the same matrix") {
  lacuna_test::random r(11);
  for (la::index const height : {1, 2, 4, 8})
    for (la::index const tile : {1, 2, 7, 31, 64, 65, 256, 32768})
      for (auto const s :
           {lacuna_test::shape{1, 1}, {2, 9}, {7, 64}, {8, 64}, {13, 65}, {33, 300}, {129, 40}, {130, 65}}) {
        CAPTURE(height, tile, s.rows, s.cols);
        auto const w = lacuna_test::weights<float>(r, s.rows, s.cols, true);
        for (auto const how : {lacuna_test::coverage::ragged, lacuna_test::coverage::half})
          check_packed(w, lacuna_test::random_mask(r, s.rows, s.cols, how), {.strip_height = height, .tile = tile});
      }
}

TEST_CASE("panel: blocks of 128 and 256 rows, and what is left below them") {
  lacuna_test::random r(12);
  for (la::index const rows : {127, 128, 129, 1023, 1024, 1281}) {
    auto const w = lacuna_test::random_dense<float>(r, rows, 20);
    auto const keep = lacuna_test::random_mask(r, rows, 20, lacuna_test::coverage::ragged);
    auto const a = la::pack<la::panel<float>>(w, keep, {.strip_height = 4, .tile = 8});
    validate(a);
    CAPTURE(rows);
    CHECK(a.block() == (rows < 1024 ? 128 : 256));
    CHECK(a.strips().size() == static_cast<std::size_t>((rows + 3) / 4 * 3 + 1));  // as blocks are multiples of 8
    CHECK(lacuna_test::slots_problem(a, lacuna_test::masked(w.view(), keep), keep) == std::string());
  }
}

TEMPLATE_TEST_CASE("panel: bytes follow the formula for every value type", "", float, double, la::bf16, la::f16,
                   std::int8_t) {
  // Full rows of 10 strips in 3 tiles: pairs share every column.
  auto const full = la::pack<la::panel<TestType>>(la::dense<TestType>(20, 130), la::mask(20, 130, true),
                                                  {.strip_height = 2, .tile = 64});
  CHECK(full.bytes() ==
        (10 * 3 + 1) * 12 + 20 * 3 * 4 + 10 * 130 * 2 + 20 * 130 * static_cast<la::index>(sizeof(TestType)));
  CHECK(full.bytes() == bytes_of(full));
  CHECK(arrays().make().bytes() == 3 * 12 + 4 * 4 + 5 * 2 + 8 * 4);
}

TEST_CASE("panel: a tile of 32768 columns holds a full row") {
  for (la::index const height : {1, 2}) {
    auto const a = la::pack<la::panel<std::int8_t>>(la::dense<std::int8_t>(2, 32770), la::mask(2, 32770, true),
                                                    {.strip_height = height, .tile = 32768});
    validate(a);
    auto const& first = a.strips()[0];
    CHECK((height == 1 ? first.own : first.shared) == 32768);
    CHECK(a.columns()[32767] == 32767);
    CHECK(a.stored() == 2 * 32770);
    la::index next = 0;
    a.visit_row(1, [&](la::index j, std::int8_t) { next += j == next; });
    CHECK(next == 32770);
  }
}

TEST_CASE("panel: the transpose is cut as asked") {
  la::pack_options const options{.strip_height = 4, .tile = 5};
  auto const a = la::pack<la::panel<float>>(picture(), options);
  auto const t = la::transpose(a, options);
  validate(t);
  CHECK(t.strip_height() == 4);
  CHECK(t.tile() == 5);
  CHECK(la::to_dense(t)(5, 2) == 7);
  CHECK(la::transpose(t, options) == a);
}

TEST_CASE("panel: an empty matrix has no strips but the end") {
  CHECK(la::panel<float>().bytes() == 12);
  validate(la::panel<float>());
  CHECK(arrays{0, 8, 2, 8, 128, {{}}, {}, {}, {}}.message() == "no error");
  CHECK(arrays{4, 0, 2, 8, 128, {{}}, {}, {}, {}}.message() == "no error");
  CHECK(arrays{la::index{1} << 62, 0, 2, 8, 128, {{}}, {}, {}, {}}.message() == "no error");
  CHECK(arrays{0, la::index{1} << 55, 2, 8, 128, {{}}, {}, {}, {}}.message() == "no error");
  CHECK(la::to_dense(la::panel<float>()).rows() == 0);
  for (la::index const rows : {0, 5})
    for (la::index const cols : {0, 7}) {
      auto const a = la::pack<la::panel<float>>(la::dense<float>(rows, cols));
      validate(a);
      CHECK(a.stored() == 0);
      CHECK(a.rows() == rows);
      CHECK(a.cols() == cols);
      CHECK(a.strips().size() == (rows == 5 && cols == 7 ? 4u : 1u));  // three pairs of rows, without slots
      CHECK(la::transpose(a).rows() == cols);
    }
}

TEST_CASE("panel: values can be overwritten, the pattern stays") {
  auto a = arrays().make();
  for (auto& v : a.values()) v = -v;
  CHECK(la::to_dense(a)(2, 5) == -7);
  a.values()[0] = 0;
  CHECK(a.nonzeros() == 7);
  CHECK(a.stored() == 8);
}

TEST_CASE("panel: equality looks at shape, cut, slots and values") {
  auto const a = arrays().make();
  CHECK(a == arrays().make());
  auto const differs = [&](auto const& change) {
    arrays b;
    change(b);
    return !(b.make() == a);
  };
  CHECK(differs([](arrays& b) { b.tile = 9; }));
  CHECK(differs([](arrays& b) { b.cols = 7; }));
  CHECK(differs([](arrays& b) { b.block = 8; }));
  CHECK(differs([](arrays& b) { b.columns[0] = 4; }));
  CHECK(differs([](arrays& b) {
    b.strips[0] = {0, 0, 0, 1}, b.strips[1].column = 2, b.strips[2].column = 6, b.columns = {2, 2, 0, 2, 3, 5};
  }));
  CHECK(differs([](arrays& b) { std::swap(b.slots[0], b.slots[1]); }));
  CHECK(differs([](arrays& b) { b.values[0] = 0; }));
}
