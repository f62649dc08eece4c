// SPDX-License-Identifier: MIT
#include <lacuna/kernel/weights_ahead.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_operands.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace tests_of_weights_ahead {

namespace la = lacuna;
using arch = la::simd::default_arch;

TEMPLATE_TEST_CASE("weights_ahead: those of two rows, as many as there are, and none behind the last", "", la::bf16,
                   la::f16) {
  if constexpr (la::simd::broadcast<arch, float, TestType>::at_once) {
    STATIC_REQUIRE(std::is_empty_v<la::kernel::weights_ahead<arch, TestType, float>>);
  } else if constexpr (la::kernel::widenable<arch, TestType, float>) {
    la::dense<float> w(1, 100);
    for (la::index j = 0; j != 100; ++j) w(0, j) = static_cast<float>(j + 1);
    auto const a = la::pack<la::csr<TestType>>(w);
    lacuna_test::guarded_sparse<la::csr<TestType>> const guarded(a, lacuna_test::placement::upper);
    la::kernel::weights_ahead<arch, TestType, float> ahead;
    for (la::index slot = 0; slot != 100; ++slot) {
      ahead.prepare(guarded.view(), slot, slot);
      la::index wrong = 0;
      for (la::index const r : {std::max<la::index>(slot - 1, 0), slot})
        for (la::index k = 0; k != std::min<la::index>(ahead.together, 100 - r); ++k)
          wrong += ahead.wide[r % 2][k] != static_cast<float>(r + k + 1);
      CAPTURE(slot);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("weights_ahead: nothing where weights are read as they stand") {
  if constexpr (la::simd::has_batch<arch, float>)
    STATIC_REQUIRE(std::is_empty_v<la::kernel::weights_ahead<arch, float, float>>);
}

}  // namespace tests_of_weights_ahead
