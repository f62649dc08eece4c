// SPDX-License-Identifier: MIT
#include "support/active.hpp"

#include <lacuna/active.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>

#include "support/allocations.hpp"
#include "support/any_executor.hpp"
#include "support/epilogues.hpp"
#include "support/guarded_operands.hpp"
#include "support/message_of.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace la = lacuna;
using lacuna_test::message_of;

TEST_CASE("select_active: a threshold that no float can hold counts as the double it is") {
  std::vector<float> const x{0.1f, -0.1f, 0.09999999f};  // 0.1f is a little above 0.1
  CHECK(la::select_active(x, 0.1).stored() == 2);
  CHECK(la::select_active(x, 0.1f).stored() == 0);
  std::vector<float> const large{std::numeric_limits<float>::max(), std::numeric_limits<float>::infinity()};
  CHECK(la::select_active(large, 1e300).stored() == 1);
  CHECK(la::select_active(large, std::numeric_limits<double>::infinity()).stored() == 0);
  CHECK(la::select_active(large, 3e38).stored() == 2);
}

TEST_CASE("select_active: a threshold below zero, or NaN, is refused") {
  std::vector<float> const x(3);
  auto const said = [&](double threshold) {
    return message_of<la::value_error>([&] { return la::select_active(x, threshold); });
  };
  CHECK(said(-1) == "select_active: the threshold is -1, expected >= 0");
  CHECK(said(std::numeric_limits<double>::quiet_NaN()) == "select_active: the threshold is nan, expected >= 0");
  CHECK(said(0) == "no error");
}

TEST_CASE("select_active: active and rest make up the vector") {
  lacuna_test::random r(6);
  for (la::index size = 0; size <= 130; ++size) {
    auto x = lacuna_test::random_vector<float>(r, size);
    if (size > 3) x[3] = std::numeric_limits<float>::quiet_NaN();
    la::sparse_vector<float> active, rest;
    la::select_active(x, 0.4, active, rest);
    std::vector<la::index> seen(x.size());
    auto const count = [&](auto const& list, bool is_active) {
      bool fine = list.size() == size;
      for (la::index s = 0; s != list.stored(); ++s) {
        auto const j = list.indices()[static_cast<std::size_t>(s)];
        ++seen[j];
        fine = fine && !(std::fabs(x[j]) <= 0.4f) == is_active &&
               std::memcmp(&x[j], &list.values()[static_cast<std::size_t>(s)], sizeof(float)) == 0;
      }
      return fine;
    };
    CAPTURE(size);
    REQUIRE(count(active, true));
    REQUIRE(count(rest, false));
    REQUIRE(seen == std::vector<la::index>(x.size(), 1));
  }
}

TEST_CASE("select_active: nothing allocates once the list has room") {
  lacuna_test::random r(1);
  auto const x = lacuna_test::random_vector<float>(r, 1000);
  la::sparse_vector<float> active(1000);
  CHECK(lacuna_test::allocations_during([&] {
          for (double const threshold : {0.0, 0.5, 2.0}) la::select_active(x, threshold, active);
          la::select_active(std::span(x).first(10), 0.0, active);
        }) == 0);
  CHECK(active.size() == 10);
}

namespace {

/// spmv with a list against the oracle, with all executors, strides of y and an epilogue; "" or what is wrong.
template <class A, class Y, la::order Order>
std::string product_problem(lacuna_test::random& r, lacuna_test::executors const& pool, la::index rows,
                            la::index cols) {
  using S = la::accumulator_t<A>;
  auto const x = lacuna_test::random_list<S>(r, cols, 0.5);
  la::dense<A, Order> w(rows, cols);
  lacuna_test::fill(r, w.view());
  for (la::index j = 0, next = 0; j != cols; ++j) {  // what is not active is not a number
    bool const active = next != x.stored() && x.indices()[static_cast<std::size_t>(next)] == j;
    next += active;
    if (!active)
      for (la::index i = 0; i != rows; ++i) w(i, j) = A(std::numeric_limits<float>::quiet_NaN());
  }
  auto const b = lacuna_test::random_vector<S>(r, rows);
  lacuna_test::oracle_epilogue const expected{
      {lacuna_test::oracle_stages<S>::plus([&](la::index i, la::index) { return b[static_cast<std::size_t>(i)]; })}};
  la::dense<Y> first;
  for (la::index const stride : {1, 3})
    for (auto const& [name, exec] : pool.all()) {
      lacuna_test::guarded_dense<Y> out(rows, 1, stride - 1, lacuna_test::placement::upper);
      la::spmv(exec, w, x, la::vector_view<Y>(out.view().data(), rows, stride), la::bias(b));
      auto const y = out.values();
      if (!out.intact()) return name + " writes beside y";
      auto const wrong = lacuna_test::check_product(lacuna_test::active_columns{std::as_const(w).view(), x},
                                                    lacuna_test::whole(x), y, expected);
      if (!wrong.empty()) return name + ": " + wrong;
      if (first.rows() == 0) first = y;
      if (!(first == y)) return name + " differs";
    }
  return "";
}

}  // namespace

TEST_CASE("spmv of active inputs: dense W of every type and order, every executor, strided y, bias") {
  lacuna_test::random r(2);
  lacuna_test::executors const pool;
  for (auto const& [rows, cols] : {std::pair<la::index, la::index>{1, 1}, {64, 9}, {65, 40}, {300, 33}, {3000, 7}}) {
    CAPTURE(rows, cols);
    CHECK(product_problem<float, float, la::order::col_major>(r, pool, rows, cols) == "");
    CHECK(product_problem<float, float, la::order::row_major>(r, pool, rows, cols) == "");
    CHECK(product_problem<double, double, la::order::col_major>(r, pool, rows, cols) == "");
    CHECK(product_problem<la::bf16, float, la::order::col_major>(r, pool, rows, cols) == "");
    CHECK(product_problem<la::f16, la::f16, la::order::col_major>(r, pool, rows, cols) == "");
  }
}

