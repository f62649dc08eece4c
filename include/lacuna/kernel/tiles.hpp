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
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/any_tiles.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/finish_row.hpp>
#include <lacuna/kernel/late_finish.hpp>
#include <lacuna/kernel/pack_columns.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/worker_copies.hpp>
#include <lacuna/simd/arch.hpp>

#include <algorithm>
#include <concepts>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// How many strips of X, `width` bytes wide, are packed and multiplied together. In a single thread strips of 256 bytes
/// and more, up to 1 KB of each row, in 512 KB of its caches, or the half where AVX-512 is not in use and L2 may have
/// no more (Zen 3, 512 tokens: csr of 98 % 1.02 to 1.1 times as fast): a group of rows is multiplied by all of them
/// before the next, so that what the processor fetches ahead in a row of Y is what is written soon (up to 5 % of
/// products with 512 columns); but one where few groups read it while it is in L1. Else so many that each worker has
/// eight groups of rows to take, in at most 8 MB.
[[nodiscard]] inline index strips_at_once(index strips, index groups, index bytes, index width,
                                          index workers) noexcept {
  if (workers == 1) {
    if (width < 256 || (groups < 4 && bytes <= 73728)) return 1;
    constexpr index room = lacuna::detail::registers.count >= 32 ? 524288 : 262144;
    return std::max<index>(std::min({strips, 1024 / width, room / std::max<index>(bytes, 1)}), 1);
  }
  auto const wanted = detail::ceil_div(8 * workers, std::max<index>(groups, 1));
  auto const room = std::max<index>(8388608 / std::max<index>(bytes, 1), 1);
  return std::min({strips, wanted, room});
}

/// Rows whose sums are finished together: a block of the kernel; for Y by columns more, as long as each worker has
/// eight groups, because writing 64 bytes of each of 128 columns 8 KB apart costs 28 % of a product of 512 tokens, and
/// writing 1 KB of each 2 %.
[[nodiscard]] constexpr index rows_together(bool by_rows, index block, index rows, index workers) noexcept {
  return by_rows ? block : detail::ceil_div(std::clamp<index>(rows / (8 * workers), 16, 256), block) * block;
}

/// The product by a kernel of register tiles, with sums of S and strips of X of T.
template <class Arch, class S, class T = S>
struct tiles_product {
  static constexpr auto lanes = static_cast<index>(simd::batch<S, Arch>::size);
  any_executor exec;
  any_tiles<Arch, S, T> kernel;
  any_input<T> x;
  any_output<S> y;

  /// Columns `column` .. of Y: in tiles of as many registers as the kernel wants, then in narrower ones. Where the last
  /// register of a tile, or the last narrowest tile, is filled in part, it is padded: two passes over A with half the
  /// tile cost 40 % more.
  void run(index column) const {
    for (int n = kernel.widest; column != x.cols; n /= 2) {
      auto const width = n * lanes;
      if (x.cols - column >= width) column = run_strips(n, column);
      if (auto const rest = x.cols - column; rest > width - kernel.narrowest * lanes) {
        multiply_strips(n, column, rest, 1);
        return;
      }
    }
  }

 private:
  /// As many whole strips as there are from `column` on, in tiles of n registers; returns the column behind them.
  [[nodiscard]] index run_strips(int n, index column) const {
    auto const width = n * lanes;
    auto strips = (x.cols - column) / width;
    auto const groups = detail::ceil_div(kernel.all.rows, together());
    auto const bytes = kernel.inputs * width * static_cast<index>(sizeof(T));
    auto const workers = exec.concurrency();
    auto const at_once = kernel.strip_by_strip && workers == 1
                             ? 1
                             : strips_at_once(strips, groups, bytes, width * static_cast<index>(sizeof(T)), workers);
    if (auto const whole = strips_taken_whole(strips, column, width); whole != 0) {
      multiply_whole_strips(n, column, whole);
      column += whole * width;
      strips -= whole;
    }
    for (; strips > 0; strips -= at_once) {
      auto const count = std::min(at_once, strips);
      multiply_strips(n, column, width, count);
      column += count * width;
    }
    return column;
  }

  [[nodiscard]] index together() const noexcept {
    return rows_together(y.by_rows, kernel.block, kernel.all.rows, exec.concurrency());
  }

