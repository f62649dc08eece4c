// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/vnm.hpp>
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
template <int V, int Keep, int M>
using kernel = la::kernel::spmm<la::vnm_layout<V, Keep, M>, arch>;

namespace {

template <class T, int V, int Keep, int M>
la::vnm<T, V, Keep, M> sparse(lacuna_test::random& r, la::index rows, la::index cols) {
  auto const w = lacuna_test::random_dense<T>(r, rows, cols);
  return la::pack<la::vnm<T, V, Keep, M>>(w, la::prune(w, la::magnitude{}, la::v_n_of_m<V, Keep, M>{}));
}

/// Every remainder of a band and of a group, and all ranges of rows of one shape.
template <class T, int V, int Keep, int M, widths Which>
void check(unsigned seed) {
  if constexpr (la::simd::has_batch<arch, la::accumulator_t<T>>) {
    lacuna_test::random r(seed);
    auto const whole = [&](la::index rows, la::index cols, ranges which) {
      CAPTURE(V, Keep, M, rows, cols);
      REQUIRE(lacuna_test::tiles_problem<kernel<V, Keep, M>, Which>(sparse<T, V, Keep, M>(r, rows, cols), which) == "");
    };
    whole(2 * V + 1, 9 * M + 1, ranges::all);
    for (la::index const rows : {V - 1, V})
      for (la::index const cols : {0, 1, M, 2 * M - 1}) whole(rows, cols, ranges::whole);
    if (!lacuna_test::quick()) whole(V + 1, 1030 * M / Keep, ranges::whole);  // columns in several pieces
  }
}

}  // namespace

TEST_CASE("vnm spmm: takes floating weights, and nothing else") {
  STATIC_REQUIRE(kernel<4, 2, 4>::accepts<la::vnm_view<float, 4, 2, 4>, float>);
  STATIC_REQUIRE(kernel<4, 2, 4>::accepts<la::vnm_view<la::f16, 4, 2, 4>, float>);
  STATIC_REQUIRE_FALSE(kernel<4, 2, 4>::accepts<la::vnm_view<std::int8_t, 4, 2, 4>, std::int32_t>);
}

TEST_CASE("vnm spmm: bands of four rows and more") {
  check<float, 4, 2, 4, widths::all>(1);
  check<float, 8, 4, 8, widths::narrowest>(2);
  check<float, 16, 1, 16, widths::widest>(3);
  check<double, 5, 1, 4, widths::narrowest>(4);
  check<la::bf16, 4, 2, 8, widths::widest>(5);
}

TEST_CASE("vnm spmm: bands of few rows, which want X in the L1 cache") {
  check<float, 1, 2, 4, widths::all>(6);
  check<float, 3, 1, 5, widths::widest>(7);
  check<la::f16, 2, 8, 32, widths::narrowest>(8);
}
