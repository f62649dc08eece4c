// SPDX-License-Identifier: MIT
#include <lacuna/active.hpp>
#include <lacuna/kernel/low_rank.hpp>
#include <lacuna/pack.hpp>

#include "support/active.hpp"
#include "support/epilogues.hpp"
#include "support/guard.hpp"
#include "support/guarded_operands.hpp"
#include "support/message_of.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace tests_of_low_rank {

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::guarded;
using lacuna_test::guarded_dense;
using lacuna_test::placement;

namespace {

/// The oracle's stage: + U t, each sum within gamma_(r + 1) sum |u||t|.
template <class S, class View>
lacuna_test::oracle_stage plus_product(View u, std::vector<S> const& t) {
  return [u, &t](la::index i, la::index, lacuna_test::approximate a) {
    long double sum = 0, size = 0;
    for (la::index p = 0; p != u.cols(); ++p) {
      auto const product =
          static_cast<long double>(static_cast<S>(u(i, p))) * static_cast<long double>(t[static_cast<std::size_t>(p)]);
      sum += product;
      size += std::fabs(product);
    }
    auto const unit = lacuna_test::precision_of<S>().unit;
    auto const own = static_cast<long double>(lacuna_test::gamma(static_cast<double>(u.cols() + 1), unit)) * size;
    return lacuna_test::oracle_stages<S>::rounded(a.value + sum, a.bound + own);
  };
}

/// spmv of active inputs, and spmv of a sparse matrix, with low_rank: "" or what is wrong. U stands between guard
/// pages.
template <class U, la::order Order, class S>
std::string problem(lacuna_test::random& r, la::index rows, la::index rank, la::index stride) {
  guarded_dense<U, Order> guarded_u(lacuna_test::random_dense<U>(r, rows, rank), stride - 1, placement::upper);
  auto const t = lacuna_test::random_vector<S>(r, rank);
  guarded<S> guarded_t(rank == 0 ? 0 : (rank - 1) * stride + 1, placement::upper);
  for (la::index p = 0; p != rank; ++p) guarded_t[p * stride] = t[static_cast<std::size_t>(p)];
  guarded_t.make_read_only();
  la::vector_view<S const> const t_view(guarded_t.data(), rank, stride);
  auto const u = guarded_u.view();
  auto const stage = la::low_rank(u, t_view);
  lacuna_test::oracle_epilogue const expected{{plus_product(u, t)}};

  auto const w = lacuna_test::random_dense<S, la::order::col_major>(r, rows, 9);
  auto const x = lacuna_test::random_list<S>(r, 9, 0.5);
  lacuna_test::active_columns const active{w.view(), x};
  auto const all = lacuna_test::whole(x);
  la::dense<S> y(rows, 1), wide(rows, 2);
  la::spmv(w, x, la::vector_view<S>(y.data(), rows), stage);
  if (auto const wrong = lacuna_test::check_product(active, all, y, expected); !wrong.empty()) return wrong;
  la::spmv(w, x, la::vector_view<S>(wide.data(), rows, 2), stage);  // one by one
  for (la::index i = 0; i != rows; ++i) y(i, 0) = wide(i, 0);
  if (auto const wrong = lacuna_test::check_product(active, all, y, expected); !wrong.empty()) return wrong;

  auto const a = la::pack<la::csr<S>>(w);
  la::spmm(a, all, y, stage);
  if (auto const wrong = lacuna_test::check_product(a, all, y, expected); !wrong.empty()) return "spmm: " + wrong;
  la::linear(la::transpose(all.view()), a, la::transpose(y.view()), stage);
  if (auto const wrong = lacuna_test::check_product(a, all, y, expected); !wrong.empty()) return "linear: " + wrong;
  return "";
}

}  // namespace

TEST_CASE("low_rank: every rank over two pairs of registers, both orders, every type of U") {
  lacuna_test::random r(1);
  for (la::index rank = 0; rank <= 67; ++rank) {
    la::index const rows = 1 + rank * 5 % 70;
    la::index const stride = rank % 3 == 2 ? 3 : 1;
    CAPTURE(rank, rows, stride);
    REQUIRE(problem<float, la::order::row_major, float>(r, rows, rank, stride) == "");
    REQUIRE(problem<float, la::order::col_major, float>(r, rows, rank, stride) == "");
    REQUIRE(problem<double, la::order::row_major, double>(r, rows, rank, stride) == "");
    REQUIRE(problem<la::bf16, la::order::row_major, float>(r, rows, rank, stride) == "");
  }
}

TEST_CASE("low_rank: shapes that do not fit are refused") {
  auto const a = la::pack<la::csr<float>>(la::dense<float>(3, 4));
  la::dense<float> const x(4, 1), two(4, 2);
  la::dense<float> y(3, 1), y_two(3, 2);
  std::vector<float> const t(5);
  auto const said = [&](la::index rows, la::index cols) {
    la::dense<float> const u(rows, cols);
    return lacuna_test::message_of<la::shape_error>([&] { return (la::spmm(a, x, y, la::low_rank(u, t)), 0); });
  };
  CHECK(said(3, 5) == "no error");
  CHECK(said(2, 5) == "spmm: U of low_rank has 2 rows, A has 3");
  CHECK(said(3, 6) == "spmm: U of low_rank has 6 columns, t has 5 elements");
  la::dense<float> const u(3, 5);
  CHECK(lacuna_test::message_of<la::shape_error>([&] { return (la::spmm(a, two, y_two, la::low_rank(u, t)), 0); }) ==
        "spmm: low_rank adds to the result of one token, Y is 3x2");
}

}  // namespace tests_of_low_rank
