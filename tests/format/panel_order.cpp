// SPDX-License-Identifier: MIT
#include <lacuna/format/panel_order.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace la = lacuna;
using la::detail::panel_pair;

namespace {

/// Rows of a cell of up to 64 columns as words of bits.
struct bits {
  std::vector<std::uint64_t> rows;

  [[nodiscard]] std::uint64_t operator[](la::index r) const { return rows[static_cast<std::size_t>(r)]; }
  [[nodiscard]] la::index height() const { return static_cast<la::index>(rows.size()); }
  [[nodiscard]] la::index count(la::index r) const { return std::popcount((*this)[r]); }
  [[nodiscard]] la::index common(la::index a, la::index b) const { return std::popcount((*this)[a] & (*this)[b]); }
};

std::vector<panel_pair> order(bits const& cell, la::index strip_height) {
  la::detail::panel_order o({cell.height(), 64, strip_height, 64, 128});
  static_cast<void>(o.of(bits{{1, 2}}));  // what an earlier cell left behind does not matter
  auto const pairs = o.of(cell);
  return {pairs.begin(), pairs.end()};
}

/// Every row once, and places without a row where a whole number of strips has more places than there are rows.
void check_places(std::vector<panel_pair> const& pairs, bits const& cell, la::index strip_height) {
  std::vector<la::index> rows;
  la::index empty = 0;
  for (auto const& p : pairs)
    for (auto const r : p.row) r < 0 ? static_cast<void>(++empty) : rows.push_back(r);
  std::sort(rows.begin(), rows.end());
  REQUIRE(std::adjacent_find(rows.begin(), rows.end()) == rows.end());
  REQUIRE(static_cast<la::index>(rows.size()) == cell.height());
  auto const places = (cell.height() + strip_height - 1) / strip_height * strip_height;
  REQUIRE(empty == places - cell.height());
}

}  // namespace

TEST_CASE("panel_order: every row has its place, pairs by count and then by what they share") {
  lacuna_test::random r(5);
  for (la::index const strip_height : {2, 4, 8})
    for (la::index height = 1; height <= 128; height += height < 20 ? 1 : 27) {
      CAPTURE(strip_height, height);
      bits cell;
      for (la::index i = 0; i != height; ++i) cell.rows.push_back(r.bits() & (i % 3 == 0 ? r.bits() : ~0u));
      auto const pairs = order(cell, strip_height);
      check_places(pairs, cell, strip_height);
      for (std::size_t p = 0; p != pairs.size(); ++p) {
        auto const& [row, count, common] = pairs[p];
        bool const whole = row[0] >= 0 && row[1] >= 0;
        REQUIRE(count == (whole ? std::min(cell.count(row[0]), cell.count(row[1])) : 0));
        REQUIRE(common == (whole ? cell.common(row[0], row[1]) : 0));
        if (p == 0) continue;
        REQUIRE(pairs[p - 1].count <= count);
        REQUIRE((pairs[p - 1].count < count || pairs[p - 1].common <= common));
      }
    }
}

TEST_CASE("panel_order: strips of one row take rows by count") {
  bits const cell{{7, 1, 0, 3, 8}};
  auto const pairs = order(cell, 1);
  std::vector<la::index> rows;
  for (auto const& p : pairs) rows.push_back(p.row[0]);
  CHECK(rows == std::vector<la::index>{2, 1, 4, 3, 0});
  CHECK(std::all_of(pairs.begin(), pairs.end(), [](panel_pair const& p) { return p.row[1] == -1 && p.common == 0; }));
}

TEST_CASE("panel_order: rows of equal count go with the one that shares most, and one without with the next") {
  // Rows 0 and 3 share two columns, 1 and 4 one; row 2 has more slots than row 5, and none has as many as they.
  bits const cell{{0b11, 0b1100, 0b111111, 0b11, 0b10100, 0b1110}};
  auto const pairs = order(cell, 2);
  REQUIRE(pairs.size() == 3);
  CHECK((pairs[0].row[0] == 1 && pairs[0].row[1] == 4 && pairs[0].common == 1));
  CHECK((pairs[1].row[0] == 0 && pairs[1].row[1] == 3 && pairs[1].common == 2));
  CHECK((pairs[2].row[0] == 5 && pairs[2].row[1] == 2 && pairs[2].count == 3 && pairs[2].common == 3));
}

TEST_CASE("panel_order: pairs of random rows share more than neighbours do") {
  lacuna_test::random r(6);
  bits cell;
  for (int i = 0; i != 128; ++i) cell.rows.push_back(r.bits());
  la::index paired = 0;
  la::index equal = 0;
  for (auto const& p : order(cell, 2)) {
    paired += p.common;
    equal += cell.count(p.row[0]) == cell.count(p.row[1]);
  }
  la::index neighbours = 0;
  for (la::index i = 0; i != 128; i += 2) neighbours += cell.common(i, i + 1);
  CHECK(paired > neighbours + 64);  // 16 on average for neighbours
  CHECK(equal > 50);                // of 64: a count has an odd row out
}

TEST_CASE("panel_order: a counting sort is stable") {
  struct item {
    int key, number;
  };
  std::vector<item> items{{3, 0}, {1, 1}, {3, 2}, {0, 3}, {1, 4}, {0, 5}};
  std::vector<item> spare(items.size());
  std::vector<la::index> heads(5);
  la::detail::counting_sort(std::span(items), std::span(spare), std::span(heads), [](item const& i) { return i.key; });
  std::vector<int> numbers;
  for (auto const& i : items) numbers.push_back(i.number);
  CHECK(numbers == std::vector<int>{3, 5, 1, 4, 0, 2});
}
