// SPDX-License-Identifier: MIT
//
// Results of attention over disjoint keys become one.
//
// Bound: memory, 12 bytes for each number of float against two multiplications.
//
// Reached on Zen 5, float, 128 dimensions: 80 to 86 GB/s from L1 to L3, 8.7 to 9.5 cycles for 16 numbers; 41 GB/s from
// memory, which is what memory gives.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/exp_nonpositive.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/tile.hpp>

#include <math.h>

#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// What two rows are multiplied by before they are added, and the log-sum-exp of both.
struct merge_factors {
  double first;
  double second;
  double lse;
};

/// exp(lse - log(exp(lse1) + exp(lse2))) of both. A row of -inf saw no key: it counts for nothing, and the other is
/// taken as it is. NaN on either side makes all of it NaN.
LACUNA_INLINE merge_factors merge_factors_of(double first, double second) noexcept {
  constexpr auto nothing = -std::numeric_limits<double>::infinity();
  if (second == nothing) return {1, 0, first};
  if (first == nothing) return {0, 1, second};
  double const top = first > second ? first : second;
  double const a = ::exp(first - top), b = ::exp(second - top);
  return {a / (a + b), b / (a + b), top + ::log(a + b)};
}

/// to[c] = to[c] * factors.first + from[c] * factors.second in A, rounded once more to T. A row that counts for nothing
/// is not read.
template <class Arch, class A, class T, class U>
LACUNA_INLINE void merge_row(T* to, U const* from, index n, merge_factors factors) noexcept {
  using batch = simd::batch<A, Arch>;
  if (factors.second == 0) return;
  simd::for_each_tile<Arch, A, 1>(n, [&](auto tile, index c) LACUNA_INLINE_LAMBDA {
    auto sum = tile.load_as(from + c);
    if (factors.first != 0)
      sum = tile.load_as(to + c) * batch(static_cast<A>(factors.first)) + sum * batch(static_cast<A>(factors.second));
    tile.store_as(to + c, sum);
  });
}

/// Part p stands at sums + p * distance: `count` sums of weights times values (a multiple of the lanes), the largest
/// logit, which the weights are against, and their sum. The first part becomes all of them, in their order.
template <class Arch, class A>
void merge_parts(A* sums, index parts, index distance, index count) noexcept {
  using batch = simd::batch<A, Arch>;
  constexpr auto lanes = static_cast<index>(batch::size);
  A top = sums[count];
  for (index p = 1; p != parts; ++p) top = sums[p * distance + count] > top ? sums[p * distance + count] : top;
  A mass{};
  for (index p = 0; p != parts; ++p) {
    batch factor[1] = {batch(sums[p * distance + count] - top)};
    simd::exp_nonpositive(factor);
    A const* const from = sums + p * distance;
    for (index c = 0; c != count; c += lanes) {
      auto const part = batch::load_aligned(from + c) * factor[0];
      (p == 0 ? part : batch::load_aligned(sums + c) + part).store_aligned(sums + c);
    }
    mass += from[count + 1] * factor[0].get(0);
  }
  sums[count] = top;
  sums[count + 1] = mass;
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
