// SPDX-License-Identifier: MIT
//
// What every kernel for few columns has to pass.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/int8_products.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>

namespace lacuna_test {

/// All columns of x in one pass of the kernel; A, the copy of X and the sums between guard pages; any range of rows
/// that starts at a multiple of `unit`, up to `unit` long, gives the same bits. What the kernel says not to write is
/// not written.
template <class Few, class Format, class S>
void check_few_columns(Format const& a, lacuna::dense<S> const& x, placement where) {
  using lacuna::index;
  using view = lacuna::view_t<Format>;
  constexpr auto lanes = static_cast<index>(lacuna::simd::batch<S, lacuna::simd::default_arch>::size);
  auto const up = [](index n) { return (n + lanes - 1) / lanes * lanes; };
  auto const width = x.cols();
  guarded_sparse<Format> const guarded_a(a, where);
  auto const line = up(a.cols());
  guarded<S> columns(line * width, where);
  std::fill_n(columns.data(), line * width, S{0});
  for (index c = 0; c != width; ++c)
    for (index k = 0; k != a.cols(); ++k) columns[c * line + k] = x(k, c);
  columns.make_read_only();
  lacuna::kernel::few_inputs<S> in{columns.data(), line, a.cols()};
  index room = 0;
  if constexpr (requires { Few::template arranged<view>(index{}, index{}); })
    room = Few::template arranged<view>(a.cols(), width);
  REQUIRE(room % lanes == 0);
  guarded<S> arranged(room, where);
  if constexpr (requires { Few::template arranged<view>(index{}, index{}); })
    in = Few::template arrange<view>(in, width, arranged.data());
  arranged.make_read_only();
  bool by_rows = false;
  if constexpr (requires { Few::template from_rows<view>(index{}); }) by_rows = Few::template from_rows<view>(width);
  auto const unit = Few::unit(guarded_a.view());
  auto const stride = up(Few::template widest<view>);
  index written = stride;
  if constexpr (requires { Few::template writes<view>(index{}); }) written = Few::template writes<view>(width);
  REQUIRE((width <= written && written <= stride));
  auto const run = [&](lacuna::dense<S>& y, index first, index last) {
    guarded<S> sums((last - first) * stride, where);
    std::fill_n(sums.data(), (last - first) * stride, S{77});
    Few::run(guarded_a.view(), in, sums.data(), stride, first, last, width);
    for (index i = first; i != last; ++i)
      for (index c = 0; c != stride; ++c)
        if (c < width)
          y(i, c) = sums[(i - first) * stride + c];
        else
          REQUIRE((c < written || sums[(i - first) * stride + c] == S{77}));
  };
  lacuna::dense<S> all(a.rows(), width), parts(a.rows(), width);
  for (index first = 0; first < a.rows(); first += unit) {
    run(all, first, std::min(first + unit, a.rows()));
    for (index some = 1; some < std::min(unit, a.rows() - first) + 1; some += unit < 20 ? 1 : unit / 3) {
      run(parts, first, first + some);
      for (index i = first; i != first + some; ++i)
        for (index c = 0; c != width; ++c) {
          auto const whole = all(i, c), part = parts(i, c);
          REQUIRE((std::memcmp(&whole, &part, sizeof part) == 0 || (whole != whole && part != part)));
        }
    }
  }
  REQUIRE(check_product(a, x, all) == "");
  if constexpr (requires(S* to) { Few::template arrange_rows<view>(lacuna::kernel::x_strip<S>{}, width, width, to); })
    for (index const pitch : {width, width + 3}) {  // rows give the same bits
      if (!by_rows || a.cols() == 0) break;
      guarded<S> lines(a.cols() * pitch - (pitch - width), where), room_of_rows(room, where);
      for (index k = 0; k != a.cols(); ++k)
        for (index c = 0; c != width; ++c) lines[k * pitch + c] = x(k, c);
      lines.make_read_only();
      in = Few::template arrange_rows<view>(lacuna::kernel::x_strip<S>{lines.data(), pitch}, a.cols(), width,
                                            room_of_rows.data());
      for (index first = 0; first < a.rows(); first += unit) run(parts, first, std::min(first + unit, a.rows()));
      for (index i = 0; i != a.rows(); ++i)
        for (index c = 0; c != width; ++c)
          REQUIRE((all(i, c) == parts(i, c) || (all(i, c) != all(i, c) && parts(i, c) != parts(i, c))));
    }
}

/// int8 times bytes of either signedness, the extremes among them, in several widths, where the kernel takes int8.
template <class Few, class Format>
void check_few_bytes(std::initializer_list<lacuna::index> cols, std::initializer_list<lacuna::index> rows) {
  random r(2);
  lacuna::index number = 0;
  for (auto const n : cols)
    for (auto const m : rows)
      for (auto const how : {coverage::half, coverage::ragged}) {
        auto w = random_dense<std::int8_t>(r, m, n);
        for (lacuna::index i = 0; i < m; i += 2)
          for (lacuna::index k = 0; k != n; ++k) w(i, k) = -128;
        auto const keep = random_mask(r, m, n, how);
        auto const a = [&] {
          if constexpr (requires { trimmed(keep, typename Format::layout{}); })
            return lacuna::pack<Format>(w, trimmed(keep, typename Format::layout{}));
          else
            return lacuna::pack<Format>(w, keep);
        }();
        for (lacuna::index const width : {1, 2, 3, 7, 8}) {
          bool const negative = ++number % 2 != 0;
          lacuna::dense<std::int32_t> x(n, width);
          for (lacuna::index k = 0; k != n; ++k)
            for (lacuna::index c = 0; c != width; ++c)
              x(k, c) = (r.below(2) == 0 ? 255 : static_cast<std::int32_t>(r.below(256))) - (negative ? 128 : 0);
          CAPTURE(m, n, width, negative);
          if constexpr (Few::template widest<lacuna::view_t<Format>> != 0)
            check_few_columns<Few>(a, x, number % 3 == 0 ? placement::lower : placement::upper);
        }
      }
}

/// By a kernel for few columns, pass by pass, however many there are.
template <class Few>
struct int8_passes {
  template <class View, class X, lacuna::order OX, lacuna::order OY>
  static void run(View const& a, lacuna::dense_view<X const, OX> const& x,
                  lacuna::dense_view<std::int32_t, OY> const& y) {
    lacuna::threads pool(1 + static_cast<int>(a.rows() % 2));
    run_with(pool, a, x, y, lacuna::identity_epilogue{});
  }
  template <class E, class View, class X, class Y, class Epilogue>
  static void run_with(E& exec, View const& a, X const& x, Y const& y, Epilogue const& ep) {
    if constexpr (Few::template widest<View> != 0)
      lacuna::kernel::multiply_few<Few>(exec, a, x, y, ep);
    else
      lacuna::spmm(exec, a, x, y, ep);
  }
};

/// int8 with more columns than the kernel takes at a time, of which the last pass has fewer than those before; "" or
/// what is wrong.
template <class Few, class Format>
[[nodiscard]] std::string passes_of_bytes_problem(unsigned seed) {
  using lacuna::order;
  int8_sizes const tried{{1, 16, 37}, {1, 70, 300}, {9, 10, 17}, quick() ? 2 : 1};
  return tried.problem(
      seed,
      int8_matrix_problem<int8_passes<Few>, Format, order::row_major, order::row_major, std::uint8_t, std::int8_t>);
}

/// Every width and many shapes; with infinities and NaN among x, and without.
template <class Few, class Format>
void check_few_columns(std::initializer_list<lacuna::index> cols, std::initializer_list<lacuna::index> rows) {
  using V = typename Format::value_type;
  using S = lacuna::accumulator_t<V>;
  random r(1);
  for (auto const n : cols)
    for (auto const m : rows)
      for (auto const how : {coverage::half, coverage::ragged, coverage::all}) {
        auto const a = lacuna::pack<Format>(random_dense<V>(r, m, n), random_mask(r, m, n, how));
        for (lacuna::index width = 1; width <= Few::template widest<lacuna::view_t<Format>>; ++width) {
          if (quick() && (m + n + width) % 3 != 0) continue;
          CAPTURE(m, n, width, name_of(how));
          auto x = random_dense<S>(r, n, width);
          for (auto const where : both_placements) check_few_columns<Few>(a, x, where);
          if (n == 0) continue;
          x(r.below(n), r.below(width)) = -std::numeric_limits<S>::infinity();
          x(r.below(n), r.below(width)) = std::numeric_limits<S>::quiet_NaN();
          check_few_columns<Few>(a, x, placement::upper);
        }
      }
}

}  // namespace lacuna_test
