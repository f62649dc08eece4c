// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>

#include "support/any_executor.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace tests_of_row_split {

namespace la = lacuna;
using la::kernel::row_split;
using la::kernel::rows_of;

namespace {

/// Rows of given counts, as a view that counts_before.
struct counted {
  std::vector<la::index> offsets{0};
  explicit counted(std::vector<la::index> const& counts) {
    for (auto const n : counts) offsets.push_back(offsets.back() + n);
  }
  [[nodiscard]] la::index rows() const { return static_cast<la::index>(offsets.size()) - 1; }
  [[nodiscard]] la::index stored() const { return offsets.back(); }
  [[nodiscard]] la::index stored_before(la::index i) const { return offsets[static_cast<std::size_t>(i)]; }
};
static_assert(la::counts_before<counted>);

/// Runs ranges of `grain` in turn and keeps what f was called with.
struct recording {
  std::vector<std::pair<la::index, la::index>> ranges;
  [[nodiscard]] static constexpr la::index concurrency() noexcept { return 4; }
  template <class F>
  void for_ranges(la::index n, la::index grain, F&& f) {
    for (la::index first = 0; first < n; first += grain) f(first, std::min(n, first + grain), first / grain % 4);
  }
};

/// The ranges of units that a split gives.
std::vector<std::pair<la::index, la::index>> ranges_of(row_split const& split) {
  recording exec;
  split.run(exec, [&](la::index first, la::index last, la::index) { exec.ranges.emplace_back(first, last); });
  return exec.ranges;
}

/// Whether they follow each other from 0 to n, none of them empty.
bool covers(std::vector<std::pair<la::index, la::index>> const& ranges, la::index n) {
  la::index at = 0;
  for (auto const& [first, last] : ranges) {
    if (first != at || last <= first) return false;
    at = last;
  }
  return at == n;
}

/// The most slots of a range, over all passes.
la::index most_slots(counted const& a, row_split const& split) {
  la::index most = 0;
  for (auto const& [first, last] : ranges_of(split)) {
    la::index slots = 0;
    for (la::index u = first; u != last; ++u) {
      auto const row = u % split.units() * split.unit();
      slots += a.stored_before(std::min(row + split.unit(), a.rows())) - a.stored_before(row);
    }
    most = std::max(most, slots);
  }
  return most;
}

/// 64 rows of 144 slots, 960 of one: 90 % of all slots in a sixteenth of the rows.
counted top_heavy() {
  std::vector<la::index> counts(1024, 1);
  std::fill_n(counts.begin(), 64, 144);
  return counted(counts);
}

}  // namespace

TEST_CASE("row_split: rows of equal counts are cut by rows, in whole units") {
  counted const a(std::vector<la::index>(1000, 50));
  row_split const split(rows_of(a), 16, 1, 8, 1);
  CHECK(split.unit() == 8);
  CHECK(split.units() == 125);
  auto const ranges = ranges_of(split);
  CHECK(ranges.size() == 16);
  CHECK(ranges.front() == std::pair<la::index, la::index>{0, 8});
  CHECK(covers(ranges, 125));
}

TEST_CASE("row_split: rows of unequal counts are cut where equal shares of all slots end") {
  auto const a = top_heavy();
  row_split const split(rows_of(a), 16, 1, 64, 4);
  CHECK(split.unit() == 4);
  CHECK(split.units() == 256);
  CHECK(covers(ranges_of(split), 256));
  auto const row = la::kernel::slots_of_row(a, 1);
  auto const unit = 4 * (144 + row);
  CHECK(most_slots(a, split) <= (a.stored() + 1024 * row) / 16 + unit);
  CHECK(most_slots(a, row_split(rows_of(a), 1, 1, 64, 4)) == a.stored());  // nothing to share out

  row_split const passes(rows_of(a), 16, 1, 64, 4, 3);
  CHECK(covers(ranges_of(passes), 3 * 256));
  CHECK(most_slots(a, passes) <= 3 * (a.stored() + 1024 * row) / 16 + unit);
}

