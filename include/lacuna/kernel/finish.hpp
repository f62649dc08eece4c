// SPDX-License-Identifier: MIT
//
// From the sums of a block, through the epilogue, to Y: the one place where products write Y, whatever its order or
// type.
//
// Bound: a load of each register of sums, which stands in L1 or L2, and a store; into Y by columns a transpose of
// square blocks in registers besides, four columns of 64 rows at a time: stores to sixteen columns, which may stand
// pages and sets of the cache apart, wait for each other. Reached on AVX-512, for 16 floats, Y in L2: 1.1 ns by rows,
// 2.0 by columns (3.0 with sixteen at a time). bias and gelu take 15 instructions on two ports, 7.5 cycles: 1.2 ns
// more, 3 to 7 % of products of 2048x512 at 80 % with 128 tokens.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/kernel/epilogue.hpp>
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

  /// Where row r stands in Y if its sums are all that is to be written there; else null, for every row.
  [[nodiscard]] LACUNA_INLINE S* place(index r) const noexcept {
    if constexpr (direct && std::same_as<Y, S> && std::same_as<Epilogue, identity_epilogue>)
      if (width == N * lanes) return &y(first + r, column);
    return nullptr;
  }
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
    constexpr index rows_at_once =
        64;  // so that 32 KB of sums stay in L1 while some columns of them are taken at a time
    constexpr index columns = simd::transpose<Arch, S>::columns;
    for (index from = first; from < last; from += rows_at_once, sums += rows_at_once * stride)
      for (index c = 0; c < width; c += columns) {
        auto const rows = last - from < rows_at_once ? last - from : rows_at_once;
        auto const count = width - c < columns ? width - c : columns;
        simd::for_each_tile<Arch, S, 1>(rows, [&](auto const& tile, index r) LACUNA_INLINE_LAMBDA {
          simd::batch<S, Arch> block[columns];
          simd::transpose<Arch, S>::load_columns(sums + r * stride + c, stride, block);
          if (count == columns)
            finish_registers(tile, block, ep, y, from + r, column + c, 1);
          else
            for (index k = 0; k != count; ++k) finish_register(tile, block[k], ep, y, from + r, column + c + k);
        });
      }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
