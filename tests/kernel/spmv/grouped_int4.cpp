// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmv/grouped_int4.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_int4.hpp"
#include "support/random.hpp"
#include "support/spmv_checks.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using lacuna_test::coverage;
using arch = la::simd::default_arch;
using kernel = la::kernel::spmv<la::grouped_int4_layout<16>, arch>;

namespace {

template <class Format>
Format sparse(lacuna_test::random& r, la::index rows, la::index cols, coverage how) {
  return la::pack<Format>(lacuna_test::random_dense<float>(r, rows, cols),
                          lacuna_test::random_mask(r, rows, cols, how));
}

}  // namespace

TEST_CASE("grouped_int4 spmv: takes groups of whole registers of any processor, and scales that fit a float") {
  STATIC_REQUIRE(kernel::accepts<la::grouped_int4_view<16>, float, float>);
  STATIC_REQUIRE(kernel::accepts<la::grouped_int4_view<16, la::f16, std::uint16_t>, float, float>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::grouped_int4_view<16, double>, float, float>);
  STATIC_REQUIRE_FALSE(
      la::kernel::spmv<la::grouped_int4_layout<24>, arch>::accepts<la::grouped_int4_view<24>, float, float>);
}

TEST_CASE("grouped_int4 spmv: every count of groups, any range of rows, Inf and NaN, between guard pages") {
  lacuna_test::random r(1);
  using narrow = la::grouped_int4<16, la::f16, std::uint16_t, std::uint32_t>;
  for (auto const where : lacuna_test::both_placements)
    for (auto const how : {coverage::none, coverage::one_entry, coverage::half, coverage::all})
      for (la::index cols = 0; cols <= 150; cols += cols % 16 < 2 ? 1 : 7) {
        CAPTURE(cols, lacuna_test::name_of(how));
        REQUIRE(lacuna_test::spmv_problem<kernel>(sparse<narrow>(r, cols % 20, cols, how),
                                                  lacuna_test::random_dense<float>(r, cols, 1), where) == "");
      }
  lacuna_test::check_spmv_ranges<kernel>(sparse<la::grouped_int4<16>>(r, 19, 100, coverage::half),
                                         lacuna_test::random_dense<float>(r, 100, 1));
  for (la::index const cols : {1, 17, 40})
    lacuna_test::check_spmv_non_finite<kernel>(r, sparse<la::grouped_int4<16>>(r, 9, cols, coverage::ragged));
}
