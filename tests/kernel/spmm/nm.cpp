// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/nm.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/tiles.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::ranges;
using lacuna_test::widths;
template <int Keep, int M>
using kernel = la::kernel::spmm<la::nm_layout<Keep, M>, arch>;

namespace {

template <class T, int Keep, int M>
la::nm<T, Keep, M> sparse(lacuna_test::random& r, la::index rows, la::index cols) {
  auto const w = lacuna_test::random_dense<T>(r, rows, cols);
  return la::pack<la::nm<T, Keep, M>>(w, la::prune(w, la::magnitude{}, la::n_of_m<Keep, M>{}));
}

/// Every remainder of a step and of a group, several tiles of X, and all ranges of rows of one shape.
template <class T, int Keep, int M, widths Which>
void check(unsigned seed) {
  if constexpr (la::simd::has_batch<arch, la::accumulator_t<T>>) {
    lacuna_test::random r(seed);
    auto const whole = [&](la::index rows, la::index cols, ranges which) {
      CAPTURE(Keep, M, rows, cols);
      REQUIRE(lacuna_test::tiles_problem<kernel<Keep, M>, Which>(sparse<T, Keep, M>(r, rows, cols), which) == "");
    };
    whole(9, 70, ranges::all);
    for (la::index const cols : {0, 1, M, 63, 64, 65, 64 + 2 * M - 1, 200}) whole(3, cols, ranges::whole);
    if (!lacuna_test::quick()) whole(2, 2100, ranges::whole);
  }
}

}  // namespace

TEST_CASE("nm spmm: takes floating weights, and nothing else") {
  STATIC_REQUIRE(kernel<2, 4>::accepts<la::nm_view<float, 2, 4>, float>);
  STATIC_REQUIRE(kernel<1, 4>::accepts<la::nm_view<la::f16, 1, 4>, float>);
  STATIC_REQUIRE(kernel<4, 8>::accepts<la::nm_view<double, 4, 8>, double> == la::simd::has_batch<arch, double>);
  STATIC_REQUIRE_FALSE(kernel<2, 4>::accepts<la::nm_view<std::int8_t, 2, 4>, std::int32_t>);
}

TEST_CASE("nm spmm: masks") {
  check<float, 2, 4, widths::all>(1);
  check<float, 3, 5, widths::narrowest>(2);
  check<double, 4, 8, widths::widest>(3);
  check<la::bf16, 8, 32, widths::narrowest>(4);
  check<float, 4, 8, widths::narrowest>(11);
  check<la::bf16, 2, 4, widths::narrowest>(12);
}

TEST_CASE("nm spmm: codes") {
  check<float, 1, 4, widths::all>(5);
  check<float, 2, 8, widths::narrowest>(6);
  check<la::f16, 1, 16, widths::widest>(7);
}

TEST_CASE("nm spmm: groups whose bits are no bytes, all of a group, and one of one") {
  check<float, 7, 31, widths::widest>(8);  // 31 bits
  check<float, 32, 32, widths::narrowest>(9);
  check<float, 1, 1, widths::narrowest>(10);
}
