// SPDX-License-Identifier: MIT
#include <lacuna/simd/copy_transposed.hpp>

#include "support/guard.hpp"
#include "support/lanes.hpp"
#include "support/quick.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>

namespace simd = lacuna::simd;
namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::lanes_of;
using arch = simd::default_arch;

TEMPLATE_TEST_CASE("copy_transposed: every size up to two blocks and one, between guard pages", "", float, double) {
  using T = TestType;
  if constexpr (simd::has_batch<arch, T>) {
    la::index const most = 2 * lanes_of<T> + 1;
    la::index const step = lacuna_test::quick() || most > 20 ? 5 : 1;
    for (auto const where : lacuna_test::both_placements)
      for (la::index rows = 0; rows <= most;
           rows += rows % lanes_of<T> < 2 || rows % lanes_of<T> == lanes_of<T> - 1 ? 1 : step)
        for (la::index cols = 0; cols <= most; ++cols) {
          la::index const from_stride = cols + rows % 3, to_stride = rows + cols % 4;
          guarded<T> from(rows == 0 ? 0 : (rows - 1) * from_stride + cols, where);
          guarded<T> to(cols == 0 ? 0 : (cols - 1) * to_stride + rows, where);
          for (la::index at = 0; at != from.size(); ++at) from.data()[at] = static_cast<T>(at + 1);
          std::fill(to.begin(), to.end(), T{-1});
          from.make_read_only();
          simd::copy_transposed<arch, T>(from.data(), from_stride, to.data(), to_stride, rows, cols);
          la::index wrong = 0;
          for (la::index at = 0; at != to.size(); ++at) {
            auto const c = at / to_stride, r = at % to_stride;
            wrong += to.data()[at] != (r < rows ? from.data()[r * from_stride + c] : T{-1});
          }
          CAPTURE(rows, cols, where);
          REQUIRE(wrong == 0);
          REQUIRE(to.intact());
        }
  }
}
