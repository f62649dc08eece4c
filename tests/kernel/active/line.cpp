// SPDX-License-Identifier: MIT
#include <lacuna/kernel/active/line.hpp>

#include "support/lanes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <vector>

namespace la = lacuna;
namespace simd = lacuna::simd;
using arch = simd::default_arch;

TEMPLATE_TEST_CASE("line: a whole register, some lanes, and registers of a tile", "", float, double, la::bf16,
                   la::f16) {
  using A = TestType;
  using S = la::accumulator_t<A>;
  if constexpr (simd::has_batch<arch, S>) {
    using line = la::kernel::line<arch, A>;
    constexpr auto lanes = lacuna_test::lanes_of<S>;
    std::vector<A> memory;
    for (int n = 0; n != 4 * lanes; ++n) memory.push_back(A(static_cast<float>(n + 1)));
    auto const whole = lacuna_test::lanes<S>(line::load(memory.data()));
    auto const some = lacuna_test::lanes<S>(line::load(memory.data(), 1));
    auto const second = lacuna_test::lanes<S>(line::load(simd::tile<arch, S, 2>(), memory.data(), 1));
    auto const masked = lacuna_test::lanes<S>(line::load(simd::tile<arch, S, 1, true>(2), memory.data(), 0));
    for (int l = 0; l != lanes; ++l) {
      auto const at = static_cast<std::size_t>(l);
      CHECK(whole[at] == static_cast<S>(l + 1));
      CHECK(some[at] == static_cast<S>(l == 0 ? 1 : 0));
      CHECK(second[at] == static_cast<S>(lanes + l + 1));
      CHECK(masked[at] == static_cast<S>(l == 1 ? 2 : 0));
    }
  }
}
