// SPDX-License-Identifier: MIT
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/register_place.hpp>

#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded_dense;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;

namespace {

constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

/// A matrix whose lines along `Order` have n elements, two of them.
template <la::order Order, class T>
la::dense<T> two_lines(lacuna_test::random& r, la::index n) {
  return Order == row ? lacuna_test::random_dense<T>(r, 2, n) : lacuna_test::random_dense<T>(r, n, 2);
}

/// Each register of two lines of n elements in Y: f(place, i, j), the register starting at Y(i, j).
template <class Y, la::order Order, class F>
void for_each_place(la::dense_view<Y, Order> y, la::index n, F&& f) {
  for (la::index line = 0; line != 2; ++line)
    la::simd::for_each_tile<arch, float, 1>(n, [&](auto const tile, la::index at) {
      auto const i = Order == row ? line : at, j = Order == row ? at : line;
      f(la::kernel::register_place<std::remove_cvref_t<decltype(tile)>, Y, Order>{tile, y, i, j}, i, j);
    });
}

/// How many lanes of a register are not the elements of m from (i, j) on in the direction of Order, or 0 behind.
template <la::order Order, class Tile, class T>
la::index wrong_lanes(Tile const& tile, lacuna_test::batch<float> value, la::dense<T> const& m, la::index i,
                      la::index j) {
  la::index wrong = 0;
  auto const lanes = lacuna_test::lanes<float>(value);
  for (int l = 0; l != Tile::lanes; ++l)
    wrong += lanes[static_cast<std::size_t>(l)] !=
             (!tile.counts(l) ? 0.0f : static_cast<float>(Order == row ? m(i, j + l) : m(i + l, j)));
  return wrong;
}

/// Every lane's place in Y, in summands of both orders, and in the values of rows.
template <class Y, class Summand, la::order Order>
void check_places() {
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements)
    for (la::index n = 1; n <= 2 * lanes_of<float> + 1; ++n) {
      auto const old = two_lines<Order, Y>(r, n);
      auto const m = two_lines<Order, Summand>(r, n);
      guarded_dense<Y, Order> y(old.rows(), old.cols(), n % 2, where);
      guarded_dense<Summand> by_row(m, n % 3, where);
      guarded_dense<Summand, col> by_column(m, n % 3, where);
      auto const b = lacuna_test::random_dense<double>(r, m.rows(), 1);
      la::dense<float> values(m.rows(), m.cols());
      for (la::index i = 0; i != m.rows(); ++i)
        for (la::index j = 0; j != m.cols(); ++j) values(i, j) = static_cast<float>(b(i, 0));
      guarded_dense<double> close(b, 0, where), apart(b, 2, where);
      y.assign(old);
      la::index wrong = 0, seen = 0;
      for_each_place(y.view(), n, [&](auto const& at, la::index i, la::index j) {
        wrong += wrong_lanes<Order>(at.tile, at.output(), old, i, j);
        wrong += wrong_lanes<Order>(at.tile, at.entry(la::dense_view<Summand const>(by_row.view())), m, i, j);
        wrong += wrong_lanes<Order>(at.tile, at.entry(la::dense_view<Summand const, col>(by_column.view())), m, i, j);
        for (auto const stride : {1, 3}) {
          la::vector_view<double const> const v((stride == 1 ? close : apart).view().data(), m.rows(), stride);
          if constexpr (Order == row)
            wrong += lacuna_test::lanes<float>(at.row_value(v)) !=
                     lacuna_test::lanes<float>(lacuna_test::batch<float>(static_cast<float>(b(i, 0))));
          else
            wrong += wrong_lanes<Order>(at.tile, at.row_value(v), values, i, j);
        }
        for (int l = 0; l != lanes_of<float>; ++l) seen += at.tile.counts(l);
      });
      CAPTURE(n, where);
      REQUIRE(wrong == 0);
      REQUIRE(seen == 2 * n);
    }
}

}  // namespace

TEST_CASE("register_place: every lane has its own place in Y, in the summand and in the row's values") {
  check_places<float, float, row>();
  check_places<float, la::bf16, col>();
  check_places<la::f16, double, row>();
  check_places<la::bf16, float, col>();
}

TEST_CASE("register_place: finish_register applies the epilogue at its place, and writes what counts") {
  std::vector<float> const b{0.5f, -2, 1, 4, 0.25f};
  for (la::index n = 1; n <= 2 * lanes_of<float> + 1; ++n) {
    guarded_dense<la::bf16> y(5, n, 0, lacuna_test::placement::upper);
    la::dense<float> m(5, n);
    for (la::index j = 0; j != n; ++j) m(3, j) = static_cast<float>(j);
    la::simd::for_each_tile<arch, float, 1>(n, [&](auto const& tile, la::index j) {
      la::kernel::finish_register(tile, lacuna_test::batch<float>(3.0f), la::bias(b) | la::add(m), y.view(), 3, j);
    });
    bool fine = y.intact();
    for (la::index j = 0; j != n; ++j)
      fine = fine && static_cast<float>(y.view()(3, j)) == static_cast<float>(j) + 7.0f;
    CAPTURE(n);
    REQUIRE(fine);
  }
}

TEST_CASE("register_place: a function of the row is asked for the rows whose lanes count") {
  for (la::index n = 1; n <= 2 * lanes_of<float> + 1; ++n) {
    la::dense<float, col> y(n, 1);
    la::index wrong = 0;
    for_each_place(la::dense_view<float, col>(y.data(), n, 2), n, [&](auto const& at, la::index i, la::index) {
      auto const got = lacuna_test::lanes<float>(at.row_map([&](la::index k) {
        wrong += k >= n;
        return static_cast<float>(k);
      }));
      for (int l = 0; l != lanes_of<float>; ++l)
        wrong += got[static_cast<std::size_t>(l)] != (at.tile.counts(l) ? static_cast<float>(i + l) : 0.0f);
    });
    for_each_place(la::dense_view<float, row>(y.data(), 2, n), n, [&](auto const& at, la::index i, la::index) {
      for (auto const lane : lacuna_test::lanes<float>(at.row_map([](la::index k) { return static_cast<float>(k); })))
        wrong += lane != static_cast<float>(i);
    });
    CHECK(wrong == 0);
  }
}
