// SPDX-License-Identifier: MIT
//
// Products of matrices whose rows hold unequal counts: what each range of rows holds, and whether that shows in bits.
#include <lacuna/core/threads.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/sddmm.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tests_of_spmm_ranges {

namespace la = lacuna;

namespace {

constexpr la::index cols = 192;

/// Which slots a matrix has: 90 % in the first `top` rows, 64 in each, others in every eighth row, four in each; where
/// all are at the top, a triangle.
struct shape {
  la::index rows;
  la::index top;

  [[nodiscard]] bool has(la::index i, la::index j) const {
    if (i < top) return j >= 64 && j < 128 && (top != rows || j <= 64 + i / 8);
    return i % 8 == 3 && j < 4;
  }
  template <class Format>
  [[nodiscard]] Format packed() const {
    using T = std::conditional_t<std::is_same_v<typename Format::value_type, std::int8_t>, std::int8_t, float>;
    lacuna_test::random r(1);
    la::dense<T> w(rows, cols);
    la::mask keep(rows, cols);
    for (la::index i = 0; i != rows; ++i)
      for (la::index j = 0; j != cols; ++j) {
        w(i, j) = has(i, j) ? static_cast<T>(1 + r.below(7)) : T{};
        keep.set(i, j, has(i, j));
      }
    return la::pack<Format>(w, keep);
  }
};

/// Eight ranges for each of four workers, one after the other; notes which rows of Y each has written.
template <class Y>
struct recording {
  la::dense<Y>& y;
  std::vector<la::index> slots_of_rows;
  bool transposed;
  std::vector<la::index> held{};

  [[nodiscard]] static constexpr la::index concurrency() noexcept { return 4; }
  template <class F>
  void for_ranges(la::index n, la::index grain, F&& f) {
    for (la::index first = 0; first < n; first += grain) {
      la::index slots = 0;
      auto const before = unwritten();
      f(first, std::min(n, first + grain), first / grain % concurrency());
      auto const after = unwritten();
      for (std::size_t i = 0; i != before.size(); ++i) slots += (before[i] - after[i]) * slots_of_rows[i];
      if (before != after) held.push_back(slots);
    }
  }

 private:
  /// Elements of each row of the product that still are what they were.
  [[nodiscard]] std::vector<la::index> unwritten() const {
    std::vector<la::index> count(slots_of_rows.size());
    for (la::index i = 0; i != y.rows(); ++i)
      for (la::index j = 0; j != y.cols(); ++j)
        count[static_cast<std::size_t>(transposed ? j : i)] += y(i, j) == Y{-99};
    return count;
  }
};

/// Slots of each row, whole blocks counted for each of their rows alike.
template <class Format>
std::vector<la::index> slots_of(Format const& a) {
  std::vector<la::index> slots;
  for (la::index i = 0; i != a.rows(); ++i) {
    slots.push_back(0);
    a.visit_row(i, [&](la::index, auto) { ++slots.back(); });
  }
  return slots;
}

/// "" or what range of a product with n columns holds more slots than its share and `unit` rows.
template <class Format, class X, class Y>
std::string check_shares(shape const& s, la::index n, la::index unit, bool linear = false) {
  auto const a = s.packed<Format>();
  lacuna_test::random r(2);
  la::dense<X> x = lacuna_test::random_dense<X>(r, linear ? n : cols, linear ? cols : n);
  la::dense<Y> y(linear ? n : s.rows, linear ? s.rows : n);
  for (la::index i = 0; i != y.rows(); ++i)
    for (la::index j = 0; j != y.cols(); ++j) y(i, j) = Y{-99};
  recording<Y> exec{y, slots_of(a), linear};
  if (linear)
    la::linear(exec, x, a, y);
  else
    la::spmm(exec, a, x, y);
  auto const ranges = la::kernel::product_ranges(a.stored(), n, exec.concurrency());
  auto const row = la::kernel::slots_of_row(a.view(), n);
  auto const each = (a.stored() + s.rows * row) * n / ranges;
  auto const most = *std::max_element(exec.held.begin(), exec.held.end());
  if (exec.held.size() < 4) return "few ranges";
  if (most > each + unit * (64 + row) * n) return std::to_string(most) + " of " + std::to_string(a.stored() * n);
  return "";
}

}  // namespace

