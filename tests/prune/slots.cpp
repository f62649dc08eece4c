// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/slots.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace {

using lacuna::index;
using lacuna::magnitude;
using lacuna_test::place;
using lacuna_test::refusal;
using lacuna_test::text_of;
using csr = lacuna::csr<float>;

/// A format that lists its rows from behind.
struct backwards {
  using value_type = float;
  using layout = backwards;
  static constexpr bool ordered_rows = false;
  csr const& a;

  [[nodiscard]] index rows() const { return a.rows(); }
  [[nodiscard]] index cols() const { return a.cols(); }
  [[nodiscard]] index stored() const { return a.stored(); }
  [[nodiscard]] index nonzeros() const { return a.nonzeros(); }
  [[nodiscard]] index bytes() const { return a.bytes(); }
  [[nodiscard]] backwards view() const { return *this; }
  template <class F>
  void visit_row(index i, F&& f) const {
    std::vector<std::pair<index, float>> row;
    a.view().visit_row(i, [&](index j, float w) { row.push_back({j, w}); });
    for (auto slot = row.rbegin(); slot != row.rend(); ++slot) f(slot->first, slot->second);
  }
};

/// Drops the share of each group of the stored slots, as the rule reads.
template <class GroupOf>
lacuna::mask reference(lacuna::dense<float> const& w, lacuna::mask const& stored, double sparsity,
                       GroupOf const& group) {
  std::map<index, std::vector<place>> groups;
  for (index i = 0; i != w.rows(); ++i)
    for (index j = 0; j != w.cols(); ++j)
      if (stored(i, j)) groups[group(i, j)].push_back({i, j});
  auto keep = stored;
  auto const score = [&](index i, index j) { return w(i, j) < 0 ? -w(i, j) : w(i, j); };
  for (auto const& entry : groups)
    lacuna_test::drop_lowest(entry.second, lacuna_test::floor_of(entry.second, sparsity), score, keep);
  return keep;
}

TEST_CASE("slots: by hand: candidates are the stored slots alone, zeros among them") {
  auto const w = lacuna_test::matrix_of({{3, 0, 1, 2, 0, 5}, {0, 0, 7, 0, 0, 0}, {1, 1, 1, 1, 1, 1}});
  auto stored = lacuna::mask(3, 6);
  for (index j : {0, 2, 3, 4, 5}) stored.set(0, j);
  stored.set(1, 2);
  for (index j = 0; j != 6; ++j) stored.set(2, j);
  auto const a = lacuna::pack<csr>(w, stored);
  CHECK(text_of(prune(a, magnitude{}, lacuna::unstructured{})) == "100101 001000 000111");
  CHECK(text_of(prune(a, magnitude{}, lacuna::unstructured{.scope = lacuna::per_column})) == "100101 001000 011010");
  CHECK(text_of(prune(a, magnitude{}, lacuna::n_of_m<1, 3>{})) == "100001 001000 001001");
  CHECK(text_of(prune(a, magnitude{}, lacuna::n_of_m<1, 3>{.along = lacuna::outputs})) == "100101 001000 010010");
  CHECK(text_of(prune(a, magnitude{}, lacuna::rows{.sparsity = 0.4})) == "101111 001000 000000");
  CHECK(text_of(prune(a, magnitude{}, lacuna::columns{})) == "101001 001000 101001");
  // Blocks of 2 x 3 hold 3, 1 + 7, 2 + 0 + 5 and, the short ones, 3 and 3.
  CHECK(text_of(prune(a, magnitude{}, lacuna::blocks<2, 3>{.sparsity = 0.5})) == "101111 001000 000000");
}

TEST_CASE("slots: equal to a sort of the stored slots of each scope; other formats and threads agree") {
  for (auto const seed : lacuna_test::seeds(60)) {
    lacuna_test::random r(seed);
    auto const w = lacuna_test::hard_scores(r, 1 + r.below(40), 1 + r.below(90),
                                            seed % 2 == 0 ? lacuna_test::kind::few : lacuna_test::kind::different);
    auto const stored = lacuna_test::random_mask(r, w.rows(), w.cols(), lacuna_test::coverage::ragged);
    auto const a = lacuna::pack<csr>(w, stored);
    double const sparsity = r.uniform();
    CAPTURE(seed);
    auto const check = [&](lacuna::scope how, auto const& group) {
      lacuna::unstructured const pattern{.sparsity = sparsity, .scope = how, .block = 7};
      auto const expected = reference(w, stored, sparsity, group);
      REQUIRE(prune(a, magnitude{}, pattern) == expected);
      if (seed % 4 == 0) {
        lacuna::threads pool{3};
        REQUIRE(prune(pool, backwards{a}, magnitude{}, pattern) == expected);
      }
    };
    check(lacuna::per_row, [](index i, index) { return i; });
    check(lacuna::per_column, [](index, index j) { return j; });
    check(lacuna::per_column_block, [](index, index j) { return j / 7; });
    check(lacuna::whole, [](index, index) { return 0; });
  }
}

