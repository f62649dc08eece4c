// SPDX-License-Identifier: MIT
#include <lacuna/kernel/f16_sums/bsr.hpp>
#include <lacuna/pack.hpp>

#include "support/f16_sums.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::ranges;
template <int R, int C>
using kernel = la::kernel::f16_sums_spmm<la::bsr_layout<R, C>, arch>;

namespace {

/// Blocks of any rows: some full, some empty.
template <int R, int C>
la::bsr<la::f16, R, C> sparse(lacuna_test::random& r, la::index rows, la::index cols) {
  return la::pack<la::bsr<la::f16, R, C>>(lacuna_test::random_dense<la::f16>(r, rows, cols),
                                          lacuna_test::random_mask(r, rows, cols, lacuna_test::coverage::ragged));
}

/// Every remainder of a block's rows and columns, and all ranges of rows of one shape.
template <int R, int C, class Kernel>
void check_tiles(unsigned seed) {
  lacuna_test::random r(seed);
  auto const whole = [&](la::index rows, la::index cols, ranges which) {
    CAPTURE(R, C, rows, cols);
    REQUIRE(lacuna_test::f16_tiles_problem<Kernel>(sparse<R, C>(r, rows, cols), which) == "");
  };
  whole(R + 2, 3 * C + 1, ranges::all);
  for (la::index const rows : {1, R - 1, R, R + 1})
    for (la::index const cols : {0, 1, C, 2 * C - 1, 40}) whole(rows, cols, ranges::whole);
  if (!lacuna_test::quick()) whole(3 * R, 530, ranges::whole);  // more than 64 products
}

template <int R, int C>
void check(unsigned seed) {
  if constexpr (kernel<R, C>::available) check_tiles<R, C, kernel<R, C>>(seed);  // elsewhere nothing calls it
}

/// 6000 products of one sign.
template <class Kernel>
void check_long_rows() {
  if constexpr (Kernel::available) {
    la::dense<la::f16> all(8, 6000);
    for (la::index i = 0; i != 8; ++i)
      for (la::index k = 0; k != 6000; ++k) all(i, k) = la::f16(0.3f);
    auto const a = la::pack<la::bsr<la::f16, 8, 1>>(all);
    la::dense<la::f16> x(6000, lacuna_test::lanes_of<float>);
    for (auto* p = x.data(); p != x.data() + 6000 * x.cols(); ++p) *p = la::f16(0.3f);
    la::dense<float> y(8, x.cols());
    Kernel::template run<1>(a.view(), static_cast<la::f16 const*>(x.data()), y.data(), 0, 8);
    CHECK(lacuna_test::check_f16_sums(a, x, y) == "");
  }
}

}  // namespace

TEST_CASE("bsr f16 sums: is there for AVX512-FP16") {
  STATIC_REQUIRE(kernel<8, 1>::available == la::simd::avx512fp16<arch>);
}

TEST_CASE("bsr f16 sums: blocks of one column") {
  check<8, 1>(1);
  check<4, 1>(2);
}

TEST_CASE("bsr f16 sums: blocks that are cut into parts, and of several columns") {
  check<9, 2>(3);
  check<1, 4>(4);
}

TEST_CASE("bsr f16 sums: long rows of one sign err no more than short ones") { check_long_rows<kernel<8, 1>>(); }
