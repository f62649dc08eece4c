// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmv/bitmap.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/guarded_operands.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/spmv_checks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::coverage;
using lacuna_test::guarded_dense;
using lacuna_test::guarded_sparse;
using lacuna_test::placement;
using arch = la::simd::default_arch;
using kernel = la::kernel::spmv<la::bitmap_layout, arch>;

namespace {

template <class T>
la::bitmap<T> sparse(lacuna_test::random& r, la::index rows, la::index cols, coverage how) {
  return la::pack<la::bitmap<T>>(lacuna_test::random_dense<T>(r, rows, cols),
                                 lacuna_test::random_mask(r, rows, cols, how));
}

}  // namespace

TEST_CASE("bitmap spmv: takes what it says, and nothing else") {
  STATIC_REQUIRE(kernel::accepts<la::bitmap_view<float>, float, float>);
  STATIC_REQUIRE(kernel::accepts<la::bitmap_view<double>, double, double> == la::simd::has_batch<arch, double>);
  STATIC_REQUIRE(kernel::accepts<la::bitmap_view<la::bf16>, float, float>);
  STATIC_REQUIRE(kernel::accepts<la::bitmap_view<la::f16>, la::f16, la::f16>);
  STATIC_REQUIRE(kernel::accepts<la::bitmap_view<std::int8_t>, std::int8_t, std::int32_t>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::bitmap_view<float>, std::int8_t, std::int32_t>);
}

TEMPLATE_TEST_CASE("bitmap spmv: every length over four words, every density, between guard pages", "", float, double,
                   la::bf16, la::f16) {
  using T = TestType;
  if constexpr (la::simd::loadable<T, arch>) {
    lacuna_test::random r(1);
    for (auto const how : lacuna_test::all_coverages)
      for (la::index cols = 0; cols <= 257; cols += lacuna_test::quick() && cols > 20 ? 13 : 1)
        for (auto const where : lacuna_test::both_placements) {
          CAPTURE(cols, where, lacuna_test::name_of(how));
          auto const rows = 1 + cols % 5;
          REQUIRE(lacuna_test::spmv_problem<kernel>(sparse<T>(r, rows, cols, how),
                                                    lacuna_test::random_dense<la::accumulator_t<T>>(r, cols, 1),
                                                    where) == "");
        }
  }
}

TEST_CASE("bitmap spmv: Inf and NaN of x reach only rows that store something opposite") {
  lacuna_test::random r(2);
  for (la::index cols : {1, 16, 63, 64, 65, 130}) {
    lacuna_test::check_spmv_non_finite<kernel>(r, sparse<float>(r, 40, cols, coverage::half));
    lacuna_test::check_spmv_non_finite<kernel>(r, sparse<la::bf16>(r, 40, cols, coverage::half));
  }
}

TEST_CASE("bitmap spmv: any range of rows, also from the middle of a strip") {
  lacuna_test::random r(3);
  auto const x = lacuna_test::random_dense<float>(r, 70, 1);
  lacuna_test::check_spmv_ranges<kernel>(sparse<float>(r, 50, 70, coverage::ragged), x);
  lacuna_test::check_spmv_ranges<kernel>(sparse<la::bf16>(r, 50, 70, coverage::ragged), x);
}

TEST_CASE("bitmap spmv: many values to a sum") {
  lacuna_test::random r(4);
  for (la::index cols : {1000, 4099}) {
    auto const x = lacuna_test::random_dense<float>(r, cols, 1, lacuna_test::spread::heavy_tailed);
    REQUIRE(lacuna_test::spmv_problem<kernel>(sparse<float>(r, 5, cols, coverage::half), x, placement::upper) == "");
    REQUIRE(lacuna_test::spmv_problem<kernel>(sparse<float>(r, 2, cols, coverage::all), x, placement::lower) == "");
  }
}

// The net itself: a kernel that loads x, or the values, a whole register at a time must be caught.
namespace {

enum class fault { none, activations, values };

template <fault Fault>
float flawed(la::bitmap_view<float> a, float const* x) noexcept {
  using batch = la::simd::batch<float, arch>;
  constexpr la::index lanes = static_cast<la::index>(batch::size);
  batch sum(0.0f);
  auto const* packed = a.values().data();
  for (la::index j = 0; j < a.cols(); j += lanes) {
    auto const bits = la::detail::read_field(a.row_bits(0), j, std::min(lanes, a.cols() - j));
    auto const values =
        Fault == fault::values ? batch::load_unaligned(packed) : la::simd::expand<arch, float>::load(packed, bits);
    auto const activations =
        Fault == fault::activations ? batch::load_unaligned(x + j) : la::simd::masked<arch, float>::load(x + j, bits);
    sum = la::simd::fma(values, activations, sum);
    packed += std::popcount(bits);
  }
  return la::simd::reduce_add(sum);
}

}  // namespace

TEST_CASE("bitmap spmv: a kernel that reads whole registers is caught at every length that has a tail") {
  lacuna_test::random r(5);
  constexpr auto lanes = static_cast<la::index>(la::simd::batch<float, arch>::size);
  for (la::index cols = 1; cols <= 4 * lanes + 1; ++cols) {
    auto const a = sparse<float>(r, 1, cols, coverage::all);
    guarded_sparse<la::bitmap<float>> const guarded_a(a, placement::upper);
    guarded_dense<float> in(lacuna_test::random_dense<float>(r, cols, 1), 0, placement::upper);
    auto const view = guarded_a.view();
    auto const* const x = in.view().data();
    float volatile result = 0;
    CAPTURE(cols);
    CHECK_FALSE(lacuna_test::faults([&] { result = flawed<fault::none>(view, x); }));
    CHECK(lacuna_test::faults([&] { result = flawed<fault::activations>(view, x); }) == (cols % lanes != 0));
    CHECK(lacuna_test::faults([&] { result = flawed<fault::values>(view, x); }) == (cols % lanes != 0));
  }
}
