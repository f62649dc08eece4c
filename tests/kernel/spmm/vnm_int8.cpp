// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/vnm_int8.hpp>

#include "support/int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace la = lacuna;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// Remainders of bands, of tiles of columns and of quads; columns that are decoded in several pieces.
template <class F, la::order OX, la::order OY>
std::string problem(unsigned seed) {
  constexpr la::index V = F::layout::band_rows;
  lacuna_test::int8_sizes const tried{
      {V - 1, V, 2 * V + 1}, {0, 1, 3, 4, 31, 67, 2117}, {1, 9, 64, 97, 129}, lacuna_test::quick() ? 17 : 5};
  return tried.problem(seed,
                       lacuna_test::int8_matrix_problem<lacuna_test::int8_tiles, F, OX, OY, std::uint8_t, std::int8_t>);
}

}  // namespace

TEST_CASE("vnm int8 spmm: masks pick quads where that is one instruction") {
  using arch = la::simd::default_arch;
  std::string_view const name(la::simd::arch_name());
  auto const vbmi = name.find("vnni") != std::string_view::npos && name.find("vbmi") != std::string_view::npos;
  CHECK(la::kernel::picks_quads<arch, 16, 2, 4> == (vbmi && la::detail::tuned_for_zen));
  CHECK(la::kernel::picks_quads<arch, 3, 4, 8> == (vbmi && la::detail::tuned_for_zen));
  CHECK_FALSE(la::kernel::picks_quads<arch, 2, 2, 4>);
  CHECK_FALSE(la::kernel::picks_quads<arch, 16, 1, 4>);
}

TEST_CASE("vnm int8 spmm: bands of sixteen rows, exact") {
  CHECK(problem<la::vnm<std::int8_t, 16, 2, 4>, row, row>(1) == "");
  CHECK(problem<la::vnm<std::int8_t, 16, 1, 4>, col, row>(2) == "");
  CHECK(problem<la::vnm<std::int8_t, 16, 4, 8>, col, col>(5) == "");
}

TEST_CASE("vnm int8 spmm: other bands and groups, exact") {
  CHECK(problem<la::vnm<std::int8_t, 3, 3, 5>, row, col>(3) == "");
  CHECK(problem<la::vnm<std::int8_t, 1, 8, 32>, col, col>(4) == "");
}
