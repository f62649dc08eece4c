// SPDX-License-Identifier: MIT
//
// Y = epilogue(A X) with A in tiled_sell and few columns: what kernel/spmv/tiled_sell.hpp does, with one load of values
// and positions for all columns.
//
// Bound: the matrix once from memory, as for one column; on AVX-512, for 16 slots and n columns of float, n + 1 cycles
// of the port that permutes, and n gathers of 8 cycles for 16 rows of a cell. Reached (2048x2048 from L3 at 80 %,
// tiles of 32, gcc 12, beside the time of one spmv): 1.2 for 2 columns, 1.6 for 4, 2.9 for 8. With AVX2 the gathers of
// tiles of 64 bind, and no column shares them: two columns take 1.9 to 2.0, four 3.7. There columns go by twos and by
// one, window by window, so that the matrix comes from L2 for all but the first, and none is computed in vain.
//
// int8 without dots of bytes goes by pairs of slots (kernel/sell_pairs.hpp). Else it takes the time of a column for
// each but the first, whose slots the others find in L2: 2048x2048 beyond L2, beside oneDNN's dense int8 for 1, 2, 4, 8
// tokens: 2.8, 1.8, 1.3, 0.9 at 80 %, 9.6, 5.1, 3.5, 2.0 at 95 %.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/byte_vector.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/sell_bytes.hpp>
#include <lacuna/kernel/sell_pairs.hpp>
#include <lacuna/kernel/sell_window.hpp>
#include <lacuna/simd/stored.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int Tile, int Lanes, class Arch>
struct few_columns<tiled_sell_layout<Tile, Lanes>, Arch> {
  static constexpr std::string_view name = "tiled_sell/lookup";
  using layout = tiled_sell_layout<Tile, Lanes>;
  /// Without lines of sums between windows and Y two columns take 0.83 to 0.9 of the time at 80 % and more (Zen 5,
  /// 512x512 and 2048x512).
  template <class View>
  [[nodiscard]] static constexpr index writes(index width) noexcept {
    return width;
  }

  /// int8, exact, one column after the other (sell_bytes), window by window, so that they share what is in L2.
  template <class View>
  static constexpr bool of_bytes =
      bytes_with<Arch, typename View::value_type, std::uint8_t> && simd::expands_bytes<Arch>;

  /// Four or eight at a time, where there are no dots of bytes.
  template <class View>
  static constexpr bool by_pairs = of_bytes<View> && simd::slot_pairs<Arch, 8>::available;
  [[nodiscard]] static constexpr index padded(index width) noexcept { return width <= 4 ? 4 : 8; }

  /// x is gathered: the table is not in registers.
  template <class View>
  static constexpr bool gathers = simd::avx2<Arch> && (Tile * sizeof(accumulator_t<typename View::value_type>) > 64 ||
                                                       sizeof(accumulator_t<typename View::value_type>) == 8);

  template <class View>
  static constexpr bool one_by_one = gathers<View> && !simd::fast_gathers<Arch>;

  /// Eight columns of tables are what AVX-512 has registers for, their sums what L1 has room for.
  template <class View>
  static constexpr index widest = of_bytes<View>                                     ? 8
                                  : !simd::loadable<typename View::value_type, Arch> ? 0
                                  : gathers<View>                                    ? 8
                                  : Tile * sizeof(accumulator_t<typename View::value_type>) > 128 ||
                                          sizeof(accumulator_t<typename View::value_type>) == 8
                                      ? 4
                                      : 8;

  /// Up to so many columns, groups of `widest` are faster than tiles of registers (kernel/spmm/tiled_sell.hpp), which
  /// take the longer for each slot the fewer a row has in a tile of columns. Zen 5, 512x512 with AVX-512, GFLOP/s here
  /// and there: float at 80 % 33 and 28 with 8 columns, 33 and 41 with 12; at 95 % 15 and 11 with 4, 14 and 16 with 6;
  /// at 98 % 5.8 and 3.4 with 2, 7.7 and 7.7 with 4; tiles of 32 at 95 % 5.6 and 4.6 with 2, 5.6 and 7.0 with 3; double
  /// at 50 % 17 and 14 with 6, 17 and 21 with 8. Where x is gathered, each column takes its own time: on Zen 5 two take
  /// 2.0 to 2.3 times that of the tiles. Intel gathers twice as fast; it had 6 to 9 columns at 50 to 80 %, 8 to 11 at
  /// 95 and 14 at 98 in the time of tiles that visited row by row, and those of now take 0.3 to 0.48 of that on Zen 5.
  template <class View>
  [[nodiscard]] static constexpr index most(View const& a) noexcept {
    // Tiles of registers with AVX2 on Zen 3, 2048x2048, 16 columns: 3.4, 1.3, 0.8 ms at 50, 80, 90 %; here 3.3, 1.1,
    // 0.6.
    if constexpr (of_bytes<View>) return simd::avx512<Arch> || by_pairs<View> ? 16 : 4;
    auto const visits = a.rows() * a.grid().tiles();
    constexpr bool wide = sizeof(accumulator_t<typename View::value_type>) == 8;
    if constexpr (simd::avx512<Arch>)
      return a.stored() >= 10 * visits ? (wide ? 6 : 8) : 2 * a.stored() >= 5 * visits ? 4 : 2;
    // Loads in place of gathers: two columns one by one, Zen 3, 3072x768 at 50, 80, 95 %: 1.45, 1.3, 1.2 times as fast
    // as tiles; four in tiles 1.25 to 1.6 times as fast.
    if constexpr (gathers<View>) return simd::fast_gathers<Arch> ? 3 : 2;
    if constexpr (!simd::avx2<Arch> && !simd::neon64<Arch>) return 2;  // x is not looked up in registers
    return a.stored() >= 6 * visits ? 4 : 2 * a.stored() >= 5 * visits ? 2 : 1;
  }

