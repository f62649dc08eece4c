// SPDX-License-Identifier: MIT
#include <lacuna/kernel/f16_sums/nm.hpp>
#include <lacuna/pack.hpp>

#include "support/conformance.hpp"
#include "support/f16_sums.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::ranges;

namespace {

/// Columns of some steps and some more, of full and of short groups, and all ranges of rows of one shape.
template <class Kernel, int Keep, int M>
void check_tiles(unsigned seed) {
  lacuna_test::random r(seed);
  auto const whole = [&](la::index rows, la::index cols, ranges which) {
    auto const keep = lacuna_test::trimmed(lacuna_test::random_mask(r, rows, cols, lacuna_test::coverage::ragged),
                                           la::nm_layout<Keep, M>{});
    CAPTURE(Keep, M, rows, cols);
    REQUIRE(lacuna_test::f16_tiles_problem<Kernel>(
                la::pack<la::nm<la::f16, Keep, M>>(lacuna_test::random_dense<la::f16>(r, rows, cols), keep), which) ==
            "");
  };
  whole(6, 71, ranges::all);
  for (la::index const cols : {0, 1, M, 64, 130}) whole(3, cols, ranges::whole);
  if (!lacuna_test::quick()) whole(9, 513, ranges::whole);
}

template <int Keep, int M>
void check(unsigned seed) {
  using kernel = la::kernel::f16_sums_spmm<la::nm_layout<Keep, M>, arch>;
  STATIC_REQUIRE(kernel::available == la::simd::avx512fp16<arch>);
  if constexpr (kernel::available) check_tiles<kernel, Keep, M>(seed);  // elsewhere nothing calls it
}

}  // namespace

TEST_CASE("nm f16 sums: masks") {
  check<2, 4>(1);
  check<3, 5>(2);
}

TEST_CASE("nm f16 sums: codes") {
  check<1, 4>(3);
  check<2, 16>(4);
}
