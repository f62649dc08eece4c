// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A in tiled_sell: x is looked up in registers instead of gathered, y is gathered once a cell.
//
// Bound: the matrix once from memory, sizeof(T) + 1 bytes a slot and 1 / Tile a row. AVX-512, floats, 16 slots: 80
// bytes from L3 take 8 cycles (28 GB/s at 2.95 GHz); one port widens the positions, permutes and tests, 2 cycles for
// tiles of 32 and 4 for 64, one more for weights of 16 bits; gathering 256 sums takes 125 cycles a cell; and the end of
// a diagonal is a branch that nobody can predict, some 20 cycles, which windows of 256 rows make one in 10 registers at
// 80 % sparsity: 2 cycles for each. From L2, where all that is left is arithmetic, 16 slots take 5.4 cycles in float,
// 6.2 in f16 and, by pairs of registers (kernel/sell_window.hpp), 5.3 in bf16. So bytes bind floats from L3, and
// arithmetic binds the rest: bf16 from L3 has 49 bytes to wait for, 4.8 cycles. Slots are asked for 512 ahead: without
// it, every mispredicted branch stops the stream; 1024 to 4096, and into L2 instead of L1, are 1 to 8 % slower.
//
// Reached, beside reading as many bytes in the same rounds, gcc 12, AVX-512, one thread, 4096x4096 from L3, sparsity
// 80, 90, 95 %: floats 88 to 94, 88 to 92, 86 to 87 % of the byte limit, 3.6 to 3.8, 6.7 to 7.1, 13.1 to 13.5 times a
// dense product (the L3 cache has neighbours); f16 75 to 79 and 68 to 70 %, 2.5 and 4.4 times what a dense product of
// 16-bit weights would stream in, as bf16 was before it went by pairs: that takes 7 and 13 % less time, 459 and 241 us
// where floats take 625 and 328. 512x512 from L2: 1.4, 2.3, 3.4 times dense.
//
// AVX2 has registers for tables of 16 floats; tiles of 64 are gathered, 5.1 cycles for 8 slots with everything else
// behind them, where AVX-512 takes 2.7: 40 bytes in 5.1 cycles are 24 GB/s. Geometric means over pruned layers, 50, 70,
// 80, 90, 95 % sparsity: 26, 18, 12, 12, 10 % of the byte limit, AVX-512 62, 29, 22, 21, 14; at 50 %, 13 % from L2
// (512x512) and 54 from L3 (2048x512). What else looks up 8 of 64 floats, measured in the same loop: eight loads and
// seven choices 7.2 cycles (16 loads, three a cycle, and as many operations for the indices); two gathers of four 7.8;
// sixteen lookups of bytes (vpshufb) in four planes for 32 slots, with 12 xor and 8 unpackings on three ports, 4.6, and
// 4.2 by turns with gathers; eight permutations and seven choices by a mask, no fewer than 8 on the one port that
// permutes.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/byte_vector.hpp>
#include <lacuna/kernel/sell_bytes.hpp>
#include <lacuna/kernel/sell_window.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/stored.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int Tile, int Lanes, class Arch>
struct spmv<tiled_sell_layout<Tile, Lanes>, Arch> {
  static constexpr std::string_view name = "tiled_sell/lookup";
  using layout = tiled_sell_layout<Tile, Lanes>;

  template <class View, class X, class Y>
  static constexpr bool accepts =
      bytes_with<Arch, typename View::value_type, X> ||
      (simd::loadable<typename View::value_type, Arch> && std::same_as<accumulator_t<typename View::value_type>, X>);

  /// Rows that are computed together.
  template <class View>
  [[nodiscard]] static index unit(View) noexcept {
    return layout::window;
  }

  /// Elements of the copy of x that `prepare` makes, for bytes.
  template <class View>
    requires std::same_as<typename View::value_type, std::int8_t>
  [[nodiscard]] static index prepared_size(View a) noexcept {
    return byte_vector_size(a.cols());
  }
  template <class View, class X>
  [[nodiscard]] static byte_vector<X> prepare(View, vector_view<X const> x, std::int32_t* to) noexcept {
    return copy_bytes(x, to);
  }
  /// See spmv_fallback::run. Ranges as below.
  template <class View, class X, class Y, class Epilogue>
  static void run(View a, byte_vector<X> x, vector_view<Y> y, Epilogue const& ep, index first, index last) noexcept {
    sell_bytes<Arch, View, X> window;
    for (index w = first / layout::window; w * layout::window < last; ++w) {
      window.multiply(a, w, x);
      auto const* const sums = window.sums() - w * layout::window;
      auto const stop = std::min(last, (w + 1) * layout::window);
      for (index i = std::max(first, w * layout::window); i != stop; ++i)
        spmv_fallback::store<std::int8_t>(sums[i], ep, y, i);
    }
  }

  /// See spmv_fallback::run. A range that does not start and end at multiples of `unit` multiplies the whole windows
  /// that it touches.
  template <class View, class X, class Y, class Epilogue>
  static void run(View a, vector_view<X const> x, vector_view<Y> y, Epilogue const& ep, index first,
                  index last) noexcept {
    if (first == last) return;
    sell_window<Arch, View, 1> window;
    using table = typename decltype(window)::table;
    for (index w = first / layout::window; w * layout::window < last; ++w) {
      window.multiply(a, w, [&](index t) LACUNA_INLINE_LAMBDA {
        struct {
          table only;
          LACUNA_INLINE table const& operator[](int) const noexcept { return only; }
        } const tables{table(x.data() + t * Tile, a.grid().width(t))};
        return tables;
      });
      auto const* const sums = window.sums(0) - w * layout::window;
      auto const stop = std::min(last, (w + 1) * layout::window);
      for (index i = std::max(first, w * layout::window); i != stop; ++i)
        spmv_fallback::store<typename View::value_type>(sums[i], ep, y, i);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
