// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/format/rows.hpp>
#include <lacuna/pack.hpp>

#include "support/conformance.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace la = lacuna;
using namespace lacuna_test;

namespace {

template <class S>
std::vector<std::pair<la::index, double>> row(S const& source, la::index i) {
  std::vector<std::pair<la::index, double>> slots;
  source.visit_row(i, [&](la::index j, auto value) { slots.emplace_back(j, static_cast<double>(value)); });
  return slots;
}
using slots = std::vector<std::pair<la::index, double>>;

}  // namespace

TEST_CASE("rows: the nonzeros of a dense matrix; a zero of either sign is none, a NaN is one") {
  float w[6] = {1, -0.0f, 2, 0, std::numeric_limits<float>::quiet_NaN(), 3};
  la::detail::nonzero_rows<float, la::order::row_major> const a{la::dense_view<float const>(w, 2, 3)};
  CHECK(row(a, 0) == slots{{0, 1}, {2, 2}});
  REQUIRE(row(a, 1).size() == 2);
  CHECK(std::isnan(row(a, 1)[0].second));
  la::detail::nonzero_rows<float, la::order::col_major> const b{
      la::dense_view<float const, la::order::col_major>(w, 2, 2, 3)};
  CHECK(row(b, 0) == slots{{0, 1}});
  REQUIRE(row(b, 1).size() == 1);
  CHECK(row(b, 1)[0].first == 1);
}

TEST_CASE("rows: what a mask keeps of a dense matrix, zeros included, across words") {
  la::dense<double> w(2, 200);
  la::mask keep(2, 200);
  slots expected;
  for (la::index j : {0, 63, 64, 127, 128, 199}) {
    keep.set(1, j);
    w(1, j) = static_cast<double>(j);
    expected.emplace_back(j, static_cast<double>(j));
  }
  la::detail::masked_rows<double, la::order::row_major> const a{std::as_const(w).view(), &keep};
  CHECK(row(a, 0).empty());
  CHECK(row(a, 1) == expected);
}

TEST_CASE("rows: what a mask keeps of sparse slots") {
  la::dense<float> w(1, 4);
  for (la::index j = 0; j != 4; ++j) w(0, j) = static_cast<float>(j + 1);
  la::mask keep(1, 4);
  keep.set(0, 1), keep.set(0, 3);
  auto const all = la::pack<la::csr<float>>(w);
  la::detail::masked_slots<la::csr<float>> const a{all, &keep};
  CHECK(row(a, 0) == slots{{1, 2}, {3, 4}});
}

TEST_CASE("rows: dense and spread sources have the same words, and read nothing behind the last column") {
  lacuna_test::random r(3);
  for (la::index const cols : {1, 63, 64, 65, 130}) {
    auto const w = random_dense<float>(r, 5, cols);
    auto const keep = random_mask(r, 5, cols, 0.5);
    auto const zeroed = masked(w.view(), keep);
    auto const sparse = la::pack<la::csr<float>>(w, keep);
    la::detail::masked_rows<float, la::order::row_major> const a{w.view(), &keep};
    la::detail::nonzero_rows<float, la::order::row_major> const b{zeroed.view()};
    la::detail::spread_rows<la::csr<float>> c(sparse, 3);
    STATIC_REQUIRE(la::detail::worded_rows<la::detail::spread_rows<la::csr<float>>>);
    for (auto const& [first, last] : {std::pair<la::index, la::index>{0, 3}, {2, 5}, {4, 5}}) {
      c.read(first, last);
      for (la::index i = first; i != last; ++i) {
        for (la::index k = 0; k * 64 < cols; ++k) {
          CHECK(a.word(i, k) == keep.row(i)[k]);
          CHECK(b.word(i, k) == keep.row(i)[k]);
          CHECK(c.word(i, k) == keep.row(i)[k]);
        }
        for (la::index j = 0; j != cols; ++j) {
          CHECK((a.at(i, j) == zeroed(i, j) && b.at(i, j) == zeroed(i, j) && c.at(i, j) == zeroed(i, j)));
          if (keep(i, j)) CHECK((a.element(i, j) == w(i, j) && c.element(i, j) == w(i, j)));
          for (la::index b64 = 0; b64 != 64; ++b64)
            REQUIRE((la::detail::word_from(a, i, j) >> b64 & 1u) == (j + b64 < cols && keep(i, j + b64) ? 1u : 0u));
        }
      }
    }
  }
}

TEST_CASE("rows: transposed lists are sorted whatever the order of the source") {
  lacuna_test::random r(7);
  for (auto const how : all_coverages) {
    auto const w = random_dense<float>(r, 13, 37);
    auto const keep = random_mask(r, 13, 37, how);
    auto const panel = la::pack<la::panel<float>>(w, keep, {.strip_height = 4, .tile = 11});
    auto const lists = la::detail::transposed_lists(panel);
    REQUIRE(lists.rows() == 37);
    REQUIRE(lists.cols() == 13);
    REQUIRE(lists.columns.size() == keep.count());
    for (la::index j = 0; j != 37; ++j) {
      slots expected;
      for (la::index i = 0; i != 13; ++i)
        if (keep(i, j)) expected.emplace_back(i, static_cast<double>(w(i, j)));
      REQUIRE(row(lists, j) == expected);
    }
  }
}
