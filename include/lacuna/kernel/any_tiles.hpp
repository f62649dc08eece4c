// SPDX-License-Identifier: MIT
//
// A matrix and its kernel of register tiles, as one type: the product that drives it is compiled once for all.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/finish_row.hpp>
#include <lacuna/kernel/pack_columns.hpp>
#include <lacuna/kernel/row_split.hpp>

#include <algorithm>
#include <bit>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A matrix and its kernel of register tiles (see kernel/spmm/row_tile.hpp), as one type for all that have sums of S
/// and read X in T.
template <class Arch, class S, class T = S>
struct any_tiles {
  using run_type = void (*)(void const* a, x_strip<T> x, S* sums, index first, index last, block_output<S> const& to);
  any_rows all;  // rows, and the view, borrowed
  index inputs;
  index block;
  index row_step;       // ranges of rows start at multiples of it
  int widest;           // registers of the widest tile that is wanted
  index reads;          // of each row of X, on average, if the kernel reads it in place where rows stand apart; else -1
  int narrowest;        // registers of the narrowest, which is padded
  bool finishes_rows;   // `run` takes every row to Y by itself, or keeps it
  bool spreads;         // blocks are small, or `run` calls done.some(): sums can wait for Y by columns
  index tile;           // rows of X that it reads together and asks `packing` for, else 0
  bool strip_by_strip;  // one worker multiplies a strip of X by all rows before the next
  run_type run[4];      // for tiles of 1, 2, 4 and 8 registers

  [[nodiscard]] run_type run_of(int registers) const noexcept {
    return run[std::countr_zero(static_cast<unsigned>(registers))];
  }
};

/// Whether the kernel reads rows of X that stand any distance apart.
template <class Kernel>
concept takes_pitch = requires { requires Kernel::takes_pitch; };

/// `any_tiles::run` for tiles of N registers.
template <class Kernel, int N, class View, class Arch, class S, class T>
void run_tiles(void const* a, x_strip<T> x, S* sums, index first, index last,
               [[maybe_unused]] block_output<S> const& to) {
  auto const& view = *static_cast<View const*>(a);
  if constexpr (takes_pitch<Kernel>)
    Kernel::template run<N>(view, x.data, x.pitch, sums, first, last, finish_row<Arch, N, S>{to});
  else if constexpr (requires { Kernel::finishes_rows; })
    Kernel::template run<N>(view, x.data, sums, first, last, finish_row<Arch, N, S>{to});
  else
    Kernel::template run<N>(view, x.data, sums, first, last);
}

/// The registers of the widest tile that the kernel wants, of a product with so many columns if it asks for them.
template <class Kernel, class View>
[[nodiscard]] int widest_tile(View const& a, [[maybe_unused]] index columns) noexcept {
  if constexpr (requires { Kernel::widest(a, columns); })
    return Kernel::widest(a, columns);
  else
    return Kernel::widest(a);
}

/// A matrix and its kernel, which is compiled for tiles of up to Most registers.
template <class Kernel, int Most, class Arch, class S, class T = S, class View>
[[nodiscard]] any_tiles<Arch, S, T> tiles_of(View const& a, index columns = 0) noexcept {
  static_assert(Most <= 8);
  constexpr bool finishes_rows = requires { Kernel::finishes_rows; };
  index const reads = [&] {
    if constexpr (requires { Kernel::reads(a); })
      return Kernel::reads(a);
    else
      return takes_pitch<Kernel> ? a.stored() / std::max<index>(a.cols(), 1) : index{-1};
  }();
  constexpr int least = [] {
    if constexpr (requires { Kernel::narrowest; })
      return Kernel::narrowest;
    else
      return 1;
  }();
  constexpr bool spreads = !finishes_rows || requires { Kernel::spreads; };
  index const tile = [&] {
    if constexpr (requires { Kernel::tile(a); })
      return Kernel::tile(a);
    else
      return index{0};
  }();
  bool const strip_by_strip = [&] {
    if constexpr (requires { Kernel::strip_by_strip(a); })
      return Kernel::strip_by_strip(a);
    else
      return false;
  }();
  index const row_step = [&] {
    if constexpr (requires { Kernel::row_step; })
      return Kernel::row_step;
    else
      return Kernel::block(a);
  }();
  any_tiles<Arch, S, T> tiles{rows_of(a), a.cols(),      Kernel::block(a), row_step, least,          reads,
                              least,      finishes_rows, spreads,          tile,     strip_by_strip, {}};
  if constexpr (least == 1) tiles.run[0] = run_tiles<Kernel, 1, View, Arch, S, T>;
  if constexpr (Most >= 2 && least <= 2) tiles.run[1] = run_tiles<Kernel, 2, View, Arch, S, T>;
  if constexpr (Most >= 4) tiles.run[2] = run_tiles<Kernel, 4, View, Arch, S, T>;
  if constexpr (Most >= 8) tiles.run[3] = run_tiles<Kernel, 8, View, Arch, S, T>;
  if constexpr (Most >= 2)
    for (int const widest = widest_tile<Kernel>(a, columns); tiles.widest < Most && 2 * tiles.widest <= widest;)
      tiles.widest *= 2;
  return tiles;
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
