// SPDX-License-Identifier: MIT
#include <lacuna/kernel/code_dot.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::guarded_dense;
using lacuna_test::guarded_sparse;
using lacuna_test::placement;

namespace {

template <class T, int Keep, int M>
la::nm<T, Keep, M> sparse(lacuna_test::random& r, la::index rows, la::index cols) {
  auto const w = lacuna_test::random_dense<T>(r, rows, cols);
  return la::pack<la::nm<T, Keep, M>>(w, la::prune(w, la::magnitude{}, la::n_of_m<Keep, M>{}));
}

/// Some vectors times matrices of up to `steps` steps and a column, with every remainder of a step and of the rows that
/// are multiplied side by side, or one after the other.
template <class T, int Keep, int M, int Vectors, bool InTurn = false>
void check(unsigned seed) {
  if constexpr (la::kernel::code_shape<arch, T, Keep, M>::available) {
    using dot = la::kernel::code_dot<arch, T, Keep, M>;
    using S = la::accumulator_t<T>;
    lacuna_test::random r(seed);
    constexpr la::index steps = InTurn || dot::rewrites ? 9 : 2;  // more than a line of masks
    for (la::index cols = 0; cols <= steps * dot::inputs_of_step + 1; cols += 1 + cols / 40)
      for (auto const where : {placement::lower, placement::upper}) {
        auto const rows = cols % (InTurn ? 11 : 6);
        auto const a = sparse<T, Keep, M>(r, rows, cols);
        guarded_sparse<la::nm<T, Keep, M>> const guarded_a(a, where);
        auto const stride = dot::inputs(cols);
        auto x = lacuna_test::random_dense<S>(r, cols, Vectors);
        lacuna_test::guarded<S> copy(stride * Vectors, where);
        for (la::index t = 0; t != Vectors; ++t)
          for (la::index k = 0; k != stride; ++k) copy.data()[t * stride + k] = k < cols ? x(k, t) : S{0};
        for (la::index t = 0; t != Vectors; ++t) dot::arrange(copy.data() + t * stride, stride);
        la::dense<S> y(rows, Vectors);
        auto const store = [&](la::index i, la::index t, S sum) { y(i, t) = sum; };
        if constexpr (InTurn)
          dot::template run_in_turn<Vectors>(guarded_a.view(), copy.data(), stride, la::index{0}, rows, store);
        else
          dot::template run<Vectors>(guarded_a.view(), copy.data(), stride, la::index{0}, rows, store);
        CAPTURE(Keep, M, cols, rows, where);
        REQUIRE(lacuna_test::check_product(a, x, y) == "");
      }
  }
}

}  // namespace

TEST_CASE("code_dot: one vector and several, every remainder, between guard pages") {
  check<float, 1, 4, 1>(1);
  check<float, 2, 8, 4>(2);
  check<float, 1, 16, 2>(3);
  check<double, 1, 4, 4>(4);
  check<la::bf16, 2, 8, 1>(5);
  check<float, 1, 1, 1>(6);
  check<float, 2, 4, 4>(7);
  check<la::f16, 4, 8, 1>(8);
}

TEST_CASE("code_dot: rows one after the other, every remainder, between guard pages") {
  check<float, 2, 4, 1, true>(11);
  check<float, 2, 4, 2, true>(12);
  check<double, 2, 4, 1, true>(13);
  check<la::bf16, 4, 8, 1, true>(14);
  check<la::f16, 1, 4, 1, true>(15);
  check<float, 2, 8, 1, true>(16);
  check<double, 1, 4, 2, true>(17);
}
