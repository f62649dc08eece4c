// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/few_columns/csr_int8.hpp>

#include "support/few_int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

TEST_CASE("few columns of int8 csr: any rows, indices of any type") {
  CHECK(
      lacuna_test::few_int8_problem<la::csr<std::int8_t, std::uint16_t, std::int32_t>, 1, 1, std::uint8_t, std::int8_t>(
          2) == "");
}

TEST_CASE("few columns of int8 csr: quads leave them to tiles where each input is read by sixteen rows") {
  using arch = la::simd::default_arch;
  using view = la::csr_view<std::int8_t>;
  constexpr bool tiles = la::kernel::takes_quads<view, arch>;
  constexpr bool pairs = la::simd::slot_pairs<arch, 8>::available;
  lacuna_test::random r(1);
  for (la::index const rows : {15, 16, 40}) {
    auto const a =
        la::pack<la::csr<std::int8_t>>(lacuna_test::random_dense<std::int8_t>(r, rows, 70), la::mask(rows, 70, true));
    for (la::index const n : {1, 3, 8, 9}) {
      if constexpr (la::kernel::takes_few_quads<view, arch>)
        CHECK(la::kernel::multiplies_few_quads<arch>(a.view(), n) == (n <= 8 && (rows < 16 || !tiles || pairs)));
      auto const x = lacuna_test::int8_inputs<std::uint8_t>(r, 70, n);
      la::dense<std::int32_t> y(rows, n);
      la::spmm(a, x, y);
      CHECK(lacuna_test::check_product(a, x, y) == "");
    }
  }
}
