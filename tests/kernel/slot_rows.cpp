// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/slot_rows.hpp>
#include <lacuna/kernel/spmm/bitmap_int8.hpp>
#include <lacuna/kernel/spmm/nm_int8_columns.hpp>

#include "support/int8_products.hpp"
#include "support/quick.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>

namespace tests_of_slot_rows {

namespace la = lacuna;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

template <class Layout>
struct rows_of_layout;
template <>
struct rows_of_layout<la::bitmap_layout> {
  using type = la::kernel::bitmap_rows<arch>;
};
template <int Keep, int M>
struct rows_of_layout<la::nm_layout<Keep, M>> {
  using type = la::kernel::nm_slot_rows<Keep, M, arch>;
};

/// By the kernel of rows, whatever spmm would take.
struct by_rows {
  template <class View, class X, la::order OX, la::order OY>
  static void run(View const& a, la::dense_view<X const, OX> const& x, la::dense_view<std::int32_t, OY> const& y) {
    using kernel = typename rows_of_layout<typename View::layout>::type;
    if constexpr (kernel::template accepts<View>) {
      la::threads pool(1 + static_cast<int>(a.cols() % 2));
      la::kernel::multiply_quads<kernel>(la::kernel::any_executor(pool), a, x, y, la::identity_epilogue{});
    } else {
      lacuna_test::int8_tiles::run(a, x, y);
    }
  }
};

template <class Format, la::order OX, la::order OY>
std::string problem(unsigned seed) {
  lacuna_test::int8_sizes const tried{
      {1, 2, 15, 16, 17, 131}, {0, 1, 3, 4, 9, 67, 300}, {9, 16, 31, 32, 33, 64, 65, 1}, lacuna_test::quick() ? 17 : 3};
  return tried.problem(seed, lacuna_test::int8_matrix_problem<by_rows, Format, OX, OY, std::uint8_t, std::int8_t>);
}

/// Rows as wide as they may be.
template <class Format>
std::string widest(unsigned seed) {
  lacuna_test::random r(seed);
  return lacuna_test::int8_matrix_problem<by_rows, Format, row, row, std::uint8_t>(r, 3, la::kernel::widest_decoded_row,
                                                                                   17, lacuna_test::both_placements[0]);
}

}  // namespace

TEST_CASE("slot_rows: bitmaps, in all orders, in one thread and two, exact") {
  CHECK(problem<la::bitmap<std::int8_t>, row, row>(1) == "");
  CHECK(problem<la::bitmap<std::int8_t>, col, row>(2) == "");
  CHECK(widest<la::bitmap<std::int8_t>>(3) == "");
}

TEST_CASE("slot_rows: N:M, in all orders, in one thread and two, exact") {
  CHECK(problem<la::nm<std::int8_t, 2, 4>, row, row>(4) == "");
  CHECK(problem<la::nm<std::int8_t, 4, 8>, row, col>(5) == "");
  CHECK(widest<la::nm<std::int8_t, 2, 4>>(6) == "");
}

}  // namespace tests_of_slot_rows
