// SPDX-License-Identifier: MIT
//
// Some columns of X side by side in memory, in the type of the sums: what register tiles read, whatever the order, the
// stride and the type of X.
//
// Bound: two bytes moved for each byte of X, once, whatever the number of rows of A: 1 / (density * rows) of the loads
// of the product; X by columns costs 2 to 3 % of a product of 2048x512 at 80 %. Beside saving kernels for orders and
// types it keeps rows of X that stand 2 KB or more apart from falling into few sets of the L1 cache, which costs a
// third of the speed at 512 columns.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/tile.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <numeric>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Columns of X, some registers wide: row k stands at data + k * pitch. data is null where there are none.
template <class S>
struct x_strip {
  S const* data = nullptr;
  index pitch = 0;
};

/// Columns column .. column + stride of x where they stand side by side already, aligned to a cache line; else none.
template <class S, class X, order OX>
[[nodiscard]] LACUNA_INLINE x_strip<S> in_place(dense_view<X const, OX> x, index column, index stride) noexcept {
  if constexpr (std::same_as<X, S> && OX == order::row_major) {
    if (x.rows() == 0) return {};  // and so may be data()
    auto const* const p = x.data() + column;
    if (x.stride() == stride && x.cols() - column >= stride && reinterpret_cast<std::uintptr_t>(p) % 64 == 0)
      return {p, stride};
  }
  return {};
}

/// How often each row of X may be read, on average, where it stands, `pitch` elements behind the last, before a copy
/// pays: three quarters as often as the rows share sets of an L1 cache of 64, but at most 32 times, and 8 if they
/// straddle cache lines. Measured on 64x256 and 128x1152 at 80 and 95 %: reading 512 columns in place is 1.9 times as
/// fast for 3 reads, as fast as a copy for 12; 320 columns, whose rows fall into all sets, 1.4 times for 26 reads. On
/// 512x512 at 98 %, 10 reads: 1.15 times for 512 columns, 1.17 for 256.
template <class S>
[[nodiscard]] inline index reads_in_place(S const* data, index pitch, index stride) noexcept {
  auto const bytes = pitch * static_cast<index>(sizeof(S));
  auto const width = stride * static_cast<index>(sizeof(S)) / 64;  // cache lines
  auto const spread = std::gcd(bytes / 64, index{64});             // sets from one row to the next, around the cache
  auto const sets = 64 / spread * std::clamp<index>(width, 1, spread);
  bool const aligned = bytes % 64 == 0 && reinterpret_cast<std::uintptr_t>(data) % 64 == 0;
  return aligned ? std::min<index>(sets * 3 / 4, 32) : std::min<index>(sets / 2, 8);
}

/// The same columns wherever they stand, if their type fits, for a kernel that reads each row of x so often; none where
/// a copy is better.
template <class S, class X, order OX>
[[nodiscard]] inline x_strip<S> apart_in_place(dense_view<X const, OX> x, index column, index stride,
                                               index reads) noexcept {
  if constexpr (std::same_as<X, S> && OX == order::row_major)
    if (x.rows() != 0 && x.cols() - column >= stride && reads <= reads_in_place(x.data() + column, x.stride(), stride))
      return {x.data() + column, x.stride()};
  return {};
}

/// Copies X(k, column .. column + width), first <= k < last, to `to` + k * stride, and fills each line up with zeros to
/// a whole register. `to` and stride are aligned to a register, and stride holds `width` filled up. T is the type of
/// sums, or f16, which X has then too: registers are those of float.
template <class Arch>
struct pack_columns {
  template <class T, class X>
  static void run(dense_view<X const> x, index column, index width, T* to, index stride, index first,
                  index last) noexcept {
    constexpr auto lanes = static_cast<index>(simd::batch<accumulator_t<T>, Arch>::size);
    if constexpr (std::same_as<X, T> && sizeof(T) == 2) {
      for (index k = first; k != last; ++k) {
        auto* const end = std::copy_n(&x(k, column), width, to + k * stride);
        std::fill(end, to + k * stride + detail::ceil_div(width, lanes) * lanes, T{});
      }
    } else {
      index const together = width < lanes ? last - first : 1;  // rows of one masked register share its mask
      for (index k = first; k < last; k += together)
        simd::for_each_tile<Arch, accumulator_t<T>, 1>(width, [&](auto const& tile, index c) LACUNA_INLINE_LAMBDA {
          for (index r = k; r != k + together; ++r) put(tile.load_as(&x(r, column + c)), to + r * stride + c);
        });
    }
  }

