// SPDX-License-Identifier: MIT
#include <lacuna/format/panel_order.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

namespace la = lacuna;
using la::detail::panel_pair;

namespace {

/// Rows of a cell, each so many words of bits.
struct bits {
  std::vector<std::uint64_t> rows;
  la::index words = 1;

  [[nodiscard]] std::uint64_t const* columns(la::index r) const { return rows.data() + r * words; }
  [[nodiscard]] la::index height() const { return static_cast<la::index>(rows.size()) / words; }
  [[nodiscard]] la::index count(la::index r) const { return common(r, r); }
  [[nodiscard]] la::index common(la::index a, la::index b) const {
    la::index n = 0;
    for (la::index w = 0; w != words; ++w) n += std::popcount(columns(a)[w] & columns(b)[w]);
    return n;
  }
};

/// A cell of random rows, some with about half of the columns of the others.
bits random_cell(lacuna_test::random& r, la::index height, la::index words) {
  bits cell{{}, words};
  for (la::index i = 0; i != height; ++i) {
    auto const thin = i % 3 == 0;
    for (la::index w = 0; w != words; ++w) cell.rows.push_back(r.bits() & (thin ? r.bits() : ~std::uint64_t{0}));
  }
  return cell;
}

std::vector<panel_pair> order(bits const& cell, la::index strip_height) {
  la::detail::panel_order o({cell.height(), 64 * cell.words, strip_height, 64 * cell.words, 128});
  bits earlier{{}, cell.words};  // what an earlier cell left behind does not matter
  for (la::index w = 0; w != 2 * cell.words; ++w) earlier.rows.push_back(static_cast<std::uint64_t>(w) + 1);
  static_cast<void>(o.of(earlier));
  auto const pairs = o.of(cell);
  return {pairs.begin(), pairs.end()};
}

/// Who goes with whom, by number of row: rows by count, each in turn with that of the next 12 of as many slots which
/// shares most (the first of these), whose place the next takes; the first of an odd number of rows with nobody.
std::vector<std::pair<la::index, la::index>> partners(bits const& cell) {
  std::vector<la::index> rows(static_cast<std::size_t>(cell.height()));
  std::iota(rows.begin(), rows.end(), la::index{0});
  std::sort(rows.begin(), rows.end(),
            [&](la::index a, la::index b) { return std::pair(cell.count(a), a) < std::pair(cell.count(b), b); });
  std::vector<std::pair<la::index, la::index>> pairs;
  for (std::size_t q = rows.size() % 2; q != rows.size(); q += 2) {
    auto best = q + 1;
    for (auto k = best; k <= q + 12 && k < rows.size() && cell.count(rows[k]) == cell.count(rows[q]); ++k)
      if (cell.common(rows[q], rows[k]) > cell.common(rows[q], rows[best])) best = k;
    std::swap(rows[q + 1], rows[best]);
    pairs.emplace_back(rows[q], rows[q + 1]);
  }
  return pairs;
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
      auto const cell = random_cell(r, height, 1 + height % 5);
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

TEST_CASE("panel_order: each row goes with the one of the next twelve that shares most, in tiles of any width") {
  lacuna_test::random r(7);
  for (la::index words = 1; words <= 5; ++words)
    for (la::index const height : {1, 2, 13, 14, 64, 127}) {
      CAPTURE(words, height);
      auto cell = random_cell(r, height, words);
      for (auto& word : cell.rows) word &= 0xF00F;  // so that many rows have as many columns
      auto const expected = partners(cell);
      std::vector<std::tuple<la::index, la::index, std::size_t>> sorted;  // by count, what they share and their turn
      for (auto const& [a, b] : expected) sorted.emplace_back(cell.count(a), cell.common(a, b), sorted.size());
      std::sort(sorted.begin(), sorted.end());
      std::vector<std::pair<la::index, la::index>> wanted;
      for (auto const& s : sorted) wanted.push_back(expected[std::get<2>(s)]);
      std::vector<std::pair<la::index, la::index>> got;
      for (auto const& p : order(cell, 2))
        if (p.row[1] >= 0) got.emplace_back(p.row[0], p.row[1]);
      REQUIRE(got == wanted);
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

TEST_CASE("panel_order: from how many there are of each key to where each starts") {
  std::vector<la::index> keys{2, 0, 1, 3};
  la::detail::counts_to_starts(keys);
  CHECK(keys == std::vector<la::index>{0, 2, 2, 3});
}