TEST_CASE("slots: of a matrix that stores all, the masks of dense pruning") {
  for (auto const seed : lacuna_test::seeds(20)) {
    lacuna_test::random r(seed);
    auto const w = lacuna_test::random_dense<float>(r, 1 + r.below(30), 1 + r.below(30));
    auto const a = lacuna::pack<csr>(w, lacuna::mask(w.rows(), w.cols(), true));
    auto const norms = lacuna_test::random_vector<float>(r, w.cols());
    CAPTURE(seed);
    auto const check = [&](auto const& pattern) {
      REQUIRE(prune(a, magnitude{}, pattern) == prune(w, magnitude{}, pattern));
    };
    check(lacuna::n_of_m<2, 4>{});
    check(lacuna::n_of_m<3, 5>{.along = lacuna::outputs});
    check(lacuna::blocks<3, 2>{.reduce = lacuna::reduction::l2});
    check(lacuna::spans{.width = 4, .reduce = lacuna::reduction::largest});
    check(lacuna::columns{.sparsity = 0.3});
    REQUIRE(prune(a, lacuna::wanda{norms}, lacuna::unstructured{}) ==
            prune(w, lacuna::wanda{norms}, lacuna::unstructured{}));
    REQUIRE(prune(a, lacuna::relative_importance{}, lacuna::unstructured{}) ==
            prune(w, lacuna::relative_importance{}, lacuna::unstructured{}));
    REQUIRE(prune(a, lacuna::taylor(w, w), lacuna::unstructured{}) ==
            prune(w, lacuna::taylor(w, w), lacuna::unstructured{}));
  }
}

TEST_CASE("slots: prune, pack what is left, prune again") {
  lacuna_test::random r(7);
  auto const w = lacuna_test::random_dense<float>(r, 32, 64);
  auto const half = lacuna::pack<csr>(w, prune(w, magnitude{}, lacuna::unstructured{}));
  auto const quarter = prune(half, magnitude{}, lacuna::unstructured{});
  CHECK(quarter == prune(w, magnitude{}, lacuna::unstructured{.sparsity = 0.75}));
  CHECK(lacuna::pack<csr>(half, quarter) == lacuna::pack<csr>(w, quarter));
}

TEST_CASE("slots: empty matrices, and what is refused") {
  csr const none = lacuna::pack<csr>(lacuna::dense<float>(0, 5));
  CHECK(prune(none, magnitude{}, lacuna::unstructured{.scope = lacuna::whole}).cols() == 5);
  csr const zeros = lacuna::pack<csr>(lacuna::dense<float>(3, 5));
  CHECK(prune(zeros, magnitude{}, lacuna::blocks<2, 2>{}).count() == 0);
  auto bad = lacuna_test::matrix_of({{1, 2}, {3, 4}});
  bad(1, 0) = std::numeric_limits<float>::quiet_NaN();
  auto const a = lacuna::pack<csr>(bad);
  CHECK(refusal([&] { return prune(a, magnitude{}, lacuna::unstructured{}); }) ==
        "value: prune: the score in row 1, column 0 is NaN");
  CHECK(refusal([&] { return prune(a, lacuna::wanda{std::array{1.0}}, lacuna::unstructured{}); }) ==
        "shape: wanda: W is 2x2, the norms are of 1 columns");
  CHECK(refusal([&] { return prune(zeros, magnitude{}, lacuna::unstructured{.sparsity = 2}); }) ==
        "value: unstructured: sparsity is 2, which is not in [0, 1]");
  CHECK(refusal([&] { return prune(zeros, magnitude{}, lacuna::unstructured{.block = 0}); }) ==
        "value: unstructured: a block of 0 columns, expected 1 or more");
}

}  // namespace