  template <class T, class X>
  static void run(dense_view<X const, order::col_major> x, index column, index width, T* to, index stride, index first,
                  index last) noexcept {
    using S = accumulator_t<T>;
    constexpr auto lanes = static_cast<index>(simd::batch<S, Arch>::size);
    if (last - first <= few_rows) {
      for (index r = first; r != last; ++r) {
        for (index c = 0; c != width; ++c) to[r * stride + c] = widened<T>(x(r, column + c));
        std::fill(to + r * stride + width, to + r * stride + detail::ceil_div(width, lanes) * lanes, T{});
      }
      return;
    }
    for (index c = 0; c < width; c += lanes)
      simd::for_each_tile<Arch, S, 1>(last - first, [&](auto const& tile, index r) LACUNA_INLINE_LAMBDA {
        auto const rows = last - first - r < lanes ? last - first - r : lanes;
        auto const columns = width - c < lanes ? width - c : lanes;
        simd::batch<S, Arch> block[simd::batch<S, Arch>::size];
        load_block(tile, &x(first + r, column + c), x.stride(), columns, block);
        for (index l = 0; l != rows; ++l) put(block[l], to + (first + r + l) * stride + c);
      });
  }

 private:
  /// So many rows of X by columns are copied element by element: a transpose of whole registers, most of whose lanes
  /// are empty, takes 1 us for 256 columns and two rows, of a product of 0.6.
  static constexpr index few_rows = 4;

  /// One register of numbers that T holds.
  template <class S, class T>
  LACUNA_INLINE static void put(simd::batch<S, Arch> value, T* to) noexcept {
    if constexpr (std::same_as<S, T>)
      value.store_unaligned(to);
    else
      simd::widen<Arch, T>::store(to, value);
  }
  /// Register l of the block is row l of so many columns, which stand `stride` apart; zeros behind them.
  template <class Tile, class X, class Block>
  LACUNA_INLINE static void load_block(Tile const& tile, X const* p, index stride, index columns,
                                       Block& block) noexcept {
    using S = typename Tile::lane_type;
    constexpr index lanes = Tile::lanes;
    if constexpr (std::same_as<X, S> && std::same_as<Tile, simd::tile<Arch, S, 1>>)
      if (columns == lanes) return simd::transpose<Arch, S>::load(p, stride, block);
    for (index l = 0; l != lanes; ++l)
      block[l] = l < columns ? tile.load_as(p + l * stride) : typename Tile::batch_type(S{0});
    simd::transpose<Arch, S>::run(block);
  }
};

/// X for whoever wants some of its columns in S, as one type for all orders and types. Borrows a view.
template <class S>
struct any_input {
  void const* x;
  index rows;
  index cols;
  x_strip<S> (*place)(void const* x, index column, index stride, index reads);
  void (*copy)(void const* x, index column, index width, S* to, index stride, index first, index last);
  /// The same, row `first` to `to`. Null where rows of S are not rows of x.
  void (*copy_some)(void const* x, index column, index width, S* to, index stride, index first, index last) = nullptr;

  /// Columns where they stand: as kernel::in_place; where reads >= 0, else as apart_in_place.
  [[nodiscard]] x_strip<S> in_place(index column, index stride, index reads) const noexcept {
    return place(x, column, stride, reads);
  }
  /// As pack_columns::run.
  void pack(index column, index width, S* to, index stride, index first, index last) const noexcept {
    copy(x, column, width, to, stride, first, last);
  }
};

template <class Arch, class S, class X, order OX>
[[nodiscard]] any_input<S> input_of(dense_view<X const, OX> const& x) noexcept {
  using view = dense_view<X const, OX>;
  return {&x,
          x.rows(),
          x.cols(),
          [](void const* self, index column, index stride, index reads) {
            auto const& all = *static_cast<view const*>(self);
            auto const found = kernel::in_place<S>(all, column, stride);
            return found.data != nullptr || reads < 0 ? found : apart_in_place<S>(all, column, stride, reads);
          },
          [](void const* self, index column, index width, S* to, index stride, index first, index last) {
            pack_columns<Arch>::run(*static_cast<view const*>(self), column, width, to, stride, first, last);
          },
          [](void const* self, index column, index width, S* to, index stride, index first, index last) {
            auto const& all = *static_cast<view const*>(self);
            view const some(all.data() + first * all.row_stride(), last - first, all.cols(), all.stride());
            pack_columns<Arch>::run(some, column, width, to, stride, 0, last - first);
          }};
}

/// Columns of X that a kernel packs itself, some rows at a time, into memory that stays in L1.
template <class S>
struct x_tiles {
  any_input<S> const* x;
  index column;
  index width;
  S* room;
  index stride;

  /// Rows first .. last of X; valid until the next call.
  [[nodiscard]] S const* rows(index first, index last) const noexcept {
    x->copy_some(x->x, column, width, room, stride, first, last);
    return room;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
