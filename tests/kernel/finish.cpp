// SPDX-License-Identifier: MIT
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/finish.hpp>

#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::guarded_dense;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// What a block of Y may be: the part from (2, 3) on of a matrix that ends with it.
struct block {
  la::index height, width;
  [[nodiscard]] bool has(la::index i, la::index j) const { return i >= 2 && j >= 3 && i < 2 + height && j < 3 + width; }
};

/// Small whole numbers, so that every order of adding them gives the same.
template <class T>
la::dense<T> whole(lacuna_test::random& r, la::index rows, la::index cols) {
  la::dense<T> m(rows, cols);
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j) m(i, j) = static_cast<T>(static_cast<float>(r.below(64)));
  return m;
}

/// Finishes one block; its sums stand in memory of sums_size elements, junk around them.
template <class S, class Y, la::order Order>
void check_block(lacuna_test::random& r, block const b, lacuna_test::placement where) {
  auto const stride = (b.width + lanes_of<S> - 1) / lanes_of<S> * lanes_of<S> + b.height % 2 * lanes_of<S>;
  guarded<S> sums(la::kernel::sums_size<arch, S>(b.height, stride), where);
  std::fill(sums.begin(), sums.end(), std::numeric_limits<S>::quiet_NaN());
  auto const values = whole<S>(r, b.height, b.width);
  for (la::index i = 0; i != b.height; ++i)
    for (la::index j = 0; j != b.width; ++j) sums[i * stride + j] = values(i, j);
  sums.make_read_only();
  auto const rows = 2 + b.height, cols = 3 + b.width;
  auto const old = whole<Y>(r, rows, cols), residual = whole<Y>(r, rows, cols);
  guarded_dense<Y, Order> y(rows, cols, b.width % 3, where);
  guarded_dense<Y, Order> m(residual, b.height % 3, where);
  guarded<S> values_of_rows(rows, where);
  for (la::index i = 0; i != rows; ++i) values_of_rows[i] = static_cast<S>(i);
  y.assign(old);
  auto const ep = la::bias(values_of_rows.span()) | la::accumulate | la::add(m.view());
  la::kernel::finish<arch>::run(sums.data(), stride, ep, y.view(), 2, rows, 3, b.width);
  la::index wrong = 0;
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j) {
      auto const before = static_cast<float>(old(i, j));
      auto const after = !b.has(i, j) ? before
                                      : before + static_cast<float>(values(i - 2, j - 3)) + static_cast<float>(i) +
                                            static_cast<float>(residual(i, j));
      wrong += y.view()(i, j) != Y(after);
    }
  CAPTURE(b.height, b.width, where);
  REQUIRE(wrong == 0);
  REQUIRE(y.intact());
}

template <class S, class Y, la::order Order>
void check_blocks() {
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements)
    for (la::index const height : {1, lanes_of<S> - 1, lanes_of<S>, lanes_of<S> + 1, 16, 33})
      for (la::index const width : {1, lanes_of<S> - 1, lanes_of<S>, 2 * lanes_of<S> + 1, 4 * lanes_of<S>})
        check_block<S, Y, Order>(r, {height, width}, where);
}

}  // namespace

TEST_CASE("finish: writes its block through the epilogue, whatever the type and order of Y, and nothing else") {
  check_blocks<float, float, row>();
  check_blocks<float, float, col>();
  check_blocks<float, la::bf16, col>();
  check_blocks<float, la::f16, row>();
  check_blocks<float, double, row>();
  if constexpr (la::simd::has_batch<arch, double>) {
    check_blocks<double, double, col>();
    check_blocks<double, float, row>();
  }
}

TEST_CASE("finish: blocks of several pieces of rows and columns") {
  lacuna_test::random r(3);
  for (auto const where : lacuna_test::both_placements)
    for (block const b : {block{64, 32}, block{65, 33}, block{130, 67}}) {
      check_block<float, float, row>(r, b, where);
      check_block<float, float, col>(r, b, where);
    }
}

TEST_CASE("finish: a Y of integers takes what is requantised") {
  lacuna_test::random r(2);
  auto const sums = whole<float>(r, 5, lanes_of<float>);
  std::vector<float> const scale(7, 2.0f);
  auto const ep = la::detail::as_epilogue(la::requantize<std::int8_t>(scale));
  guarded_dense<std::int8_t> by_row(7, 6, 1, lacuna_test::placement::upper);
  guarded_dense<std::int8_t, col> by_column(7, 6, 1, lacuna_test::placement::upper);
  la::kernel::finish<arch>::run(sums.data(), lanes_of<float>, ep, by_row.view(), 2, 7, 3, 3);
  la::kernel::finish<arch>::run(sums.data(), lanes_of<float>, ep, by_column.view(), 2, 7, 3, 3);
  for (la::index i = 0; i != 7; ++i)
    for (la::index j = 0; j != 6; ++j) {
      auto const value = i < 2 || j < 3 ? -1 : std::min(127, static_cast<int>(2 * sums(i - 2, j - 3)));
      CHECK(by_row.view()(i, j) == value);
      CHECK(by_column.view()(i, j) == value);
    }
}

namespace {

/// Finishes sums of int32 in blocks of every shape; the epilogue may compute in float.
template <class Y, la::order Order, class Epilogue>
void check_integers(Epilogue const& ep, double factor, double bias) {
  lacuna_test::random r(4);
  constexpr la::index lanes = lanes_of<std::int32_t>;
  for (auto const where : lacuna_test::both_placements)
    for (la::index const height : {la::index{1}, lanes - 1, lanes, lanes + 1, la::index{33}})
      for (la::index const width : {la::index{1}, lanes - 1, lanes, 2 * lanes + 1, 4 * lanes}) {
        auto const stride = (width + lanes - 1) / lanes * lanes;
        guarded<std::int32_t> sums(la::kernel::sums_size<arch, std::int32_t>(height, stride), where);
        for (auto& s : sums) s = static_cast<std::int32_t>(r.below(2000001)) - 1000000;
        guarded_dense<Y, Order> y(height, width, width % 3, where);
        la::kernel::finish<arch>::run(static_cast<std::int32_t const*>(sums.data()), stride, ep, y.view(), 0, height, 0,
                                      width);
        la::index wrong = 0;
        for (la::index i = 0; i != height; ++i)
          for (la::index j = 0; j != width; ++j)
            wrong +=
                static_cast<double>(y.view()(i, j)) != std::clamp(sums[i * stride + j] * factor + bias,
                                                                  static_cast<double>(std::numeric_limits<Y>::lowest()),
                                                                  static_cast<double>(std::numeric_limits<Y>::max()));
        CAPTURE(height, width, where);
        REQUIRE(wrong == 0);
        REQUIRE(y.intact());
      }
}

}  // namespace

TEST_CASE("finish: sums of int32 stay what they are, become floats, or are requantised") {
  std::vector<float> const bias(33, 3.0f);
  la::identity_epilogue const none;
  check_integers<std::int32_t, row>(none, 1, 0);
  check_integers<std::int32_t, col>(none, 1, 0);
  check_integers<float, row>(none, 1, 0);
  check_integers<float, col>(la::scale(0.5f) | la::bias(bias), 0.5, 3);
  check_integers<std::uint8_t, row>(la::detail::as_epilogue(la::requantize<std::uint8_t>(1.0f, 3)), 1, 3);
  check_integers<std::int8_t, col>(la::detail::as_epilogue(la::requantize<std::int8_t>(1.0f, -3)), 1, -3);
}
