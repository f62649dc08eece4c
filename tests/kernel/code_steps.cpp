// SPDX-License-Identifier: MIT
#include <lacuna/kernel/code_steps.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>

#include "support/guarded_operands.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::placement;

namespace {

/// What the slots of row i meet in an x whose element k is k.
template <class Steps, class View>
std::vector<la::index> met_columns(View a, la::index i, typename Steps::sum_type const* x) {
  auto const row_slots = a.values_per_row();
  std::vector<la::index> met(static_cast<std::size_t>(row_slots));
  la::kernel::ready_codes<Steps, 1> codes(Steps::source_of(a, i), a.bytes_per_row());
  for (la::index step = 0; step * Steps::slots < row_slots; ++step) {
    codes.fill(step);
    auto const from = codes.all();
    la::simd::unroll<Steps::parts>([&](auto part) {
      auto const slot = step * Steps::slots + part * Steps::lanes;
      if (slot >= row_slots) return;  // behind the last there may be no x
      typename Steps::table const table(x + step * Steps::inputs_of_step + part * Steps::inputs_of_part,
                                        Steps::inputs_of_part);
      auto const at = Steps::template positions<part, false>(from.codes, codes.at(0, step), from.left);
      typename Steps::sum_type lanes[Steps::lanes];
      table[at].store_unaligned(lanes);
      for (la::index k = 0; k != Steps::lanes && slot + k < row_slots; ++k)
        met[static_cast<std::size_t>(slot + k)] = static_cast<la::index>(lanes[k]);
    });
  }
  return met;
}

/// Every slot of rows of up to some steps meets the column that `visit_row` gives it.
template <class T, int Keep, int M>
void check(unsigned seed) {
  if constexpr (la::kernel::code_shape<arch, T, Keep, M>::available) {
    using steps = la::kernel::code_steps<arch, T, Keep, M>;
    lacuna_test::random r(seed);
    for (la::index cols = M; cols <= 9 * steps::inputs_of_step; cols += M * (1 + cols / (20 * M)))
      for (auto const where : {placement::lower, placement::upper}) {
        auto const w = lacuna_test::random_dense<T>(r, 3, cols);
        auto const a = la::pack<la::nm<T, Keep, M>>(w, la::prune(w, la::magnitude{}, la::n_of_m<Keep, M>{}));
        lacuna_test::guarded_sparse<la::nm<T, Keep, M>> const guarded(a, where);
        lacuna_test::guarded<typename steps::sum_type> x(steps::inputs(cols), where);
        for (la::index k = 0; k != steps::inputs(cols); ++k)
          x.data()[k] = static_cast<typename steps::sum_type>(k < cols ? k : 0);
        steps::arrange(x.data(), steps::inputs(cols));
        for (la::index i = 0; i != 3; ++i) {
          std::vector<la::index> expected;
          a.view().visit_row(i, [&](la::index k, T const&) { expected.push_back(k); });
          CAPTURE(Keep, M, cols, i, where);
          REQUIRE(met_columns<steps>(guarded.view(), i, x.data()) == expected);
        }
      }
  }
}

}  // namespace

TEST_CASE("code_steps: what they take") {
  STATIC_REQUIRE(la::kernel::code_shape<arch, float, 1, 4>::available);
  STATIC_REQUIRE(la::kernel::code_shape<arch, la::bf16, 1, 16>::available);
  STATIC_REQUIRE(la::kernel::code_shape<arch, float, 2, 4>::available ==
                 (la::simd::avx512<arch> || la::simd::avx2<arch>));
  STATIC_REQUIRE_FALSE(la::kernel::code_shape<arch, float, 3, 5>::available);
  STATIC_REQUIRE_FALSE(la::kernel::code_shape<arch, std::int8_t, 1, 4>::available);
}

TEST_CASE("code_steps: slots meet their columns, to the end of the matrix, between guard pages") {
  check<float, 1, 4>(1);
  check<float, 2, 8>(2);
  check<float, 1, 16>(3);
  check<double, 1, 4>(4);
  check<float, 1, 1>(5);
  check<float, 2, 4>(6);
  check<double, 2, 4>(7);
  check<la::bf16, 4, 8>(8);
  check<la::f16, 2, 8>(9);
}