TEST_CASE("spmm: ranges of rows hold equal shares of all slots where rows are unequal") {
  for (la::index const n : {1, 4, 32, 100}) {  // fewer strips of X than workers
    if (lacuna_test::quick() && n > 1 && n < 100) continue;
    shape const s{n <= 4 ? 16384 : 4096, n <= 4 ? 1024 : 256};
    CAPTURE(n);
    CHECK(check_shares<la::csr<float>, float, float>(s, n, 16) == "");
    CHECK(check_shares<la::bitmap<float>, float, float>(s, n, 16) == "");
    CHECK(check_shares<la::bsr<float, 4, 1>, float, float>(s, n, 16) == "");
    CHECK(check_shares<la::csr<std::int8_t>, std::int8_t, std::int32_t>(s, n, 16) == "");
    CHECK(check_shares<la::bitmap<std::int8_t>, std::int8_t, std::int32_t>(s, n, 16) == "");
    CHECK(check_shares<la::bsr<std::int8_t, 4, 4>, std::int8_t, std::int32_t>(s, n, 16) == "");
    CHECK(check_shares<la::grouped_int4<16>, float, float>(s, n, 16) == "");
    CHECK(check_shares<la::tiled_sell<float, 64, 4>, float, float>(s, n, 64) == "");
    CHECK(check_shares<la::tiled_sell<std::int8_t, 256, 4>, std::int8_t, std::int32_t>(s, n, 64) == "");
    CHECK(check_shares<la::panel<float>, float, float>({4 * s.rows / 2, 8 * s.top}, n, 256) == "");
  }
}

TEST_CASE("linear: ranges of rows hold equal shares of all slots where rows are unequal") {
  shape const s{4096, 256};
  CHECK(check_shares<la::csr<float>, float, float>(s, 48, 16, true) == "");
  CHECK(check_shares<la::csr<std::int8_t>, std::int8_t, std::int32_t>(s, 48, 16, true) == "");
  CHECK(check_shares<la::bsr<std::int8_t, 16, 4>, std::uint8_t, std::int32_t>(s, 48, 16, true) == "");
}

namespace {

/// None at all, few, a triangle, a heavy top, one heavy row.
std::vector<shape> const shapes{{0, 0}, {700, 0}, {700, 700}, {700, 40}, {701, 1}, {17, 16}};

/// Products of a matrix, by every way that has its own split.
template <class Format>
struct products {
  using T = typename Format::value_type;
  static constexpr bool integers = std::is_same_v<T, std::int8_t>;
  using Y = std::conditional_t<integers, std::int32_t, float>;
  std::vector<la::dense<Y>> y;
  std::vector<T> sampled;

  template <class E>
  products(E&& exec, Format const& a) {
    for (la::index const n : {1, 5, 40, 530}) {
      lacuna_test::random r(static_cast<std::uint64_t>(n));
      auto const x = lacuna_test::random_dense<T>(r, cols, n);
      y.emplace_back(a.rows(), n);
      la::spmm(exec, a, x, y.back());
      y.emplace_back(n, a.rows());
      la::linear(exec, la::transpose(x.view()), a, y.back());
    }
    if constexpr (!integers && la::rewritable_format<Format>) {
      lacuna_test::random r(3);
      auto const u = lacuna_test::random_dense<float>(r, a.rows(), 40);
      auto const v = lacuna_test::random_dense<float>(r, 40, cols);
      auto s = a;
      la::sddmm(exec, s, u, v);
      sampled.assign(s.values().begin(), s.values().end());
    }
  }
  [[nodiscard]] bool equals(products const& other) const {
    bool same = sampled == other.sampled && y.size() == other.y.size();
    for (std::size_t k = 0; same && k != y.size(); ++k) same = lacuna_test::same_bits(y[k], other.y[k]);
    return same;
  }
};

/// Whether all products of a format are the same for any number of workers.
template <class Format>
bool same_for_all(shape const& s) {
  auto const a = s.packed<Format>();
  products<Format> const alone(la::serial{}, a);
  for (la::index const workers : {1, 2, 3, 8}) {
    la::threads pool{workers};
    if (!products<Format>(pool, a).equals(alone)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("spmm, linear, sddmm: rows of unequal counts have the same bits for every thread count") {
  for (auto const& s : shapes) {
    CAPTURE(s.rows, s.top);
    CHECK(same_for_all<la::csr<float>>(s));
    CHECK(same_for_all<la::bitmap<float>>(s));
    CHECK(same_for_all<la::bsr<float, 4, 1>>(s));
    CHECK(same_for_all<la::csr<std::int8_t>>(s));
    CHECK(same_for_all<la::bsr<std::int8_t, 16, 4>>(s));
    CHECK(same_for_all<la::grouped_int4<16>>(s));
    CHECK(same_for_all<la::tiled_sell<float, 64, 4>>(s));
    CHECK(same_for_all<la::tiled_sell<std::int8_t>>(s));
    CHECK(same_for_all<la::panel<float>>(s));
  }
}

}  // namespace tests_of_spmm_ranges