TEST_CASE("spmv of active inputs: no input, no output") {
  std::vector<float> y(3, 5.0f);
  la::spmv(la::dense<float>(3, 4), la::sparse_vector<float>(4), y);
  CHECK(y == std::vector<float>(3));
  la::spmv(la::dense<float>(3, 0), la::sparse_vector<float>(), y, la::accumulate);
  CHECK(y == std::vector<float>(3));
  std::vector<float> none;
  la::spmv(la::dense<float>(0, 4), la::sparse_vector<float>(4), none);
}

TEST_CASE("spmv of active inputs: shapes that do not fit are refused") {
  la::dense<float> const w(3, 4);
  std::vector<float> y(3), short_y(2);
  CHECK(message_of<la::shape_error>([&] { return (la::spmv(w, la::sparse_vector<float>(5), y), 0); }) ==
        "spmv: W is 3x4, x has 5 elements");
  CHECK(message_of<la::shape_error>([&] { return (la::spmv(w, la::sparse_vector<float>(4), short_y), 0); }) ==
        "spmv: W is 3x4, y has 2 elements");
  CHECK(message_of<la::shape_error>([&] {
          return (la::spmv(w, la::sparse_vector<float>(4), y, la::bias(short_y)), 0);
        }) == "spmv: bias has 2 values, A has 3 rows");
}

TEST_CASE("spmv of active inputs: nothing allocates in steady state") {
  lacuna_test::random r(3);
  la::dense<float, la::order::col_major> const w(500, 100);
  auto const x = lacuna_test::random_list<float>(r, 100, 0.5);
  std::vector<float> y(500);
  la::spmv(w, x, y, la::relu);
  CHECK(lacuna_test::allocations_during([&] { la::spmv(w, x, y, la::relu); }) == 0);
}

TEST_CASE("spmv of active inputs: sparse weights as their transpose, every executor, the same bits") {
  lacuna_test::random r(4);
  lacuna_test::executors const pool;
  for (auto const& shape : {std::pair<la::index, la::index>{1, 1}, {40, 65}, {33, 300}, {20, 3000}}) {
    auto const inputs = shape.first;  // not a binding: clang 14 captures none
    auto const outputs = shape.second;
    auto const w = lacuna_test::random_dense<float>(r, inputs, outputs);
    auto const keep = lacuna_test::random_mask(r, inputs, outputs, 0.5);
    auto const x = lacuna_test::random_list<float>(r, inputs, 0.5);
    auto const check = [&](auto const& a) {
      std::vector<float> first(static_cast<std::size_t>(outputs)), y = first;
      la::spmv(la::transposed(a), x, first);
      CHECK(lacuna_test::check_vector_product(lacuna_test::plain_transpose(a),
                                              std::span(lacuna_test::whole(x).data(), static_cast<std::size_t>(inputs)),
                                              first) == "");
      for (auto const& [name, exec] : pool.all()) {
        CAPTURE(name, inputs, outputs);
        la::spmv(exec, la::transposed(a), x, y);
        CHECK(y == first);
      }
    };
    check(la::pack<la::bitmap<float>>(w, keep));
    check(la::pack<la::csr<float>>(w, keep));
    check(la::pack<la::bsr<float, 4, 1>>(w, keep));
  }
}

TEST_CASE("spmv of active inputs: a list of everything is the dense product") {
  lacuna_test::random r(5);
  auto const a = lacuna_test::random_dense<float>(r, 30, 20);
  auto const x = lacuna_test::random_vector<float>(r, 30);
  std::vector<float> y(20), expected(20);
  auto const packed = la::pack<la::csr<float>>(a);
  la::spmv(la::transposed(packed), la::select_active(x, 0), y);
  la::spmv(la::transposed(packed), x, expected);
  for (std::size_t i = 0; i != y.size(); ++i) CHECK(std::abs(y[i] - expected[i]) <= 1e-5f);
}

TEST_CASE("spmv of active inputs: shapes of a transposed operand that do not fit are refused") {
  auto const a = la::pack<la::csr<float>>(la::dense<float>(4, 3));
  std::vector<float> y(3), longer(4);
  CHECK(message_of<la::shape_error>([&] { return (la::spmv(la::transposed(a), la::sparse_vector<float>(3), y), 0); }) ==
        "spmv: W is 3x4, x has 3 elements");
  CHECK(message_of<la::shape_error>([&] {
          return (la::spmv(la::transposed(a), la::sparse_vector<float>(4), longer), 0);
        }) == "spmv: W is 3x4, y has 4 elements");
}

TEST_CASE("active_kernel_of: what docs/kernels.md says") {
  STATIC_REQUIRE(la::active_kernel_of<la::dense<float>>::name == "active/gather");
  STATIC_REQUIRE(la::active_kernel_of<la::dense<la::bf16, la::order::col_major>>::name == "active/columns");
  STATIC_REQUIRE(la::active_kernel_of<la::csr<la::f16>>::name == "active/csr");
  STATIC_REQUIRE(la::active_kernel_of<la::csr_view<double>>::name == "active/csr");
  STATIC_REQUIRE(la::active_kernel_of<la::bitmap<float>>::name == "active/bitmap");
  STATIC_REQUIRE(la::active_kernel_of<la::bitmap<la::bf16>>::name == "active/bitmap");
  STATIC_REQUIRE(la::active_kernel_of<la::bitmap_view<la::f16>>::name == "active/bitmap");
  STATIC_REQUIRE(la::active_kernel_of<la::bsr<float, 4, 1>>::name == "fallback");
}
