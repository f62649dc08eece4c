// SPDX-License-Identifier: MIT
//
// Products of groups of int4 with X of int8 or uint8: the driver, and how X stands for its kernels.
//
// Bound of few columns: the bytes of A, once for every eight of them, or four where there are 16 registers, or
// registers of 16 bytes. X is copied once, a group of each of these columns after the other, in the order in which
// codes come to stand in registers. More columns take tiles of registers, and X in quads (kernel/int4_byte_tiles.hpp).
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/int4_byte_columns.hpp>
#include <lacuna/kernel/int4_byte_dot.hpp>
#include <lacuna/kernel/int4_byte_tiles.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/tiles.hpp>
#include <lacuna/kernel/worker_copies.hpp>
#include <lacuna/simd/isa.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class View>
inline constexpr bool is_grouped_int4 = false;
template <int G, class Scale, class I, class Offset>
inline constexpr bool is_grouped_int4<grouped_int4_view<G, Scale, I, Offset>> = true;

/// Weights of int4 in groups, which multiply bytes as well as floats.
template <class View, class X>
concept takes_int4_bytes = is_grouped_int4<View> && simd::byte<X>;

/// The kernels for one type of matrix and of X.
template <class View, simd::byte X, class Arch>
struct int4_bytes_kernels {
  static constexpr int group = static_cast<int>(View::layout::group);
  static constexpr bool dots = dots_int4_bytes<Arch, group, typename View::scale_type>;
  static constexpr std::string_view name = dots ? "int4/bytes" : "fallback";
  static constexpr bool flipped = dots && !std::same_as<X, simd::dot4_byte<Arch>>;
  /// Columns in one pass over A.
  static constexpr index widest =
      dots && simd::register_count<Arch> == 32 && int4_shape<Arch, group>::bytes >= 32 ? 8 : 4;
  /// Whether lanes are along so many vectors.
  static constexpr bool along(index v) noexcept { return dots && v >= 4; }
  template <int Vectors>
  using kernel = std::conditional_t<!dots, int4_byte_rows<group, Vectors, X>,
                                    std::conditional_t<(Vectors >= 4), int4_byte_columns<Arch, group, Vectors, flipped>,
                                                       int4_byte_dot<Arch, group, Vectors, flipped>>>;
  static constexpr index unit = kernel<1>::rows;
  /// So many columns or more take `tiles`: with AVX-512 two passes for nine columns take 0.91 of the time of a register
  /// of sixteen, for twelve 1.2 of it (1024x1024 at 50 %, Zen 5).
  static constexpr index least_for_tiles = widest + 1 + widest / 8;
  static constexpr bool has_tiles = tiles_int4_bytes<Arch, group, typename View::scale_type>;
  using tiles = int4_byte_tiles<Arch, group, flipped>;

  /// Vectors that are computed for so many columns.
  [[nodiscard]] static constexpr index vectors(index width) noexcept { return width <= 2 ? width : width <= 4 ? 4 : 8; }
  /// See int4_byte_dot::run; X as `arrange` leaves it.
  static void run(View a, std::uint8_t const* x, float* sums, index stride, index first, index last,
                  index width) noexcept {
    if (width == 1)
      kernel<1>::run(a, x, sums, stride, first, last, width);
    else if (width == 2)
      kernel<2>::run(a, x, sums, stride, first, last, width);
    else if (width <= 4 || widest == 4)
      kernel<4>::run(a, x, sums, stride, first, last, width);
    else if constexpr (widest == 8)
      kernel<8>::run(a, x, sums, stride, first, last, width);
  }

  /// Bytes of an arranged pass.
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    return lacuna::detail::ceil_div(inputs, index{group}) * group * vectors(width);
  }
  /// Columns column .. column + width of x, zeros behind its last row and for vectors that are no column.
  template <order OX>
  static void arrange(dense_view<X const, OX> x, index column, index width, std::uint8_t* to) noexcept {
    constexpr index piece = pieces == 1 ? group : group / 2 / pieces;  // neighbours, of each half of a group
    auto const all = vectors(width);
    auto const together = along(all) ? register_bytes / all : group;  // of a vector
    auto* const begin = to;
    for (index first = 0; first < x.rows(); first += group, to += group * all)
      for (index v = 0; v != all; ++v) {
        std::uint8_t line[std::size_t{group}];
        auto* next = line;
        for (index p = 0; p != pieces; ++p)
          for (index half = 0; half != (pieces == 1 ? 1 : 2); ++half, next += piece)
            copy<piece>(x, first + half * (group / 2) + p * piece, column + v, v < width, next);
        for (index k = 0; k != group; k += together)
          std::memcpy(to + k * all + v * together, line + k, static_cast<std::size_t>(together));
      }
    if constexpr (flipped)
      for (auto* b = begin; b != to; ++b) *b = static_cast<std::uint8_t>(*b ^ 0x80u);
  }

 private:
  static constexpr index pieces = [] {
    if constexpr (dots)
      return index{int4_shape<Arch, group>::registers};
    else
      return index{1};
  }();
  static constexpr index register_bytes = [] {
    if constexpr (dots)
      return index{int4_shape<Arch, group>::bytes};
    else
      return index{group};
  }();

  template <index Size, order OX>
  LACUNA_INLINE static void copy(dense_view<X const, OX> x, index row, index column, bool there,
                                 std::uint8_t* to) noexcept {
    auto const high = there ? std::clamp<index>(x.rows() - row, 0, Size) : 0;
    if (high != Size) std::memset(to, 0, static_cast<std::size_t>(Size));
    if (high == 0) return;
    auto const* const from =
        reinterpret_cast<std::uint8_t const*>(x.data()) + row * x.row_stride() + column * x.col_stride();
    if (x.row_stride() != 1)
      for (index r = 0; r != high; ++r) to[r] = from[r * x.row_stride()];
    else if (high == Size)
      std::memcpy(to, from, static_cast<std::size_t>(Size));
    else
      std::memcpy(to, from, static_cast<std::size_t>(high));
  }
};

