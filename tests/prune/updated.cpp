// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/updated.hpp>

#include "prune/reference.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <utility>

namespace {

using lacuna::index;
using lacuna::order;

struct no_loss {
  lacuna::dense<float> weights;
  lacuna::mask keep;
  lacuna::factor_report report;
  [[nodiscard]] bool ok() const { return true; }
};

TEST_CASE("updated: all updates return weights, mask, loss and status") {
  using lacuna::update_result, lacuna::mask;
  using w = lacuna::dense<float> const&;
  using moments = lacuna::column_moments const&;
  STATIC_CHECK(update_result<lacuna::updated<double>>);
  STATIC_CHECK(update_result<decltype(lacuna::dsnot(std::declval<w>(), mask{}, std::declval<moments>()))>);
  STATIC_CHECK(update_result<decltype(lacuna::bias_for_removed(std::declval<w>(), mask{}, std::declval<moments>()))>);
  STATIC_CHECK(update_result<decltype(lacuna::shrink(std::declval<w>(), mask{}, 0.5))>);
  STATIC_CHECK(update_result<decltype(lacuna::sr_ste_gradient(std::declval<w>(), std::declval<w>(), mask{}))>);
  STATIC_CHECK_FALSE(update_result<no_loss>);
  STATIC_CHECK_FALSE(update_result<mask>);
  CHECK(lacuna::updated<float>{}.ok());
  CHECK_FALSE(lacuna::updated<float>{{}, {}, 0.0, {.status = lacuna::factor_status::not_positive_definite}}.ok());
}

template <order Order>
void check_places(index rows, index cols) {
  lacuna::threads pool{3};
  lacuna::buffer<index> seen(rows);
  std::atomic<index> wrong{0};
  lacuna::detail::for_places<Order>(pool, rows, cols, [&](index i, index j) { wrong += seen[i]++ != j; });
  for (index i = 0; i != rows; ++i) wrong += seen[i] != cols;
  CAPTURE(rows, cols);
  CHECK(wrong == 0);
}

TEST_CASE("updated: every place is met once, and those of a row in order") {
  for (index const rows : {0, 1, 15, 16, 17, 33})
    for (index const cols : {0, 1, 5, 4000}) {
      check_places<order::row_major>(rows, cols);
      check_places<order::col_major>(rows, cols);
    }
}

TEST_CASE("updated: sums and copies are the same, bit for bit, in either order and for every executor") {
  lacuna_test::random r(4);
  lacuna::threads pool{3};
  auto const w = lacuna_test::random_dense<float>(r, 131, 517);
  auto const other = lacuna_test::col_major_copy(w);
  auto const keep = prune(w, lacuna::magnitude{}, lacuna::unstructured{});
  auto const term = [&](index i, index j) { return static_cast<double>(w(i, j)); };
  double const sum = lacuna::detail::sum_over_dropped<order::row_major>(lacuna::serial{}, keep, term);
  double expected = 0;
  for (index i = 0; i != 131; ++i) {
    double row = 0;
    for (index j = 0; j != 517; ++j)
      if (!keep(i, j)) row += term(i, j);
    expected += row;
  }
  CHECK(sum == expected);
  CHECK(lacuna::detail::sum_over_dropped<order::row_major>(pool, keep, term) == sum);
  CHECK(lacuna::detail::sum_over_dropped<order::col_major>(pool, keep, term) == sum);
  auto const minus = [&](index i, index j) { return -w(i, j); };
  auto const copy = lacuna::detail::replace_dropped(
      pool, lacuna::dense_view<float const, order::col_major>(other.view()), keep, minus);
  for (index i = 0; i != 131; ++i)
    for (index j = 0; j != 517; ++j) REQUIRE(copy(i, j) == (keep(i, j) ? w(i, j) : -w(i, j)));
}

}  // namespace
