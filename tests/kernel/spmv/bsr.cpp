// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmv/bsr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/spmv_checks.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using lacuna_test::coverage;
using lacuna_test::placement;
using arch = la::simd::default_arch;

namespace {

template <int R, int C>
using kernel = la::kernel::spmv<la::bsr_layout<R, C>, arch>;

template <class Format>
Format sparse(lacuna_test::random& r, la::index rows, la::index cols, coverage how) {
  return la::pack<Format>(lacuna_test::random_dense<typename Format::value_type>(r, rows, cols),
                          lacuna_test::random_mask(r, rows, cols, how));
}

/// Edges of blocks and of registers, every count of blocks in a row, long rows, any range of rows.
template <class T, int R, int C, class I = std::uint32_t>
void check(unsigned seed) {
  using X = la::accumulator_t<T>;
  using format = la::bsr<T, R, C, I, std::uint32_t>;
  if constexpr (la::simd::has_batch<arch, X>) {
    lacuna_test::random r(seed);
    auto const problem = [&](la::index rows, la::index cols, coverage how, placement where) {
      CAPTURE(R, C, rows, cols, where, lacuna_test::name_of(how));
      auto const a = sparse<format>(r, rows, cols, how);
      REQUIRE(lacuna_test::spmv_problem<kernel<R, C>>(a, lacuna_test::random_dense<X>(r, cols, 1), where) == "");
    };
    for (auto const where : lacuna_test::both_placements) {
      for (auto const how : {coverage::none, coverage::one_entry, coverage::half, coverage::all})
        for (la::index cols = 0; cols <= 9 * C + 1; cols += C < 4 || cols % C < 2 ? 1 : lacuna_test::quick() ? C : 2)
          problem(cols % 3 * R + cols % (R + 1), cols, how, where);
      problem(2 * R - 1, 300, coverage::ragged, where);
    }
    lacuna_test::check_spmv_ranges<kernel<R, C>>(sparse<format>(r, 2 * R + R / 2, 7 * C + 1, coverage::half),
                                                 lacuna_test::random_dense<X>(r, 7 * C + 1, 1));
  }
}

}  // namespace

TEST_CASE("bsr spmv: takes floating weights, and nothing else") {
  STATIC_REQUIRE(kernel<4, 1>::accepts<la::bsr_view<float, 4, 1>, float, float>);
  STATIC_REQUIRE(kernel<4, 1>::accepts<la::bsr_view<la::bf16, 4, 1>, la::bf16, float>);
  STATIC_REQUIRE_FALSE(kernel<4, 1>::accepts<la::bsr_view<std::int8_t, 4, 1>, std::int8_t, std::int32_t>);
}

TEST_CASE("bsr spmv: columns of blocks") {
  check<float, 1, 1>(1);
  check<float, 4, 1>(2);
  check<float, 8, 1>(3);
  check<float, 16, 1, std::uint16_t>(4);
  check<float, 3, 1>(5);
  check<float, 19, 1>(6);  // more than a register, and none filled
  check<double, 8, 1>(7);
}

TEST_CASE("bsr spmv: blocks of some columns") {
  check<float, 1, 4>(11);
  check<float, 4, 4>(12);
  check<float, 16, 4>(13);
  check<float, 3, 5, std::uint16_t>(14);
  check<float, 2, 20>(15);    // rows longer than registers
  check<double, 20, 16>(16);  // more registers than there are
}

TEST_CASE("bsr spmv: 16-bit values") {
  check<la::bf16, 8, 1>(21);
  check<la::f16, 3, 5>(22);
}

TEST_CASE("bsr spmv: Inf and NaN of x reach only rows that store something opposite") {
  lacuna_test::random r(31);
  for (la::index cols : {1, 16, 33}) {
    lacuna_test::check_spmv_non_finite<kernel<4, 1>>(r, sparse<la::bsr<float, 4, 1>>(r, 30, cols, coverage::half));
    lacuna_test::check_spmv_non_finite<kernel<3, 5>>(
        r, sparse<la::bsr<float, 3, 5, std::uint16_t, std::uint32_t>>(r, 30, cols, coverage::one_percent));
    lacuna_test::check_spmv_non_finite<kernel<1, 4>>(r,
                                                     sparse<la::bsr<float, 1, 4>>(r, 30, cols, coverage::one_percent));
  }
}
