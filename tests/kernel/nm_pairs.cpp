// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/nm_pairs.hpp>
#include <lacuna/kernel/spmm/nm_int8_columns.hpp>

#include "support/int8_products.hpp"
#include "support/quick.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace tests_of_nm_pairs {

namespace la = lacuna;
using arch = la::simd::default_arch;
using format = la::nm<std::int8_t, 2, 4>;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// By the kernel of pairs, whatever spmm would take.
struct by_pairs {
  template <class View, class X, la::order OX, la::order OY>
  static void run(View const& a, la::dense_view<X const, OX> const& x, la::dense_view<std::int32_t, OY> const& y) {
    la::threads pool(1 + static_cast<int>(a.cols() % 2));
    run_with(pool, a, x, y, la::identity_epilogue{});
  }
  template <class E, class View, class X, class Y, class Epilogue>
  static void run_with(E& exec, View const& a, X const& x, Y const& y, Epilogue const& ep) {
    using kernel = la::kernel::nm_pairs<arch>;
    if constexpr (kernel::template accepts<View> && la::simd::wide_dot4<arch>::pays)
      la::kernel::multiply_quads<kernel>(la::kernel::any_executor(exec), a, x, y, ep);
    else
      lacuna_test::int8_spmm::run_with(exec, a, x, y, ep);
  }
};

/// Short last groups and odd numbers of them, ends of the pieces that stay in L1, and of blocks of rows.
template <la::order OX, la::order OY>
std::string problem(unsigned seed) {
  lacuna_test::int8_sizes const tried{{0, 1, 2, 63, 64, 257, 300},
                                      {0, 1, 2, 3, 4, 5, 8, 9, 67, 127, 128, 129, 133, 255, 256, 257, 389},
                                      {1, 9, 16, 17, 31, 32, 33, 47, 64, 65, 0},
                                      lacuna_test::quick() ? 37 : 5};
  return tried.problem(seed, lacuna_test::int8_matrix_problem<by_pairs, format, OX, OY, std::uint8_t, std::int8_t>);
}

/// Whether 2:4 is multiplied by pairs if it has so many rows, and X so many columns.
template <class Kernel>
bool takes_pairs(la::index rows, la::index columns) {
  if constexpr (requires { typename Kernel::other; }) {
    lacuna_test::random r(1);
    auto const a = lacuna_test::int8_matrix<format>(r, rows, 8);
    return Kernel::wants_other(a.view(), columns) && !Kernel::other::wants_other(a.view(), columns);
  } else {
    return false;
  }
}

}  // namespace

TEST_CASE("nm_pairs: masks name the pair that they keep") {
  for (unsigned low = 0; low != 4; ++low)
    for (unsigned high = low + 1; high != 4; ++high)
      for (unsigned masks : {0u, 3u, 12u}) {
        auto const mask = 1u << low | 1u << high;
        auto const& first = la::kernel::pairs_of_masks[mask | masks << 4];
        auto const& second = la::kernel::pairs_of_masks[masks | mask << 4];
        CHECK(first[0] == second[1]);
        auto const& pair = la::kernel::pair_of_four[first[0] / 32u];
        CHECK(pair[0] == static_cast<int>(low));
        CHECK(pair[1] == static_cast<int>(high));
      }
  for (auto const& both : la::kernel::pairs_of_masks)
    for (auto const place : both) CHECK(place < 32 * la::kernel::pairs_of_four);
  CHECK(la::kernel::pairs_of_masks[1][0] == 0);  // a group of one column
}

TEST_CASE("nm_pairs: in all orders, in one thread and two, exact") {
  CHECK(problem<row, row>(1) == "");
  CHECK(problem<col, row>(2) == "");
  CHECK(problem<row, col>(3) == "");
}

TEST_CASE("nm_pairs: any number of columns, and of those of X") {
  lacuna_test::random r(4);
  auto const problem_of = [&](la::index cols, la::index n) {
    return lacuna_test::int8_matrix_problem<by_pairs, format, row, row, std::uint8_t, std::int8_t>(
        r, 5, cols, n, lacuna_test::both_placements[static_cast<std::size_t>(cols % 2)]);
  };
  for (la::index cols = 1; cols <= 200; cols += lacuna_test::quick() ? 13 : 1) {
    CAPTURE(cols);
    CHECK(problem_of(cols, 33) == "");
  }
  for (la::index n = 1; n <= 70; n += lacuna_test::quick() ? 9 : 1) {
    CAPTURE(n);
    CHECK(problem_of(103, n) == "");
  }
}

TEST_CASE("nm_pairs: with an epilogue and in many threads as in one") {
  CHECK(lacuna_test::int8_epilogue_problem<format, by_pairs>(5) == "");
}

TEST_CASE("nm_pairs: sums that leave int32 wrap around") {
  constexpr la::index inputs = 140000, n = 17;
  la::dense<std::int8_t> w(1, inputs);
  for (la::index k = 0; k != inputs; ++k) w(0, k) = k % 4 < 2 ? std::int8_t{-128} : std::int8_t{0};
  auto const a = la::pack<format>(w);
  la::dense<std::uint8_t> x(inputs, n);
  for (la::index k = 0; k != inputs; ++k)
    for (la::index t = 0; t != n; ++t) x(k, t) = 255;
  la::dense<std::int32_t> y(1, n);
  la::serial one;
  by_pairs::run_with(one, a.view(), std::as_const(x).view(), y.view(), la::identity_epilogue{});
  constexpr auto expected = static_cast<std::uint32_t>(std::int64_t{-128} * 255 * (inputs / 2));
  for (la::index t = 0; t != n; ++t) CHECK(static_cast<std::uint32_t>(y(0, t)) == expected);
}

TEST_CASE("nm_pairs: 2:4 takes it for many rows and more than eight columns, where dots go by pairs of AVX2") {
  using kernel = la::kernel::nm_slots<2, 4, arch>;
  constexpr bool pairs = la::simd::narrow_biased_dots<arch>;
  CHECK(takes_pairs<kernel>(32, 9) == pairs);
  CHECK(takes_pairs<kernel>(32, 1000) == pairs);
  CHECK_FALSE(takes_pairs<kernel>(31, 1000));
  CHECK_FALSE(takes_pairs<kernel>(31, 9));
  CHECK_FALSE(takes_pairs<kernel>(32, 8));
}

}  // namespace tests_of_nm_pairs
