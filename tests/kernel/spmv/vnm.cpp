// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmv/vnm.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/spmv_checks.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

template <int V, int Keep, int M>
using kernel = la::kernel::spmv<la::vnm_layout<V, Keep, M>, arch>;

template <class T, int V, int Keep, int M>
la::vnm<T, V, Keep, M> sparse(lacuna_test::random& r, la::index rows, la::index cols) {
  auto const w = lacuna_test::random_dense<T>(r, rows, cols);
  return la::pack<la::vnm<T, V, Keep, M>>(w, la::prune(w, la::magnitude{}, la::v_n_of_m<V, Keep, M>{}));
}

/// Every remainder of a band, of a group and of a step, columns in several pieces, all ranges of rows.
template <class T, int V, int Keep, int M>
void check(unsigned seed) {
  using X = la::accumulator_t<T>;
  if constexpr (la::simd::has_batch<arch, X>) {
    lacuna_test::random r(seed);
    auto const problem = [&](la::index rows, la::index cols) {
      for (auto const where : lacuna_test::both_placements) {
        CAPTURE(V, Keep, M, rows, cols, where);
        REQUIRE(lacuna_test::spmv_problem<kernel<V, Keep, M>>(sparse<T, V, Keep, M>(r, rows, cols),
                                                              lacuna_test::random_dense<X>(r, cols, 1), where) == "");
      }
    };
    for (la::index cols = 0; cols <= 9 * M + 1; cols += lacuna_test::quick() ? M - 1 : 1)
      problem(cols % 3 * V + cols % V, cols);
    problem(V + 1, 1030 * M / Keep);
    lacuna_test::check_spmv_ranges<kernel<V, Keep, M>>(sparse<T, V, Keep, M>(r, 2 * V + 1, 5 * M + 1),
                                                       lacuna_test::random_dense<X>(r, 5 * M + 1, 1));
  }
}

}  // namespace

TEST_CASE("vnm spmv: takes floating weights, and nothing else") {
  STATIC_REQUIRE(kernel<4, 2, 4>::accepts<la::vnm_view<float, 4, 2, 4>, float, float>);
  STATIC_REQUIRE(kernel<4, 2, 4>::accepts<la::vnm_view<la::f16, 4, 2, 4>, float, la::f16>);
  STATIC_REQUIRE_FALSE(kernel<4, 2, 4>::accepts<la::vnm_view<std::int8_t, 4, 2, 4>, std::int8_t, std::int32_t>);
}

TEST_CASE("vnm spmv: bands of every height") {
  check<float, 4, 2, 4>(1);
  check<float, 16, 1, 16>(2);
  check<float, 3, 1, 5>(3);
  check<double, 8, 4, 8>(4);
  check<la::bf16, 8, 2, 8>(5);
}

TEST_CASE("vnm spmv: Inf and NaN of x reach only rows that store something opposite") {
  lacuna_test::random r(11);
  for (la::index cols : {1, 16, 33}) {
    lacuna_test::check_spmv_non_finite<kernel<4, 2, 4>>(r, sparse<float, 4, 2, 4>(r, 10, cols));
    lacuna_test::check_spmv_non_finite<kernel<3, 1, 5>>(r, sparse<la::bf16, 3, 1, 5>(r, 10, cols));
  }
}
