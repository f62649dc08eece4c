// SPDX-License-Identifier: MIT
//
// Products of int8 with up to eight columns, one included: the driver, and X as kernels for them read it.
//
// Bound: the bytes of A, once. X is copied into one of three forms, sixteen rows at a time. Its bytes become those that
// dot4 likes on the way, and kernels subtract what that adds to their sums, by one dot more for each register of
// weights.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/worker_copies.hpp>
#include <lacuna/simd/isa.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// How X stands for a kernel, with v vectors, as many as it computes: a byte of each vector for row 0, for row 1, ...;
/// or four bytes of each vector for rows 0 to 3, for rows 4 to 7, ...; or vector by vector. With one vector all are the
/// same.
enum class few_bytes_form { rows, quads, vectors };

/// Vectors that kernels compute for so many columns: the others are zeros.
[[nodiscard]] constexpr index padded_vectors(index columns) noexcept { return columns <= 1 ? 1 : columns <= 4 ? 4 : 8; }

/// A kernel for one type of matrix of int8: specialised in kernel/few_columns/<layout>_int8.hpp. This one takes none.
/// Others have `name`, `form`, `matrix(a)`, what their kernel multiplies, which may be `a`, and `kernel<Flipped>`, with
/// `unit` and `run` of few_columns for sums of int32_t; X is flipped or not (simd::flip_byte); and `pays(a)`, if tiles
/// of columns are faster for some matrices.
template <class View, class Arch>
struct few_quads {
  static constexpr bool available = false;
};
template <class View, class Arch>
concept takes_few_quads = few_quads<View, Arch>::available;

/// Columns that it multiplies: more take tiles of registers.
inline constexpr index most_few_quads = 8;

/// Whether it multiplies this matrix with so many columns.
template <class Arch, class View>
[[nodiscard]] bool multiplies_few_quads(View const& a, index columns) noexcept {
  if constexpr (requires { few_quads<View, Arch>::pays(a); })
    if (!few_quads<View, Arch>::pays(a)) return false;
  return columns <= most_few_quads;
}

/// Bytes of X, of one column or more, as one type for all orders and both signs. Borrows a view.
struct any_bytes {
  void const* x;
  index rows;
  index cols;
  void (*sixteen)(void const* x, index row, index vectors, std::uint8_t* to);

  /// Writes rows row .. row + 16, `vectors` bytes of each, flipped if they are not what dot4 likes; behind the last row
  /// and column of X zeros, flipped likewise.
  void sixteen_rows(index row, index vectors, std::uint8_t* to) const noexcept { sixteen(x, row, vectors, to); }
};

/// What any_bytes::sixteen_rows does for one type and order of X.
template <class Arch>
struct few_rows {
  template <simd::byte X, order OX>
  static void run(dense_view<X const, OX> x, index row, index vectors, std::uint8_t* to) noexcept {
    constexpr std::uint8_t flip = std::same_as<X, simd::dot4_byte<Arch>> ? 0 : 0x80;
    auto const* const from = reinterpret_cast<std::uint8_t const*>(x.data());
    auto const high = std::min<index>(16, x.rows() - row);
    auto const n = x.cols();
    if (n != vectors || high != 16) std::memset(to, 0, static_cast<std::size_t>(16 * vectors));
    if (n == 1 && x.row_stride() == 1 && high == 16) {
      std::memcpy(to, from + row, 16);
    } else if (x.col_stride() == 1 && n != 1) {
      for (index r = 0; r < high; ++r) copy(from + (row + r) * x.row_stride(), n, to + r * vectors);
    } else if (x.row_stride() == 1 && high == 16 && n != 1) {
      fours(from + row, x.col_stride(), n, vectors, to);
    } else {
      for (index t = 0; t != n; ++t)
        for (index r = 0; r < high; ++r) to[r * vectors + t] = from[(row + r) * x.row_stride() + t * x.col_stride()];
    }
    if constexpr (flip != 0)
      for (index b = 0; b != 16 * vectors; ++b) to[b] = static_cast<std::uint8_t>(to[b] ^ flip);
  }

 private:
  LACUNA_INLINE static void copy(std::uint8_t const* from, index n, std::uint8_t* to) noexcept {
    if (n == 8)
      std::memcpy(to, from, 8);
    else if (n == 4)
      std::memcpy(to, from, 4);
    else
      for (index t = 0; t != n; ++t) to[t] = from[t];
  }
  /// Columns four at a time; the last may stand for some that are not there.
  static void fours(std::uint8_t const* from, index stride, index n, index vectors, std::uint8_t* to) noexcept {
    std::uint8_t four[64];
    for (index t = 0; t < vectors; t += 4) {
      auto const line = [&](index c) LACUNA_INLINE_LAMBDA { return from + std::min(t + c, n - 1) * stride; };
      simd::interleave<Arch>::run(line(0), line(1), line(2), line(3), 0, vectors == 4 ? to : four);
      if (vectors != 4)
        for (index r = 0; r != 16; ++r) std::memcpy(to + r * vectors + t, four + 4 * r, 4);
    }
  }
};

