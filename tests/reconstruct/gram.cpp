// SPDX-License-Identifier: MIT
#include <lacuna/core/scalar.hpp>
#include <lacuna/reconstruct/gram.hpp>

#include "prune/reference.hpp"
#include "support/any_executor.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/worse.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using lacuna::dense;
using lacuna::gram;
using lacuna::index;
using lacuna::order;
using lacuna_test::any_executor;

template <class T>
dense<T> activations(std::uint64_t seed, index tokens, index inputs) {
  lacuna_test::random r(seed);
  dense<T> x(tokens, inputs);
  for (index k = 0; k != tokens * inputs; ++k) x.data()[k] = T(static_cast<float>(r.heavy()));
  return x;
}

template <class T>
dense<T> rows_of(dense<T> const& x, index first, index last) {
  dense<T> part(last - first, x.cols());
  for (index t = first; t != last; ++t)
    for (index j = 0; j != x.cols(); ++j) part(t - first, j) = x(t, j);
  return part;
}

/// The largest error, in units of the rounding error that sums of `terms` products may have in a type of unit u.
template <class X>
double worst_error(dense<double> const& h, X const& x, double terms, double u) {
  if (h.rows() != x.cols() || h.cols() != x.cols()) return 2;
  double worst = 0;
  std::vector<std::vector<long double>> inputs(static_cast<std::size_t>(x.cols()));
  for (index i = 0; i != x.cols(); ++i)
    for (index t = 0; t != x.rows(); ++t)
      inputs[static_cast<std::size_t>(i)].push_back(static_cast<long double>(static_cast<double>(x(t, i))));
  for (index i = 0; i != h.rows(); ++i)
    for (index j = 0; j <= i; ++j) {
      long double sum = 0, size = 0;
      auto const* const a = inputs[static_cast<std::size_t>(i)].data();
      auto const* const b = inputs[static_cast<std::size_t>(j)].data();
      for (index t = 0; t != x.rows(); ++t) {
        auto const p = a[t] * b[t];
        sum += p;
        size += p < 0 ? -p : p;
      }
      auto const error = std::fabs(static_cast<double>(h(i, j) - sum));
      auto const bound = terms * u * static_cast<double>(size);
      worst = lacuna_test::worse(worst, bound == 0 ? (error == 0 ? 0 : 2) : error / bound);
      if (h(i, j) != h(j, i)) worst = 2;
    }
  return worst;
}

TEST_CASE("gram: X^T X within the error of its type, for sizes around every tile") {
  for (index const inputs : {0, 1, 3, 255, 256, 257, 300})
    for (index const tokens : {0, 1, 127, 129, 300, 1025}) {
      CAPTURE(inputs, tokens);
      auto const x = activations<float>(7, tokens, inputs);
      CHECK(worst_error(gram(x).matrix(), x, 140, 0x1p-24) <= 1);
      if (inputs <= 3 || tokens <= 129) CHECK(worst_error(gram<double>(x).matrix(), x, 150, 0x1p-53) <= 1);
    }
}

TEST_CASE("gram: cuts of the stream, memory orders and executors change no bit") {
  lacuna_test::executors const executors;
  auto const x = activations<float>(3, 2500, 270);
  auto const by_column = lacuna_test::col_major_copy(x);
  auto const whole = gram(x).matrix();
  index turn = 0;
  for (auto const& [name, exec] : executors.all()) {
    CAPTURE(name);
    gram<float> g;
    index first = 0;
    for (index const last : {0, 1, 130, 1023, 1024, 2500}) {
      if (turn++ % 2 == 0)
        g.update(exec, rows_of(x, first, last));
      else
        g.update(exec, lacuna_test::col_major_copy(rows_of(x, first, last)));
      first = last;
      if (last == 130) CHECK(g.matrix(exec).rows() == 270);  // a look in between disturbs nothing
    }
    CHECK(g.tokens() == 2500);
    CHECK(g.matrix(exec) == whole);
    CHECK(gram<float>(exec, by_column).matrix(exec) == whole);
    CHECK(gram<double>(exec, x).matrix(exec) == gram<double>(x).matrix());
  }
}

TEST_CASE("gram: merged streams equal one, but for rounding") {
  auto const x = activations<float>(5, 1700, 33);
  for (index const cut : {0, 1, 128, 1024, 1500, 1700}) {
    CAPTURE(cut);
    gram<float> a(rows_of(x, 0, cut));
    gram<float> const b(rows_of(x, cut, 1700));
    a.merge(b);
    a.merge(gram<float>());
    CHECK(a.tokens() == 1700);
    CHECK(worst_error(a.matrix(), x, 140, 0x1p-24) <= 1);
    gram<float> c;
    c.merge(a);
    CHECK(c.matrix() == a.matrix());
    c.update(rows_of(x, 0, 40));
    CHECK(c.tokens() == 1740);
  }
}

TEST_CASE("gram: types that stand for its own, and 16-bit activations") {
  static_assert(std::is_same_v<decltype(gram(dense<float>())), gram<float>>);
  static_assert(std::is_same_v<decltype(gram(dense<double>())), gram<double>>);
  static_assert(std::is_same_v<decltype(gram(lacuna::serial{}, dense<lacuna::bf16>())), gram<float>>);
  auto const x = activations<lacuna::bf16>(11, 70, 9);
  CHECK(worst_error(gram(x).matrix(), x, 70, 0x1p-24) <= 1);
}

TEST_CASE("gram: another width, Inf and NaN are refused, and change nothing") {
  using lacuna_test::message_of;
  gram<float> g(activations<float>(1, 5, 4));
  auto const before = g.matrix();
  CHECK(message_of<lacuna::shape_error>([&] { return g.update(dense<float>(1, 3)), 0; }) ==
        "gram: the inputs were 4 so far and are 3 now");
  CHECK(message_of<lacuna::shape_error>([&] { return g.merge(gram<float>(dense<float>(1, 5))), 0; }) ==
        "gram: the inputs were 4 so far and are 5 now");
  auto x = activations<float>(2, 6, 4);
  x(4, 2) = std::numeric_limits<float>::quiet_NaN();
  CHECK(message_of<lacuna::value_error>([&] { return g.update(x), 0; }) ==
        "gram: X in token 4, input 2 is nan, expected a finite number");
  CHECK(g.matrix() == before);
  CHECK(g.tokens() == 5);
  gram<float> fresh;
  CHECK(message_of<lacuna::value_error>([&] { return fresh.update(x), 0; }) != "no error");
  fresh.update(dense<float>(1, 9));  // it has not taken the width of what it refused
  CHECK(fresh.size() == 9);
}

TEST_CASE("gram: one that was moved from has seen nothing, and begins again") {
  gram<float> g(activations<float>(1, 5, 4));
  auto const sum = g.matrix();
  gram<float> const moved = std::move(g);
  CHECK(moved.matrix() == sum);
  CHECK((g.size() == 0 && g.tokens() == 0 && g.matrix().rows() == 0));
  g.update(activations<float>(1, 5, 4));
  CHECK(g.matrix() == sum);
  gram<float> wider = std::move(g);
  g.update(activations<float>(3, 2, 9));
  CHECK((g.size() == 9 && wider.size() == 4));
}

}  // namespace
