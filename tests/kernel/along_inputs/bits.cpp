// SPDX-License-Identifier: MIT
#include <lacuna/kernel/along_inputs/bits.hpp>
#include <lacuna/pack.hpp>

#include "support/along_inputs_checks.hpp"
#include "support/quick.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <limits>

namespace la = lacuna;
using lacuna_test::coverage;
using lacuna_test::placement;
using arch = la::simd::default_arch;
using kernel = la::kernel::along_inputs<la::bitmap_layout, arch>;

namespace {

template <class V, int Tokens>
void check_lengths(la::index step) {
  using X = la::accumulator_t<V>;
  lacuna_test::random r(1);
  for (auto const how : {coverage::half, coverage::ragged, coverage::all})
    for (la::index cols = 0; cols <= 140; cols += lacuna_test::quick() && cols > 10 ? 17 : step)
      for (auto const where : lacuna_test::both_placements) {
        CAPTURE(cols, where, Tokens, lacuna_test::name_of(how));
        auto const rows = 1 + cols % 19;
        auto const a = la::pack<la::bitmap<V>>(lacuna_test::random_dense<V>(r, rows, cols),
                                               lacuna_test::random_mask(r, rows, cols, how));
        lacuna_test::check_along_inputs<kernel, Tokens>(a, lacuna_test::random_dense<X>(r, cols, Tokens), where);
      }
}

}  // namespace

TEMPLATE_TEST_CASE("few columns of bits: every length, between guard pages", "", float, double, la::bf16, la::f16) {
  if constexpr (kernel::accepts<la::bitmap_view<TestType>>) {
    check_lengths<TestType, 1>(7);
    check_lengths<TestType, 2>(5);
    check_lengths<TestType, 3>(5);
    check_lengths<TestType, 4>(3);
    check_lengths<TestType, 8>(3);
  }
}

TEMPLATE_TEST_CASE("few columns of bits: Inf and NaN reach only rows that store something opposite", "", float,
                   la::bf16) {
  lacuna_test::random r(2);
  for (la::index cols : {1, 33, 70})
    for (la::index bad = 0; bad < cols; bad += 3) {
      auto x = lacuna_test::random_dense<float>(r, cols, 4);
      x(bad, bad % 4) =
          bad % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : -std::numeric_limits<float>::infinity();
      auto const a = la::pack<la::bitmap<TestType>>(lacuna_test::random_dense<TestType>(r, 20, cols),
                                                    lacuna_test::random_mask(r, 20, cols, coverage::half));
      lacuna_test::check_along_inputs<kernel, 4>(a, x, placement::upper);
    }
}
