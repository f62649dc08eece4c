// SPDX-License-Identifier: MIT
//
// From the sums of a block, through the epilogue, to Y: the one place where products write Y, whatever its order or
// type.
//
// Bound: a load of each register of sums, which stands in L1 or L2, and a store; into Y by columns a transpose of
// square blocks in registers besides. Reached on AVX-512, for 256 floats: 20 to 25 ns by rows, 35 to 45 by columns,
// which is 5 % of a product of 2048x512 at 80 % with 128 tokens, 2 % with 512. bias and gelu cost 2 to 3 % there.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/register_place.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/tile.hpp>

#include <concepts>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Elements of the workspace for the sums of `block` rows and one more, filled up to whole registers in both
/// directions.
template <class Arch, class S>
[[nodiscard]] LACUNA_INLINE index sums_size(index block, index stride) noexcept {
  constexpr auto lanes = static_cast<index>(simd::batch<S, Arch>::size);
  return (block + lanes) / lanes * lanes * stride;
}

/// What a kernel that has the sums of a row in the L1 cache calls with them: row r of its block, N registers at `sums`.
/// Row-major Y is written at once; other sums are kept for `finish`.
template <class Arch, int N, class S, class Y, order OY, class Epilogue>
struct finish_row {
  static constexpr bool direct = OY == order::row_major && !std::integral<Y>;
  static constexpr index lanes = static_cast<index>(simd::batch<S, Arch>::size);
  S* kept;  // the block's sums
  Epilogue const& ep;
  dense_view<Y, OY> y;
  index first;  // row of Y that the block starts at
  index column;
  index width;  // of N registers, the last of which may be filled in part

  LACUNA_INLINE void operator()(S const* sums, index r) const noexcept {
    using batch_type = simd::batch<S, Arch>;
    if constexpr (!direct)
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
        batch_type::load_unaligned(sums + n * lanes).store_unaligned(kept + (r * N + n) * lanes);
      });
    else
      finish_line<Arch>(sums, ep, y, first + r, column, width);
  }
};

/// Writes Y(i, j) = ep(sum) for rows first .. last and columns column .. column + width, and nothing else. The sums of
/// row first + r stand at sums + r * stride, aligned to a register, as does the stride; they are readable up to a
/// multiple of a register in both directions.
template <class Arch>
struct finish {
  template <class S, class Y, order OY, class Epilogue>
  static void run(S const* sums, index stride, Epilogue const& ep, dense_view<Y, OY> y, index first, index last,
                  index column, index width) noexcept {
    if constexpr (std::integral<Y>)
      by_value(sums, stride, ep, y, first, last, column, width);
    else if constexpr (OY == order::row_major)
      by_rows(sums, stride, ep, y, first, last, column, width);
    else
      by_columns(sums, stride, ep, y, first, last, column, width);
  }

 private:
  template <class S, class Y, order OY, class Epilogue>
  static void by_value(S const* sums, index stride, Epilogue const& ep, dense_view<Y, OY> y, index first, index last,
                       index column, index width) noexcept {
    for (index i = first; i != last; ++i, sums += stride)
      for (index c = 0; c != width; ++c)
        y(i, column + c) = finished<Y>(ep(sums[c], scalar_place<S, Y, OY>{y, i, column + c}));
  }

  template <class S, class Y, class Epilogue>
  static void by_rows(S const* sums, index stride, Epilogue const& ep, dense_view<Y> y, index first, index last,
                      index column, index width) noexcept {
    for (index i = first; i != last; ++i, sums += stride) finish_line<Arch>(sums, ep, y, i, column, width);
  }

  template <class S, class Y, class Epilogue>
  static void by_columns(S const* sums, index stride, Epilogue const& ep, dense_view<Y, order::col_major> y,
                         index first, index last, index column, index width) noexcept {
    using batch_type = simd::batch<S, Arch>;
    constexpr auto lanes = static_cast<index>(batch_type::size);
    for (index c = 0; c < width; c += lanes)
      simd::for_each_tile<Arch, S, 1>(last - first, [&](auto const& tile, index r) LACUNA_INLINE_LAMBDA {
        batch_type block[batch_type::size];
        simd::transpose<Arch, S>::load(sums + r * stride + c, stride, block);
        auto const count = width - c < lanes ? width - c : lanes;
        index k = 0;
        for (constexpr int together = finished_together<Arch>; count - k >= together; k += together) {
          batch_type value[together];
          simd::unroll<together>([&](auto n) LACUNA_INLINE_LAMBDA { value[n] = block[k + n]; });
          finish_registers(tile, value, ep, y, first + r, column + c + k, 1);
        }
        for (; k != count; ++k) finish_register(tile, block[k], ep, y, first + r, column + c + k);
      });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