/// A matrix, X and their kernels, as one type. Borrows both.
struct any_int4_bytes {
  any_rows rows;
  void const* x;
  index inputs;
  index columns;
  index widest;
  index unit;
  index (*arranged)(index inputs, index width);
  void (*arrange)(void const* x, index column, index width, std::uint8_t* to);
  void (*run)(void const* a, std::uint8_t const* x, float* sums, index stride, index first, index last, index width);
};

/// The product.
template <class Arch>
void multiply_int4_bytes(any_executor const& exec, any_int4_bytes const& all, any_output<float> const& y) {
  constexpr auto lanes = static_cast<index>(simd::batch<float, Arch>::size);
  auto const stride = lacuna::detail::ceil_div(all.widest, lanes) * lanes;
  auto const pass = all.arranged(all.inputs, all.widest);
  auto const passes = all.columns / all.widest;
  auto const left = all.columns - passes * all.widest;
  auto const size = lacuna::detail::checked_multiply(pass, passes + (left != 0), "spmm: copy of X");
  worker_copies<std::uint8_t> const copies(size, exec.concurrency(), "spmm: copies of X");
  auto const fill = [&](std::uint8_t* to) {
    for (index column = 0; column < all.columns; column += all.widest, to += pass)
      all.arrange(all.x, column, std::min(all.widest, all.columns - column), to);
  };
  if (!copies.own()) fill(copies.shared());
  auto const rows = all.rows.rows;
  auto const room = sums_size<Arch, float>(std::min(all.unit, rows), stride);
  auto* const all_sums = scratch<float>(lacuna::detail::checked_multiply(room, exec.concurrency(), "spmm: sums"));
  for (index column = 0; column < all.columns; column += all.widest) {
    auto const width = std::min(all.widest, all.columns - column);
    row_split const split(all.rows, product_ranges(all.rows.stored, width, exec.concurrency()), width, all.unit,
                          all.unit);
    split.run(exec, [&](index begin, index end, index worker) {
      auto* const sums = all_sums + worker * room;
      auto const* const in = copies.of(worker, fill) + column / all.widest * pass;
      for (index u = begin; u != end; ++u) {
        auto const first = u * all.unit;
        auto const last = std::min(first + all.unit, rows);
        if (y.plain != nullptr) {
          all.run(all.rows.a, in, y.plain + first * y.pitch + column, y.pitch, first, last, width);
        } else {
          all.run(all.rows.a, in, sums, stride, first, last, width);
          y.finish(sums, stride, first, last, column, width);
        }
      }
    });
  }
}

/// Y = ep(A X) in tiles of registers.
template <class Kernel, class Arch, class View, simd::byte X, order OX, class Y, order OY, class Epilogue>
void multiply_int4_tiles(any_executor const& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y,
                         Epilogue const& ep) {
  quads_matrix<View> const matrix{a, a.group_cols() * (index{View::layout::group} / 4), nullptr};
  output<Y, OY, Epilogue> const to{y, ep};
  tiles_product<Arch, float, std::int32_t> const product{
      exec, tiles_of<Kernel, Kernel::registers, Arch, float, std::int32_t>(matrix), quads_of<Arch>(x, matrix.quads),
      to.template any<Arch, float>()};
  product.run(0);
}

/// Y = ep(A X). O(stored * n).
template <class View, simd::byte X, order OX, class Y, order OY, class Epilogue>
void multiply_int4_bytes(any_executor const& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y,
                         Epilogue const& ep) {
  using arch = simd::default_arch;
  using kernels = int4_bytes_kernels<View, X, arch>;
  if constexpr (kernels::has_tiles)
    if (y.cols() >= kernels::least_for_tiles)
      return multiply_int4_tiles<typename kernels::tiles, arch>(exec, a, x, y, ep);
  using input = dense_view<X const, OX>;
  any_int4_bytes const all{
      rows_of(a),
      &x,
      a.cols(),
      y.cols(),
      kernels::widest,
      kernels::unit,
      [](index inputs, index width) { return kernels::arranged(inputs, width); },
      [](void const* from, index column, index width, std::uint8_t* to) {
        kernels::arrange(*static_cast<input const*>(from), column, width, to);
      },
      [](void const* self, std::uint8_t const* in, float* sums, index stride, index first, index last, index width) {
        kernels::run(*static_cast<View const*>(self), in, sums, stride, first, last, width);
      }};
  output<Y, OY, Epilogue> const to{y, ep};
  multiply_int4_bytes<arch>(exec, all, to.template any<arch, float>());
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
