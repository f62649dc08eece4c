// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/bitmap_int8.hpp>

#include "support/int8_products.hpp"
#include "support/quick.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tests_of_bitmap_int8 {

namespace la = lacuna;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// Slots alone, and dense rows alone, whatever the density.
struct slots : la::kernel::spmm_quads<la::bitmap_layout, arch> {
  template <class View>
  static bool wants_other(View const&, la::index) {
    return false;
  }
};
using dense_rows = la::kernel::bitmap_dense<arch>;

template <class Kernel>
struct product_by {
  template <class View, class X, la::order OX, la::order OY>
  static void run(View const& a, la::dense_view<X const, OX> const& x, la::dense_view<std::int32_t, OY> const& y) {
    la::serial one;
    la::kernel::multiply_quads<Kernel>(la::kernel::any_executor(one), a, x, y, la::identity_epilogue{});
  }
};

/// Rows around the blocks, columns of A around quads, words and pieces, and of X around the tiles of all instruction
/// sets.
template <class Product, la::order OX, la::order OY>
std::string problem(unsigned seed) {
  lacuna_test::int8_sizes const tried{{0, 1, 2, 16, 17, 63, 64, 131},
                                      {0, 1, 3, 4, 9, 64, 67, 200, 513, 1093},
                                      {1, 2, 5, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 130, 0},
                                      lacuna_test::quick() ? 27 : 9};
  using format = la::bitmap<std::int8_t>;
  return tried.problem(seed, lacuna_test::int8_matrix_problem<Product, format, OX, OY, std::uint8_t, std::int8_t>);
}

}  // namespace

TEST_CASE("bitmap int8 spmm: takes int8 and no other, unless bytes have to be widened") {
  using kernel = la::kernel::spmm_quads<la::bitmap_layout, arch>;
  STATIC_REQUIRE(kernel::accepts<la::bitmap_view<std::int8_t>> ==
                 (la::simd::has_batch<arch, std::int8_t> &&
                  (la::simd::biased_dot4<arch>::biased || !la::simd::wide_dot4<arch>::pays)));
  STATIC_REQUIRE_FALSE(kernel::accepts<la::bitmap_view<float>>);
}

TEST_CASE("bitmap int8 spmm: groups of rows with an offset, in all orders, exact") {
  CHECK(problem<product_by<slots>, row, row>(1) == "");
  CHECK(problem<product_by<slots>, col, row>(2) == "");
}

TEST_CASE("bitmap int8 spmm: rows as dense bytes, in all orders, exact") {
  CHECK(problem<product_by<dense_rows>, row, row>(4) == "");
  CHECK(problem<product_by<dense_rows>, col, row>(5) == "");
  CHECK(problem<lacuna_test::int8_tiles, row, col>(6) == "");
}

TEST_CASE("bitmap int8 spmm: rows become dense where much is kept, the more so with few columns of X") {
  using kernel = la::kernel::spmm_quads<la::bitmap_layout, arch>;
  constexpr bool can = !la::simd::wide_dot4<arch>::pays && la::simd::expands_bytes<arch>;
  auto const dense = [](la::index kept, la::index columns) {
    la::mask keep(10, 10);
    for (la::index e = 0; e != kept; ++e) keep.set(e / 10, e % 10, true);
    auto const a = la::pack<la::bitmap<std::int8_t>>(la::dense<std::int8_t>(10, 10), keep);
    return !kernel::by_rows && kernel::wants_other(a.view(), columns);
  };
  CHECK(dense(50, 512) == can);
  CHECK_FALSE(dense(30, 512));
  CHECK(dense(35, 128) == can);
  CHECK_FALSE(dense(30, 128));
  CHECK(dense(30, 64) == can);
  CHECK_FALSE(dense(20, 64));
  CHECK(dense(12, 32) == (can && la::simd::avx512<arch>));
  CHECK_FALSE(dense(5, 32));
}

TEST_CASE("bitmap int8 spmm: rows are decoded one by one for few columns of X where dots are biased") {
  using kernel = la::kernel::spmm_quads<la::bitmap_layout, arch>;
  auto const by_rows = [](la::index inputs, la::index columns) {
    auto const a = la::pack<la::bitmap<std::int8_t>>(la::dense<std::int8_t>(2, inputs));
    return kernel::by_rows && kernel::wants_other(a.view(), columns);
  };
  CHECK(by_rows(4096, 32) == (la::simd::biased_dot4<arch>::biased && !la::simd::avx512<arch>));
  CHECK_FALSE(by_rows(4096, 33));
  CHECK_FALSE(by_rows(4097, 32));
}

TEST_CASE("bitmap int8 spmm: with an epilogue and in many threads as in one, whatever is chosen") {
  CHECK(lacuna_test::int8_epilogue_problem<la::bitmap<std::int8_t>>(7) == "");
}

TEST_CASE("bitmap int8 spmm: columns of some rows are decoded without touching those of others") {
  using kernel = la::kernel::spmm_quads<la::bitmap_layout, arch>;
  lacuna_test::random r(3);
  auto const a = lacuna_test::int8_matrix<la::bitmap<std::int8_t>>(r, 40, 150);
  std::vector<std::int32_t> columns(static_cast<std::size_t>(kernel::columns_stored(a.view())));
  la::kernel::quads_matrix<la::bitmap_view<std::int8_t>> const matrix{a.view(), 38, nullptr, columns.data()};
  la::index wrong = 0;
  for (la::index cut = 0; cut <= 40; ++cut) {
    for (auto& c : columns) c = -1;
    kernel::decode(a.view(), columns.data(), cut, 40);
    kernel::decode(a.view(), columns.data(), 0, cut);
    for (la::index i = 0; i != 40; ++i) {
      auto const list = kernel::slots(matrix, i);
      auto slot = list.first;
      a.visit_row(i, [&](la::index k, std::int8_t value) {
        wrong += list.columns[slot] != k || list.values[slot] != value;
        ++slot;
      });
      wrong += slot != list.last;
    }
  }
  CHECK(wrong == 0);
}

}  // namespace tests_of_bitmap_int8