  /// Rows that are computed together.
  template <class View>
  [[nodiscard]] static index unit(View) noexcept {
    return layout::window;
  }

  template <class View>
    requires of_bytes<View>
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    return by_pairs<View> ? (inputs * padded(width) + 63) / 64 * 16 : few_bytes::arranged(inputs, width);
  }
  template <class View>
    requires of_bytes<View>
  [[nodiscard]] static few_inputs<std::int32_t> arrange(few_inputs<std::int32_t> x, index width,
                                                        std::int32_t* to) noexcept {
    if constexpr (by_pairs<View>)
      return arrange_bytes(x, width, padded(width), to);
    else
      return few_bytes::arrange(x, width, width, to);
  }
  template <class View>
    requires of_bytes<View>
  static void run(View a, few_inputs<std::int32_t> x, std::int32_t* sums, index stride, index first, index last,
                  index width) noexcept {
    few_bytes::visit(x, [&]<class X>(byte_vector<X> in, [[maybe_unused]] index apart) LACUNA_INLINE_LAMBDA {
      if constexpr (by_pairs<View>) {
        if (width <= 4)
          run_pairs<X, 4>(a, in.data, sums, stride, first, last, width);
        else
          run_pairs<X, 8>(a, in.data, sums, stride, first, last, width);
        return;
      }
      sell_bytes<Arch, View, X> window;
      for (index c = 0; c != width; ++c) {
        window.multiply(a, first / layout::window, {in.data + c * apart, in.size});
        for (index r = 0; r != last - first; ++r) sums[r * stride + c] = window.sums()[r];
      }
    });
  }
  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    if constexpr (gathers<View>) {
      index c = 0;
      if constexpr (simd::fast_gathers<Arch>)
        for (; width - c >= 2; c += 2) run_columns<2>(a, from(x, c), sums + c, stride, first, last, 2);
      for (; c < width; ++c) run_columns<1>(a, from(x, c), sums + c, stride, first, last, 1);
    } else if (width <= 2)
      run_columns<2>(a, x, sums, stride, first, last, width);
    else if (width <= 4 || widest<View> <= 4)
      run_columns<4>(a, x, sums, stride, first, last, width);
    else if constexpr (widest<View> > 4)
      run_columns<8>(a, x, sums, stride, first, last, width);
  }

 private:
  /// Bytes of `columns` columns of X, of which there are `width`, row by row; zeros for the others.
  [[nodiscard]] static few_inputs<std::int32_t> arrange_bytes(few_inputs<std::int32_t> x, index width, index columns,
                                                              std::int32_t* to) noexcept {
    auto* const bytes = reinterpret_cast<std::uint8_t*>(to);
    std::fill(bytes, bytes + x.inputs * columns, std::uint8_t{0});
    std::int32_t all = 0;
    for (index c = 0; c != width; ++c)
      for (index k = 0; k != x.inputs; ++k) {
        auto const byte = x.data[c * x.stride + k];
        all |= byte;
        bytes[k * columns + c] = static_cast<std::uint8_t>(byte);
      }
    return {to, 0, x.inputs, true, all < 0};
  }
  template <class X, int Vectors, class View>
  static void run_pairs(View const& a, X const* x, std::int32_t* sums, index stride, index first, index last,
                        index width) noexcept {
    sell_pairs<Arch, View, X, Vectors> window;
    window.multiply(a, first / layout::window, x);
    for (index r = 0; r != last - first; ++r) std::copy_n(window.sums(r), width, sums + r * stride);
  }
  template <class S>
  [[nodiscard]] LACUNA_INLINE static few_inputs<S> from(few_inputs<S> x, index column) noexcept {
    return {x.data + column * x.stride, x.stride, x.inputs, x.finite};
  }

  /// The tables of a tile for each column; those behind the last column of Y are the last one's.
  template <class Table, class S, std::size_t... c>
  struct tables {
    Table of[sizeof...(c)];

    LACUNA_INLINE tables(S const* x, index stride, index columns, index count) noexcept
        : of{Table(x + std::min(static_cast<index>(c), columns - 1) * stride, count)...} {}
    LACUNA_INLINE Table const& operator[](std::size_t column) const noexcept { return of[column]; }
  };

  template <int Columns, class View, class S>
  static void run_columns(View a, few_inputs<S> x, S* sums, index stride, index first, index last,
                          index width) noexcept {
    sell_window<Arch, View, Columns> window;
    using table = typename decltype(window)::table;
    window.multiply(a, first / layout::window, [&](index t) LACUNA_INLINE_LAMBDA {
      return [&]<std::size_t... c>(std::index_sequence<c...>) LACUNA_INLINE_LAMBDA {
        return tables<table, S, c...>(x.data + t * Tile, x.stride, width, a.grid().width(t));
      }(std::make_index_sequence<static_cast<std::size_t>(Columns)>{});
    });
    auto const store = [&](auto columns) LACUNA_INLINE_LAMBDA {
      for (index r = 0; r != last - first; ++r)
        for (index c = 0; c != columns; ++c) sums[r * stride + c] = window.sums(c)[r];
    };
    if (width == Columns)
      store(std::integral_constant<index, Columns>{});
    else
      store(width);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
