// SPDX-License-Identifier: MIT
//
// What kernels of sddmm for matrices of single rows have to keep to alike.
#pragma once

#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>

#include "support/sampled.hpp"

#include <catch2/catch_test_macros.hpp>

#include <span>
#include <vector>

namespace lacuna_test {

/// Kernel::run on rows of 0 to 17 slots, with every length up to three registers and one element more, whose operands
/// and values stand between guard pages.
template <class Kernel, class Arch, class T>
void check_sampled_rows() {
  namespace la = lacuna;
  constexpr auto col = la::order::col_major;
  if constexpr (la::simd::has_batch<Arch, T>) {
    random r(1);
    la::mask keep(18, 20);
    for (la::index i = 0; i != 18; ++i)
      for (la::index j = 0; j != i; ++j) keep.set(i, (j * 7) % 20, true);
    auto const a = la::pack<la::csr<T>>(la::dense<T>(18, 20), keep);
    auto const slots = places_of(a);
    auto const lanes = static_cast<la::index>(la::simd::batch<T, Arch>::size);
    for (auto const where : both_placements) {
      guarded_sparse<la::csr<T>> const s(a, where);
      for (la::index t = 0; t <= 3 * lanes + 1; ++t) {
        auto const u = random_dense<T>(r, 18, t);
        auto const v = random_dense<T>(r, t, 20);
        guarded_dense<T> left(u, t % 3, where);
        guarded_dense<T, col> right(v, t % 2, where);
        std::vector<T> const before(static_cast<std::size_t>(a.stored()), T(9));
        guarded<T> values(std::span<T const>(before), where);
        Kernel::run(s.view(), la::dense_view<T const>(left.view()), la::dense_view<T const, col>(right.view()),
                    la::kernel::sampled_sums<T>{values.data(), nullptr, true, true}, 0, 18);
        CAPTURE(t, where);
        REQUIRE(sampled_problem<T>(slots, values.data(), before, u, v) == "");
        REQUIRE(values.intact());
      }
    }
  }
}

}  // namespace lacuna_test
