// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/slot_rows.hpp>
#include <lacuna/kernel/spmm/bitmap_int8.hpp>
#include <lacuna/kernel/spmm/nm_int8_columns.hpp>

#include "support/catalogue.hpp"
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
    la::threads pool(1 + static_cast<int>(a.cols() % 2));
    run_with(pool, a, x, y, la::identity_epilogue{});
  }
  template <class E, class View, class X, class Y, class Epilogue>
  static void run_with(E& exec, View const& a, X const& x, Y const& y, Epilogue const& ep) {
    using kernel = typename rows_of_layout<typename View::layout>::type;
    if constexpr (kernel::template accepts<View>)
      la::kernel::multiply_quads<kernel>(la::kernel::any_executor(exec), a, x, y, ep);
    else
      lacuna_test::int8_spmm::run_with(exec, a, x, y, ep);
  }
};

template <class Format, la::order OX, la::order OY>
std::string problem(unsigned seed) {
  lacuna_test::int8_sizes const tried{{0, 1, 2, 15, 16, 17, 131},
                                      {0, 1, 3, 4, 9, 67, 300},
                                      {9, 16, 31, 32, 33, 64, 65, 1, 0},
                                      lacuna_test::quick() ? 17 : 3};
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

TEST_CASE("slot_rows: no rows, and no columns") {
  lacuna_test::random r(7);
  auto const problem_of = [&]<class Format>(lacuna_test::type_tag<Format>, la::index rows, la::index n) {
    return lacuna_test::int8_matrix_problem<by_rows, Format, row, row, std::uint8_t, std::int8_t>(
        r, rows, 70, n, lacuna_test::both_placements[0]);
  };
  for (la::index const size : {0, 5}) {
    CHECK(problem_of(lacuna_test::type_tag<la::bitmap<std::int8_t>>{}, size, 5 - size) == "");
    CHECK(problem_of(lacuna_test::type_tag<la::nm<std::int8_t, 2, 4>>{}, size, 5 - size) == "");
  }
}

TEST_CASE("slot_rows: with an epilogue and in many threads as in one") {
  CHECK(lacuna_test::int8_epilogue_problem<la::bitmap<std::int8_t>, by_rows>(8) == "");
  CHECK(lacuna_test::int8_epilogue_problem<la::nm<std::int8_t, 4, 8>, by_rows>(9) == "");
}

}  // namespace tests_of_slot_rows
