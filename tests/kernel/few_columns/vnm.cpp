// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/vnm.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>

#include "support/few_columns_checks.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

template <class T, int V, int Keep, int M>
void check(unsigned seed) {
  using format = la::vnm<T, V, Keep, M>;
  using kernel = la::kernel::few_columns<typename format::layout, arch>;
  using S = la::accumulator_t<T>;
  if constexpr (kernel::template widest<la::view_t<format>> != 0) {
    lacuna_test::random r(seed);
    for (la::index const cols : {0, M + 1, 9 * M, 1030 * M / Keep})
      for (la::index const width : {1, 3, 8}) {
        auto const w = lacuna_test::random_dense<T>(r, 2 * V + 1, cols);
        auto const a = la::pack<format>(w, la::prune(w, la::magnitude{}, la::v_n_of_m<V, Keep, M>{}));
        auto x = lacuna_test::random_dense<S>(r, cols, width);
        CAPTURE(V, Keep, M, cols, width);
        for (auto const where : lacuna_test::both_placements) lacuna_test::check_few_columns<kernel>(a, x, where);
        if (cols == 0) continue;
        x(r.below(cols), r.below(width)) = -std::numeric_limits<S>::infinity();
        lacuna_test::check_few_columns<kernel>(a, x, lacuna_test::placement::upper);
      }
  }
}

}  // namespace

TEST_CASE("few columns of vnm: columns in several pieces, between guard pages, Inf") {
  check<float, 4, 2, 4>(1);
  check<float, 3, 1, 5>(2);
  check<la::bf16, 16, 1, 16>(3);
}
