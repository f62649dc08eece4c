// SPDX-License-Identifier: MIT
//
// The product by a kernel of register tiles: X is packed in strips of columns, blocks of rows are summed up, and their
// sums finished while they are in the cache.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/pack_columns.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/worker_copies.hpp>
#include <lacuna/simd/arch.hpp>

#include <algorithm>

namespace lacuna::kernel::inline LACUNA_ISA {

/// How many strips of X are packed and multiplied together: one in a single thread, which reads it from its caches;
/// else so many that each worker has eight groups of rows to take, in at most 8 MB.
[[nodiscard]] inline index strips_at_once(index strips, index groups, index bytes, index workers) noexcept {
  if (workers == 1) return 1;
  auto const wanted = detail::ceil_div(8 * workers, std::max<index>(groups, 1));
  auto const room = std::max<index>(8388608 / std::max<index>(bytes, 1), 1);
  return std::min({strips, wanted, room});
}

/// Rows whose sums are finished together: a block of the kernel; for Y by columns more, as long as each worker has
/// eight groups, because writing 64 bytes of each of 128 columns 8 KB apart costs 28 % of a product of 512 tokens, and
/// writing 1 KB of each 2 %.
template <order OY>
[[nodiscard]] constexpr index rows_together(index block, index rows, index workers) noexcept {
  if constexpr (OY == order::row_major)
    return block;
  else
    return detail::ceil_div(std::clamp<index>(rows / (8 * workers), 16, 256), block) * block;
}

/// A strip of X where it stands, if that is best: side by side for every kernel, rows apart for one that takes their
/// pitch and reads each seldom.
template <class Kernel, class S, class View, class X, order OX>
[[nodiscard]] x_strip<S> find_in_place(View const& a, dense_view<X const, OX> x, index column, index stride) noexcept {
  auto const found = in_place<S>(x, column, stride);
  if constexpr (requires { Kernel::takes_pitch; })
    if (found.data == nullptr) return apart_in_place<S>(x, column, stride, a.stored() / std::max<index>(a.cols(), 1));
  return found;
}

/// Columns column .. column + width of Y, in rows first .. last, from a strip of X of N registers.
template <class Kernel, int N, class View, class S, class Y, order OY, class Epilogue>
void multiply_rows(View a, x_strip<S> x, S* sums, dense_view<Y, OY> y, Epilogue const& ep, index first, index last,
                   index column, index width) {
  using arch = simd::default_arch;
  constexpr auto stride = static_cast<index>(N * simd::batch<S, arch>::size);
  index const block = Kernel::block(a);
  for (index i = first; i < last; i += block) {
    auto const end = std::min(i + block, last);
    auto* const part = sums + (i - first) * stride;
    if constexpr (requires { Kernel::finishes_rows; }) {
      finish_row<arch, N, S, Y, OY, Epilogue> const done{part, ep, y, i, column, width};
      if (a.cols() == 0)  // without a tile no row is ever done
        std::fill(part, part + (end - i) * stride, S{0});
      else if constexpr (requires { Kernel::takes_pitch; })
        Kernel::template run<N>(a, x.data, x.pitch, part, i, end, done);
      else
        Kernel::template run<N>(a, x.data, part, i, end, done);
      if (done.direct && a.cols() != 0) continue;
    } else {
      Kernel::template run<N>(a, x.data, part, i, end);
    }
    if constexpr (OY == order::row_major) finish<arch>::run(part, stride, ep, y, i, end, column, width);
  }
  if constexpr (OY != order::row_major) finish<arch>::run(sums, stride, ep, y, first, last, column, width);
}

/// `count` strips of columns of the product, each of N registers (the last register of the only one may be filled in
/// part). The calling thread keeps the memory for the packed X and for the sums of each worker.
template <class Kernel, int N, executor E, class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_strips(E& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep, index column,
                     index width, index count) {
  using arch = simd::default_arch;
  using sum_type = accumulator_t<typename View::value_type>;
  constexpr auto stride = static_cast<index>(N * simd::batch<sum_type, arch>::size);
  auto const as_is = width < stride ? x_strip<sum_type>{} : find_in_place<Kernel, sum_type>(a, x, column, stride);
  bool const packs = as_is.data == nullptr;
  // From one strip to the next.
  auto const strip_size = packs ? detail::checked_multiply(x.rows(), stride, "spmm: copy of X") : stride;
  auto const pack = [&](sum_type* to, index first, index last) {
    for (index s = 0; s != count; ++s)
      pack_columns<arch>::run(x, column + s * stride, width, to + s * strip_size, stride, first, last);
  };
  worker_copies<sum_type> const copies(packs ? detail::checked_multiply(strip_size, count, "spmm: copy of X") : 0,
                                       packs ? exec.concurrency() : 1, "spmm: copies of X");
  if (packs && !copies.own())
    exec.for_ranges(x.rows(), std::max<index>(64, 32768 / (stride * count)),
                    [&](index first, index last, index) { pack(copies.shared(), first, last); });
  index const group = rows_together<OY>(Kernel::block(a), a.rows(), exec.concurrency());
  auto const groups = detail::ceil_div(a.rows(), group);
  auto const size = sums_size<arch, sum_type>(std::min(group, a.rows()), stride);
  auto* const all_sums = scratch<sum_type>(detail::checked_multiply(size, exec.concurrency(), "spmm: sums"));
  auto const grain = product_grain(groups * count, a.stored(), width * count, exec.concurrency());
  exec.for_ranges(groups * count, grain, [&](index begin, index end, index worker) {
    auto const from =
        packs ? x_strip<sum_type>{copies.of(worker, [&](sum_type* to) { pack(to, 0, x.rows()); }), stride} : as_is;
    for (index unit = begin; unit != end; ++unit) {
      auto const strip = unit / groups;
      auto const first_row = unit % groups * group;
      multiply_rows<Kernel, N>(a, x_strip<sum_type>{from.data + strip * strip_size, from.pitch},
                               all_sums + worker * size, y, ep, first_row, std::min(first_row + group, a.rows()),
                               column + strip * stride, width);
    }
  });
}

/// Columns column .. of Y = ep(A X) by a kernel with the protocol of row_tile: in tiles of N registers as far as it
/// takes them so wide, then in narrower ones. Where the last register of a tile is filled in part, it is padded: two
/// passes over A with half the tile cost 40 % more. Expects shapes that fit and Y apart from the operands.
template <class Kernel, int N, executor E, class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_tiles(E& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep, index column) {
  using sum_type = accumulator_t<typename View::value_type>;
  constexpr auto lanes = static_cast<index>(simd::batch<sum_type, simd::default_arch>::size);
  constexpr auto width = N * lanes;
  if (N == 1 || N <= Kernel::widest(a)) {
    auto strips = (y.cols() - column) / width;
    auto const groups = detail::ceil_div(a.rows(), rows_together<OY>(Kernel::block(a), a.rows(), exec.concurrency()));
    auto const at_once =
        strips_at_once(strips, groups, x.rows() * width * static_cast<index>(sizeof(sum_type)), exec.concurrency());
    for (; strips > 0; strips -= at_once) {
      auto const count = std::min(at_once, strips);
      multiply_strips<Kernel, N>(exec, a, x, y, ep, column, width, count);
      column += count * width;
    }
    if (auto const rest = y.cols() - column; rest > width - lanes)
      return multiply_strips<Kernel, N>(exec, a, x, y, ep, column, rest, 1);
  }
  if constexpr (N > 1) multiply_tiles<Kernel, N / 2>(exec, a, x, y, ep, column);
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