  /// `count` strips of columns of the product, each of `registers` registers (the last register of the only one may be
  /// filled in part). The calling thread keeps the memory for the packed X and for the sums of each worker.
  void multiply_strips(int registers, index column, index width, index count) const {
    auto const stride = registers * lanes;
    auto const as_is = width < stride ? x_strip<T>{} : x.in_place(column, stride, kernel.reads);
    bool const packs = as_is.data == nullptr;
    if constexpr (std::same_as<S, T>)
      if (packs && packs_tiles(stride)) return multiply_tile_by_tile(registers, column, width, count);
    // From one strip to the next.
    auto const strip_size = packs ? detail::checked_multiply(kernel.inputs, stride, "spmm: copy of X") : stride;
    auto const pack = [&](T* to, index first, index last) {
      for (index k = first; k < last; k += 64)  // rows that stay in a cache from one strip to the next
        for (index s = 0; s != count; ++s)
          x.pack(column + s * stride, width, to + s * strip_size, stride, k, std::min(k + 64, last));
    };
    worker_copies<T> const copies(packs ? detail::checked_multiply(strip_size, count, "spmm: copy of X") : 0,
                                  packs ? exec.concurrency() : 1, "spmm: copies of X");
    if (packs && !copies.own())
      exec.for_ranges(kernel.inputs, std::max<index>(64, 32768 / (stride * count)),
                      [&](index first, index last, index) { pack(copies.shared(), first, last); });
    index const group = together();
    auto const size = sums_size<Arch, S>(std::min(group, kernel.all.rows), stride);
    auto* const all_sums = scratch<S>(detail::checked_multiply(2 * size, exec.concurrency(), "spmm: sums"));
    bool const one = exec.concurrency() == 1;
    row_split const split(kernel.all, product_ranges(kernel.all.stored, width * count, exec.concurrency()),
                          width * count, group, kernel.row_step, count);
    auto const units = split.units();
    auto const in_group = group / split.unit();
    split.run(exec, [&](index begin, index end, index worker) {
      auto const from =
          packs ? x_strip<T>{copies.of(worker, [&](T* to) { pack(to, 0, kernel.inputs); }), stride} : as_is;
      late_finish<S> late(all_sums + worker * 2 * size, size);
      for (index at = begin, some = 1; at != end; at += some) {
        auto const strip = one ? at % count : at / units;
        auto const unit = one ? at / count : at % units;
        if (in_group != 1) some = std::min({in_group, units - unit, end - at});
        x_strip<T> const part{from.data + strip * strip_size, from.pitch};
        multiply_rows(registers, part, late, unit * split.unit(),
                      std::min((unit + some) * split.unit(), kernel.all.rows), column + strip * stride, width);
      }
      late.rest();
    });
  }

  /// Whether the kernel is to pack each tile of X when it comes to it: in one thread, where there is one block of rows,
  /// so that nobody reads the copy again, and a whole copy would take much of L2. 128x1152 at 80 %, 256 and 512 tokens,
  /// AVX-512: 1.15 to 1.19 times as fast; 64x256, whose copy takes 128 KB, as fast either way.
  [[nodiscard]] bool packs_tiles(index stride) const noexcept {
    return exec.concurrency() == 1 && kernel.all.rows <= kernel.block && kernel.tile != 0 &&
           kernel.inputs * stride * static_cast<index>(sizeof(T)) > 196608 && x.copy_some != nullptr;
  }

  /// As multiply_strips.
  void multiply_tile_by_tile(int registers, index column, index width, index count) const {
    auto const stride = registers * lanes;
    auto* const room =
        scratch<T, workspace::activations>(detail::checked_multiply(kernel.tile, stride, "spmm: copy of X"));
    auto const size = sums_size<Arch, S>(kernel.all.rows, stride);
    auto* const sums = scratch<S>(detail::checked_multiply(2 * size, 1, "spmm: sums"));
    exec.for_ranges(1, 1, [&](index, index, index) {
      late_finish<S> late(sums, size);
      for (index s = 0; s != count; ++s) {
        x_tiles<S> const tiles{&x, column + s * stride, width, room, stride};
        multiply_rows(registers, {room, stride}, late, 0, kernel.all.rows, column + s * stride, width, &tiles);
      }
      late.rest();
    });
  }

