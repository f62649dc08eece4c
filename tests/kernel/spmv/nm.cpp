// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmv/nm.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/spmv_checks.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
template <int Keep, int M>
using kernel = la::kernel::spmv<la::nm_layout<Keep, M>, arch>;

namespace {

template <class T, int Keep, int M>
la::nm<T, Keep, M> sparse(lacuna_test::random& r, la::index rows, la::index cols) {
  auto const w = lacuna_test::random_dense<T>(r, rows, cols);
  return la::pack<la::nm<T, Keep, M>>(w, la::prune(w, la::magnitude{}, la::n_of_m<Keep, M>{}));
}

template <class T, int Keep, int M>
void check_lengths(unsigned seed) {
  lacuna_test::random r(seed);
  for (la::index cols = 0; cols <= 200; cols += lacuna_test::quick() && cols > 20 ? 13 : 1)
    for (auto const where : lacuna_test::both_placements) {
      CAPTURE(Keep, M, cols, where);
      auto const a = sparse<T, Keep, M>(r, 1 + cols % 5, cols);
      REQUIRE(lacuna_test::spmv_problem<kernel<Keep, M>>(a, lacuna_test::random_dense<la::accumulator_t<T>>(r, cols, 1),
                                                         where) == "");
    }
}

}  // namespace

TEST_CASE("nm spmv: takes masks and codes of what registers can load, and nothing else") {
  STATIC_REQUIRE(kernel<2, 4>::accepts<la::nm_view<float, 2, 4>, float, float>);
  STATIC_REQUIRE(kernel<2, 4>::accepts<la::nm_view<la::bf16, 2, 4>, float, float>);
  STATIC_REQUIRE(kernel<4, 8>::accepts<la::nm_view<double, 4, 8>, double, double> == la::simd::has_batch<arch, double>);
  STATIC_REQUIRE(kernel<1, 4>::accepts<la::nm_view<float, 1, 4>, float, float>);
  STATIC_REQUIRE(kernel<1, 4>::accepts<la::nm_view<la::bf16, 1, 4>, la::bf16, float>);
  STATIC_REQUIRE(kernel<2, 4>::accepts<la::nm_view<std::int8_t, 2, 4>, std::int8_t, std::int32_t>);
  STATIC_REQUIRE_FALSE(kernel<1, 4>::accepts<la::nm_view<std::int8_t, 1, 4>, std::int8_t, std::int32_t>);
}

TEST_CASE("nm spmv: every length, short groups included, between guard pages") {
  check_lengths<float, 2, 4>(1);
  check_lengths<float, 4, 8>(2);
  check_lengths<float, 3, 5>(3);
  check_lengths<float, 8, 32>(4);
  check_lengths<float, 1, 4>(5);
  check_lengths<float, 2, 8>(6);
  check_lengths<float, 1, 16>(7);
}

// Every pattern once more with one of the other types; each has masks and codes, of one slot and of several.
TEST_CASE("nm spmv: every length, of double") {
  if constexpr (la::simd::loadable<double, arch>) {
    check_lengths<double, 2, 4>(1);
    check_lengths<double, 3, 5>(3);
    check_lengths<double, 1, 4>(5);
    check_lengths<double, 2, 8>(6);
  }
}
TEST_CASE("nm spmv: every length, of f16") {
  if constexpr (la::simd::loadable<la::f16, arch>) {
    check_lengths<la::f16, 4, 8>(2);
    check_lengths<la::f16, 8, 32>(4);
    check_lengths<la::f16, 2, 8>(6);
    check_lengths<la::f16, 1, 16>(7);
  }
}

TEST_CASE("nm spmv: Inf and NaN of x reach only rows that store something opposite") {
  lacuna_test::random r(5);
  for (la::index cols : {4, 18, 64, 67})
    lacuna_test::check_spmv_non_finite<kernel<2, 4>>(r, sparse<float, 2, 4>(r, 40, cols));
  for (la::index cols : {4, 19, 66}) {
    lacuna_test::check_spmv_non_finite<kernel<1, 4>>(r, sparse<float, 1, 4>(r, 7, cols));
    lacuna_test::check_spmv_non_finite<kernel<2, 8>>(r, sparse<float, 2, 8>(r, 7, cols));
  }
}

TEST_CASE("nm spmv: lanes behind the last slot of a row add nothing, not even 0 * Inf") {
  for (la::index cols = 1; cols <= 41; cols += 8) {  // the last group has one slot, where others have two
    la::dense<float> w(9, cols), x(cols, 1);
    for (la::index i = 0; i != 9; ++i)
      for (la::index j = 0; j != cols; ++j) w(i, j) = 1.0f;
    for (la::index j = 0; j != cols; ++j) x(j, 0) = std::numeric_limits<float>::infinity();
    auto const a = la::pack<la::nm<float, 2, 8>>(w, la::prune(w, la::magnitude{}, la::n_of_m<2, 8>{}));
    REQUIRE(lacuna_test::spmv_problem<kernel<2, 8>>(a, x, lacuna_test::placement::upper) == "");
  }
}

TEST_CASE("nm spmv: any range of rows") {
  lacuna_test::random r(6);
  lacuna_test::check_spmv_ranges<kernel<2, 4>>(sparse<float, 2, 4>(r, 9, 70),
                                               lacuna_test::random_dense<float>(r, 70, 1));
  lacuna_test::check_spmv_ranges<kernel<2, 8>>(sparse<float, 2, 8>(r, 21, 70),
                                               lacuna_test::random_dense<float>(r, 70, 1));
}
