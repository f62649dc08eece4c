// SPDX-License-Identifier: MIT
//
// From the sums of a block, through the epilogue, to Y: the one place where products write Y, whatever its order or
// type.
//
// Bound: a load of each register of sums, which stands in L1 or L2, and a store; into Y by columns a transpose of
// square blocks in registers besides, four columns of 64 rows at a time: stores to sixteen columns, which may stand
// pages and sets of the cache apart, wait for each other. All rows of 32 columns are written before the next, because
// the processor fetches lines of Y ahead in as many columns: 2048x512 at 80 %, 128 tokens, takes 1.06 to 1.12 times
// as long as with Y by rows, and 1.13 with 64 rows of all columns; less where sums wait for it (late_finish.hpp).
// Reached on AVX-512, for 16 floats, Y in L2: 1.1 ns by rows, 2.0 by columns (3.0 with sixteen at a time). bias and
// gelu take 15 instructions on two ports, 7.5 cycles: 1.2 ns more, 3 to 7 % of products of 2048x512 at 80 % with 128
// tokens.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/register_place.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/tile.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Elements of the workspace for the sums of `block` rows and one more, filled up to whole registers in both
/// directions.
template <class Arch, class S>
[[nodiscard]] LACUNA_INLINE index sums_size(index block, index stride) noexcept {
  constexpr auto lanes = static_cast<index>(simd::batch<S, Arch>::size);
  return (block + lanes) / lanes * lanes * stride;
}

/// Writes Y(i, j) = ep(sum) for rows first .. last and columns column .. column + width, and nothing else. The sums of
/// row first + r stand at sums + r * stride, aligned to a register, as does the stride; they are readable up to a
/// multiple of a register in both directions.
template <class Arch>
struct finish {
  template <class S, class Y, order OY, class Epilogue>
  static void run(S const* sums, index stride, Epilogue const& ep, dense_view<Y, OY> y, index first, index last,
                  index column, index width) noexcept {
    if constexpr (std::integral<Y> && sizeof(S) != 4)
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
      for (index c = 0; c != width; ++c) finish_sum(sums[c], ep, y, i, column + c);
  }

  template <class S, class Y, class Epilogue>
  static void by_rows(S const* sums, index stride, Epilogue const& ep, dense_view<Y> y, index first, index last,
                      index column, index width) noexcept {
    for (index i = first; i != last; ++i, sums += stride) finish_line<Arch>(sums, ep, y, i, column, width);
  }

  template <class S, class Y, class Epilogue>
  static void by_columns(S const* sums, index stride, Epilogue const& ep, dense_view<Y, order::col_major> y,
                         index first, index last, index column, index width) noexcept {
    constexpr index rows_at_once = 64;  // whose sums in a piece of columns stay in L1 until it is written
    constexpr index columns = simd::transpose<Arch, S>::columns;
    constexpr index piece = 32;  // columns, of which all rows are written before the next
    static_assert(piece % columns == 0);
    for (index begin = 0; begin < width; begin += piece)
      for (index from = first; from < last; from += rows_at_once)
        for (index c = begin; c < std::min(width, begin + piece); c += columns) {
          auto const rows = last - from < rows_at_once ? last - from : rows_at_once;
          auto const count = width - c < columns ? width - c : columns;
          auto const* const part = sums + (from - first) * stride + c;
          simd::for_each_tile<Arch, S, 1>(rows, [&](auto const& tile, index r) LACUNA_INLINE_LAMBDA {
            simd::batch<S, Arch> block[std::size_t{columns}];
            simd::transpose<Arch, S>::load_columns(part + r * stride, stride, block);
            if (count == columns)
              finish_registers(tile, block, ep, y, from + r, column + c, 1);
            else
              for (index k = 0; k != count; ++k) finish_register(tile, block[k], ep, y, from + r, column + c + k);
          });
        }
  }
};

/// Y and its epilogue for whoever has sums of S, as one type for all orders, types and epilogues: the kernels and
/// drivers of products are compiled once for all of them.
template <class S>
struct any_output {
  void const* output;  // borrowed
  void (*rows)(void const* output, S const* sums, index stride, index first, index last, index column, index width);
  bool by_rows;  // one row is written as well as many: Y is row-major
  S* plain;      // Y, where sums are all there is to write to it, row by row, `pitch` apart; else null
  index pitch;

  /// As finish::run.
  void finish(S const* sums, index stride, index first, index last, index column, index width) const noexcept {
    rows(output, sums, stride, first, last, column, width);
  }
};

/// Y and an epilogue, both borrowed.
template <class Y, order OY, class Epilogue>
struct output {
  dense_view<Y, OY> y;
  Epilogue const& ep;

  template <class S>
  [[nodiscard]] S* plain() const noexcept {
    if constexpr (OY == order::row_major && std::same_as<Y, S> && std::same_as<Epilogue, identity_epilogue>)
      return y.data();
    else
      return nullptr;
  }
  template <class Arch, class S>
  [[nodiscard]] any_output<S> any() const noexcept {
    return {this,
            [](void const* self, S const* sums, index stride, index first, index last, index column, index width) {
              auto const& to = *static_cast<output const*>(self);
              kernel::finish<Arch>::run(sums, stride, to.ep, to.y, first, last, column, width);
            },
            OY == order::row_major, plain<S>(), y.stride()};
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