  /// How many of so many strips are better packed and multiplied by one worker each, than each by all: as many for
  /// every worker, if they have to be packed and a row of X is used so seldom that fetching what another core has
  /// packed counts. 512x512 at 80 %, 512 tokens, two threads: panel 1.95 times one thread instead of 1.50.
  [[nodiscard]] index strips_taken_whole(index strips, index column, index stride) const noexcept {
    auto const workers = exec.concurrency();
    bool const packs = x.in_place(column, stride, kernel.reads).data == nullptr;
    return workers > 1 && packs && kernel.all.stored / 512 < kernel.inputs ? strips / workers * workers : 0;
  }

  /// `count` strips from `column` on, each by one worker.
  void multiply_whole_strips(int registers, index column, index count) const {
    auto const stride = registers * lanes;
    auto const strip_size = detail::checked_multiply(kernel.inputs, stride, "spmm: copy of X");
    auto* const copies = scratch<T, workspace::activations>(
        detail::checked_multiply(strip_size, exec.concurrency(), "spmm: copies of X"));
    index const group = together();
    auto const size = sums_size<Arch, S>(std::min(group, kernel.all.rows), stride);
    auto* const all_sums = scratch<S>(detail::checked_multiply(2 * size, exec.concurrency(), "spmm: sums"));
    exec.for_ranges(count, 1, [&](index begin, index end, index worker) {
      auto* const mine = copies + worker * strip_size;
      late_finish<S> late(all_sums + worker * 2 * size, size);
      for (index strip = begin; strip != end; ++strip) {
        auto const first_column = column + strip * stride;
        x.pack(first_column, stride, mine, stride, 0, kernel.inputs);
        for (index at = 0; at < kernel.all.rows; at += group)
          multiply_rows(registers, {mine, stride}, late, at, std::min(at + group, kernel.all.rows), first_column,
                        stride);
      }
      late.rest();
    });
  }

  /// Columns column .. column + width of Y, in rows first .. last, from a strip of X. Sums for Y by columns may wait.
  void multiply_rows(int registers, x_strip<T> strip, late_finish<S>& late, index first, index last, index column,
                     index width, x_tiles<S> const* packing = nullptr) const {
    auto const stride = registers * lanes;
    auto const run = kernel.run_of(registers);
    bool const waits = !y.by_rows && kernel.spreads;
    auto* const sums = late.next(waits);
    if (waits && !kernel.finishes_rows) late.spread(detail::ceil_div(last - first, kernel.block));
    for (index i = first; i < last; i += kernel.block) {
      auto const end = std::min(i + kernel.block, last);
      auto* const part = sums + (i - first) * stride;
      bool const empty = kernel.finishes_rows && kernel.inputs == 0;  // without a tile no row is ever done
      if (empty)
        std::fill(part, part + (end - i) * stride, S{0});
      else
        run(kernel.all.a, strip, part, i, end,
            block_output<S>{y, part, i, column, width, waits ? &late : nullptr, packing});
      if (waits && !kernel.finishes_rows) late.some();
      bool const done = kernel.finishes_rows && !empty && y.plain != nullptr;
      if (y.by_rows && !done) y.finish(part, stride, i, end, column, width);
    }
    if (y.by_rows) return;
    late.rest();
    late.start(y, sums, stride, first, last, column, width);
    if (!waits) late.rest();
  }
};

/// Columns column .. of Y = ep(A X) by a kernel with the protocol of row_tile, in tiles of up to Most registers.
/// The kernel reads X in T, or in the type of the sums. Expects shapes that fit and Y apart from the operands.
template <class Kernel, int Most, class T = void, executor E, class View, class X, order OX, class Y, order OY,
          class Epilogue>
void multiply_tiles(E& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep, index column) {
  using arch = simd::default_arch;
  using sum_type = accumulator_t<typename View::value_type>;
  using input_type = std::conditional_t<std::is_void_v<T>, sum_type, T>;
  output<Y, OY, Epilogue> const to{y, ep};
  tiles_product<arch, sum_type, input_type> const product{
      any_executor(exec), tiles_of<Kernel, Most, arch, sum_type, input_type>(a, y.cols()),
      input_of<arch, input_type>(x), to.template any<arch, sum_type>()};
  product.run(column);
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
