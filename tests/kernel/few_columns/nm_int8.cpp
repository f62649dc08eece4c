// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/nm_int8.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include "support/few_int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using lacuna_test::few_int8_problem;

TEST_CASE("few columns of int8 nm: every remainder") {
  CHECK(few_int8_problem<la::nm<std::int8_t, 1, 4>, 1, 4, std::int8_t>(11) == "");
}

TEST_CASE("few columns of int8 nm: columns that are decoded in several pieces") {
  constexpr auto row = la::order::row_major;
  using rows = la::nm<std::int8_t, 1, 4>;
  if constexpr (la::kernel::takes_few_quads<la::view_t<rows>, la::simd::default_arch>) {
    lacuna_test::random r(12);
    for (auto const where : lacuna_test::both_placements)
      CHECK(lacuna_test::int8_matrix_problem<lacuna_test::int8_few, rows, row, row, std::int8_t>(r, 5, 9001, 7,
                                                                                                 where) == "");
  }
}

namespace {

/// Codes of `rows` rows of 80 columns, by whatever multiplies so many.
template <int Keep, int M>
void check_rows(la::index rows) {
  using arch = la::simd::default_arch;
  using format = la::nm<std::int8_t, Keep, M>;
  using view = la::view_t<format>;
  constexpr la::index cols = 80;
  lacuna_test::random r(Keep * 100 + M);
  auto const w = lacuna_test::random_dense<std::int8_t>(r, rows, cols);
  auto const a = la::pack<format>(w, la::prune(w, la::magnitude{}, la::n_of_m<Keep, M>{}));
  for (la::index const n : {1, 3, 8, 9}) {
    CAPTURE(Keep, M, rows, n);
    if constexpr (la::kernel::takes_few_quads<view, arch>)
      CHECK(la::kernel::multiplies_few_quads<arch>(a.view(), n) ==
            (n <= 8 && (Keep * rows < 16 * M || !la::kernel::takes_quads<view, arch>)));
    auto const x = lacuna_test::int8_inputs<std::uint8_t>(r, cols, n);
    la::dense<std::int32_t> y(rows, n);
    la::spmm(a, x, y);
    CHECK(lacuna_test::check_product(a, x, y) == "");
  }
}

}  // namespace

TEST_CASE("few columns of int8 nm: tiles take rows with codes where each input is read by sixteen of them") {
  for (la::index const rows : {la::index{63}, la::index{64}, la::index{100}}) {
    check_rows<1, 4>(rows);
    check_rows<2, 8>(rows);
  }
  check_rows<1, 16>(255);
  check_rows<1, 16>(256);
}

TEST_CASE("few columns of int8 nm: tiles leave more than a million slots with codes") {
  using arch = la::simd::default_arch;
  using format = la::nm<std::int8_t, 1, 4>;
  if constexpr (la::kernel::takes_few_quads<la::view_t<format>, arch>) {
    for (la::index const more : {0, 1}) {
      std::vector<std::int8_t> const values(static_cast<std::size_t>((1024 + more) * 1024));
      la::view_t<format> const a(1024 + more, 4096, {}, values);
      CHECK(la::kernel::multiplies_few_quads<arch>(a, 1) ==
            (more == 1 || !la::kernel::takes_quads<la::view_t<format>, arch>));
    }
  }
}