/// X as any_bytes, for kernels of Arch.
template <class Arch, simd::byte X, order OX>
[[nodiscard]] any_bytes few_bytes_of(dense_view<X const, OX> const& x) noexcept {
  using view = dense_view<X const, OX>;
  return {&x, x.rows(), x.cols(), [](void const* self, index first, index vectors, std::uint8_t* to) {
            few_rows<Arch>::run(*static_cast<view const*>(self), first, vectors, to);
          }};
}

/// Elements of int32_t that X takes, in any form; whole lines of 64 bytes for each vector.
[[nodiscard]] constexpr index few_bytes_size(index rows, index vectors) noexcept {
  return (rows + 63) / 64 * 16 * vectors;
}

/// Fills them.
template <class Arch>
void arrange_few_bytes(any_bytes const& x, few_bytes_form form, std::int32_t* to) noexcept {
  auto const vectors = padded_vectors(x.cols);
  auto const line = few_bytes_size(x.rows, 1);
  alignas(64) std::uint8_t some[16 * 8];
  alignas(64) std::int32_t quads[4 * 8];
  for (index q = 0; q < line; q += 4) {
    if (vectors == 1 || form == few_bytes_form::rows) {
      x.sixteen_rows(4 * q, vectors, reinterpret_cast<std::uint8_t*>(to + q * vectors));
      continue;
    }
    auto* const turned = form == few_bytes_form::quads ? to + q * vectors : quads;
    x.sixteen_rows(4 * q, vectors, some);
    auto const turn = [&](auto n) LACUNA_INLINE_LAMBDA {
      using turned_columns = simd::turn_columns<Arch, n>;
      for (index e = 0; e < 16; e += turned_columns::columns)
        turned_columns::run(reinterpret_cast<std::int8_t const*>(some) + e * n,
                            reinterpret_cast<std::int8_t*>(turned) + e * n);
    };
    if (vectors == 4)
      turn(std::integral_constant<int, 4>{});
    else
      turn(std::integral_constant<int, 8>{});
    if (form == few_bytes_form::vectors)
      for (index t = 0; t != x.cols; ++t)
        for (index e = 0; e != 4; ++e) to[t * line + q + e] = quads[e * vectors + t];
  }
}

/// A matrix and its kernel, as one type.
struct any_few_quads {
  void const* a;  // what the kernel multiplies, borrowed
  any_rows rows;  // of the matrix that it is
  index unit;
  few_bytes_form form;
  void (*run)(void const* a, few_inputs<std::int32_t> x, std::int32_t* sums, index stride, index first, index last,
              index width);
};

/// The product of at most `most_few_quads` columns.
template <class Arch>
void multiply_few_quads(any_executor const& exec, any_few_quads const& few, any_bytes const& x,
                        any_output<std::int32_t> const& y) {
  if (x.cols == 0) return;
  constexpr auto lanes = static_cast<index>(simd::batch<std::int32_t, Arch>::size);
  constexpr auto stride = lanes < most_few_quads ? most_few_quads : lanes;
  auto const size =
      lacuna::detail::checked_multiply(few_bytes_size(x.rows, 1), padded_vectors(x.cols), "spmm: copy of X");
  worker_copies<std::int32_t> const copies(size, exec.concurrency(), "spmm: copies of X");
  auto const fill = [&](std::int32_t* to) { arrange_few_bytes<Arch>(x, few.form, to); };
  if (!copies.own()) fill(copies.shared());
  auto const rows = few.rows.rows;
  auto const room = sums_size<Arch, std::int32_t>(std::min(few.unit, rows), stride);
  auto* const all_sums =
      scratch<std::int32_t>(lacuna::detail::checked_multiply(room, exec.concurrency(), "spmm: sums"));
  row_split const split(few.rows, product_ranges(few.rows.stored, x.cols, exec.concurrency()), x.cols, few.unit,
                        few.unit);
  split.run(exec, [&](index begin, index end, index worker) {
    auto* const sums = all_sums + worker * room;
    few_inputs<std::int32_t> const in{copies.of(worker, fill), few_bytes_size(x.rows, 1), few_bytes_size(x.rows, 1)};
    for (index u = begin; u != end; ++u) {
      auto const first = u * few.unit;
      auto const last = std::min(first + few.unit, rows);
      few.run(few.a, in, sums, stride, first, last, x.cols);
      y.finish(sums, stride, first, last, 0, x.cols);
    }
  });
}

/// Y = ep(A X). O(stored * n).
template <class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_few_quads(any_executor const& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y,
                        Epilogue const& ep) {
  using arch = simd::default_arch;
  using few = few_quads<View, arch>;
  using kernel_type = typename few::template kernel<!std::same_as<X, simd::dot4_byte<arch>>>;
  auto const matrix = few::matrix(a);
  using matrix_type = decltype(matrix);
  any_few_quads const any{
      &matrix, rows_of(a), kernel_type::unit(matrix), few::form,
      [](void const* self, few_inputs<std::int32_t> in, std::int32_t* sums, index stride, index first, index last,
         index width) { kernel_type::run(*static_cast<matrix_type*>(self), in, sums, stride, first, last, width); }};
  output<Y, OY, Epilogue> const to{y, ep};
  multiply_few_quads<arch>(exec, any, few_bytes_of<arch>(x), to.template any<arch, std::int32_t>());
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