TEST_CASE("row_split: a range may hold an eighth more than its share, not more") {
  for (la::index const more : {0, 5, 6, 7, 8, 20}) {
    std::vector<la::index> counts(160, 32);  // 48 with what a row costs beside them
    std::fill_n(counts.begin(), 10, 32 + more);
    counted const a(counts);
    row_split const split(rows_of(a), 16, 1, 10, 1);
    auto const mean = 48.0 + static_cast<double>(more) / 16;
    CAPTURE(more);
    CHECK((split.unit() == 10) == (48.0 + static_cast<double>(more) <= 1.125 * mean));
  }
}

TEST_CASE("row_split: any counts are covered, by any executor") {
  lacuna_test::random r(1);
  lacuna_test::executors const all;
  for (int run = 0; run != 60; ++run) {
    std::vector<la::index> counts(static_cast<std::size_t>(1 + r.below(200)));
    for (auto& n : counts) n = r.chance(0.7) ? 0 : r.below(1000);
    if (run % 7 == 0) std::fill(counts.begin() + 1, counts.end(), 0);  // all slots in one row, the first ...
    if (run % 14 == 0) std::swap(counts.front(), counts.back());       // ... or the last
    counted const a(counts);
    auto const passes = static_cast<la::index>(1 + run % 3);
    auto const ranges = 1 + r.below(40);
    row_split const split(rows_of(a), a.stored() == 0 ? 1 : ranges, 1, (1 + r.below(4)) * 4, 4, passes);
    CAPTURE(run);
    CHECK(covers(ranges_of(split), split.units() * passes));
    std::vector<int> seen(static_cast<std::size_t>(split.units() * passes));
    split.run(all.turn(run), [&](la::index first, la::index last, la::index) {
      for (la::index u = first; u != last; ++u) ++seen[static_cast<std::size_t>(u)];
    });
    CHECK(std::all_of(seen.begin(), seen.end(), [](int n) { return n == 1; }));
  }
}

TEST_CASE("row_split: units that are ranges by themselves stay so") {
  auto const a = top_heavy();
  CHECK(ranges_of(row_split(rows_of(a), 16, 1, 64, 64)).size() == 16);
  CHECK(ranges_of(row_split(rows_of(a), 16, 1, 256, 256)).size() == 4);
}

TEST_CASE("row_split: nothing of a matrix without rows") {
  counted const a({});
  CHECK(ranges_of(row_split(rows_of(a), 1, 1, 16, 16)).empty());
}

namespace {

/// Whether stored_before of a format rises from 0 to stored(), and is exact where `step` rows begin.
template <class Format, class Pattern = la::unstructured>
bool counts_rows(la::dense<float> const& w, la::index step, Pattern const& pattern = {}) {
  auto const a = la::pack<Format>(w, la::prune(w, la::magnitude{}, pattern));
  auto const view = a.view();
  static_assert(la::counts_before<la::view_t<Format>>);
  la::index before = 0, slots = 0;
  for (la::index i = 0; i <= a.rows(); ++i) {
    auto const here = view.stored_before(i);
    if (here < before || (i % step == 0 && here != slots) || (i == a.rows() && here != a.stored())) return false;
    before = here;
    if (i != a.rows()) a.visit_row(i, [&](la::index, auto) { ++slots; });
  }
  return true;
}

}  // namespace

TEST_CASE("row_split: formats count the slots before a row") {
  lacuna_test::random r(2);
  auto w = lacuna_test::random_dense<float>(r, 530, 160);
  for (la::index i = 0; i != 530; ++i)
    for (la::index j = 0; j != 160; ++j)
      if (j * 3 > i) w(i, j) *= 0.01f;
  CHECK(counts_rows<la::csr<float>>(w, 1));
  CHECK(counts_rows<la::bitmap<float>>(w, 1));
  CHECK(counts_rows<la::bsr<float, 2, 4>>(w, 2, la::blocks<2, 4>{}));
  CHECK(counts_rows<la::grouped_int4<16>>(w, 1, la::blocks<1, 16>{}));
  CHECK(counts_rows<la::tiled_sell<float>>(w, 256));
  CHECK(counts_rows<la::tiled_sell<la::bf16, 32, 4>>(w, 64));
  CHECK(counts_rows<la::panel<float>>(w, la::pack<la::panel<float>>(w).block()));
  static_assert(!la::counts_before<la::view_t<la::nm<float, 2, 4>>>);
}

}  // namespace tests_of_row_split
