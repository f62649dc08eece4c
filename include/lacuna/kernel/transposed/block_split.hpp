// SPDX-License-Identifier: MIT
//
// How A^T X is cut for blocks: strips of columns of X, and tiles of outputs, whose sums stay in L1 or L2 while a worker
// goes through all rows of blocks. So a sum is added up in one order, whoever does it and however outputs are cut.
//
// Tiles of 32 to 128 KB of sums, so that a row of blocks has some hundred slots in each: a visit loads the rows of X
// and ends in a surprise, 40 cycles of the 200 to 400 that a hundred slots take. Zen 5, 4x1 with 128 columns at 50, 80,
// 95 % of the peak, tiles of 128, 256, 512 outputs (32, 64, 128 KB): 82, 87, 83; 75, 82, 88; 69, 77, 80.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/pack_columns.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/transposed/block_scatter.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/arch.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A matrix in blocks whose weights block_scatter takes.
template <class View, class Arch>
concept scattered_blocks = requires(View const& a) {
  requires View::layout::block_rows >= 1;
  requires View::layout::block_cols >= 1;
  a.offsets();
  a.columns();
  requires widenable<Arch, typename View::value_type, accumulator_t<typename View::value_type>>;
};
/// One that is scattered whatever the columns of X: in blocks of two rows and more. A single row stores a sum for each
/// multiply-add: half of the peak at the most.
template <class View, class Arch>
concept scatters_blocks = scattered_blocks<View, Arch> && (View::layout::block_rows >= 2);

/// Slots of single rows as blocks.
template <class T, class I, class Offset>
[[nodiscard]] bsr_view<T, 1, 1, I, Offset> row_blocks(csr_view<T, I, Offset> a) noexcept {
  return {a.rows(), a.cols(), a.offsets(), a.columns(), a.values()};
}
template <class T, int C, class I, class Offset>
[[nodiscard]] bsr_view<T, 1, C, I, Offset> row_blocks(bsr_view<T, 1, C, I, Offset> a) noexcept {
  return a;
}
/// A matrix of single rows that is scattered as blocks where X has few columns, `most_scattered` registers of them.
template <class View, class Arch>
concept scatters_rows = simd::register_count<Arch> < 32 && requires(View const& a) {
  { row_blocks(a) } -> scattered_blocks<Arch>;
};
/// Zen 3, AVX2, 2048x512 at 50, 80, 95 %, times as fast as sorting: csr with 4, 6, 8, 12 registers 1.4, 1.7, 1.9; 1.4,
/// 1.4, 1.6; 1.1, 1.1, 1.4; 0.9, 1.0, 1.1; 1x4 with 4 and 8 registers 1.4, 1.1 at 50 and 95 %; 0.9, 0.8.
template <class View>
inline constexpr index most_scattered =
    decltype(row_blocks(std::declval<View const&>()))::layout::block_cols == 1 ? 7 : 4;
/// Whether `a` is scattered for so many registers of columns of X. Each tile of outputs visits all rows and keeps a
/// place for each, so that rows must have some four slots for every 1024 outputs: Zen 3, csr of 40000x40000 with five
/// slots a row, 16 columns, took 14 times as long otherwise.
template <class View>
[[nodiscard]] bool pays_scattering(View const& a, index registers) noexcept {
  return registers <= most_scattered<View> && a.stored() / 4 >= a.rows() * (a.cols() / 1024);
}

/// Block columns cut into tiles, and where each row of blocks comes to them. The calling thread keeps the memory, until
/// the next are cut.
template <class View>
class column_tiles {
 public:
  /// `count` tiles, at most, of about equal numbers of outputs; of about equal work where several workers share them
  /// and those differ.
  column_tiles(any_executor const& exec, View const& a, index count) : a_(&a) {
    auto const each = detail::ceil_div(a.block_cols(), count);
    count_ = detail::ceil_div(a.block_cols(), each);
    auto* const limits = scratch<index, workspace::columns>(
        count_ + 1 + detail::checked_multiply(count_ - 1, a.block_rows(), "spmm: tiles"));
    for (index t = 0; t <= count_; ++t) limits[t] = std::min(t * each, a.block_cols());
    limits_ = limits;
    if (exec.concurrency() > 1 && count_ > 1) even_out(limits);
    for (index t = 0; t != count_; ++t) widest_ = std::max(widest_, limits[t + 1] - limits[t]);
    if (count_ > 1) find_places(exec, limits + count_ + 1);
  }

  [[nodiscard]] index count() const noexcept { return count_; }
  /// Block columns of the widest.
  [[nodiscard]] index widest() const noexcept { return widest_; }
  /// The first block column of tile t; of the one behind the last, how many there are.
  [[nodiscard]] index first(index t) const noexcept { return limits_[t]; }
  /// The first block of row b of blocks that is not in a tile before t.
  [[nodiscard]] index place(index b, index t) const noexcept {
    if (t == 0) return static_cast<index>(a_->offsets().data()[b]);
    if (t == count_) return static_cast<index>(a_->offsets().data()[b + 1]);
    return limits_[count_ + 1 + (t - 1) * a_->block_rows() + b];
  }

 private:
  /// Blocks that are looked at to see how they are spread over columns: about a microsecond's worth in each product.
  static constexpr index sample = 4096;

  void even_out(index* limits) const {
    auto const columns = a_->block_cols(), rows = a_->block_rows();
    auto* const blocks = scratch<std::uint32_t>(columns);  // a bitmap's columns may be here in workspace::columns
    for (index k = 0; k != columns; ++k) blocks[k] = 1;    // what an output without blocks costs
    auto const step = std::clamp<index>(static_cast<index>(a_->columns().size()) / sample, 1, rows / 16 + 1);
    index all = columns;
    for (index b = 0; b < rows; b += step)
      for (auto e = place(b, 0); e != place(b, count_); ++e, ++all)
        ++blocks[static_cast<index>(a_->columns().data()[e])];
    index most = 0;
    for (index t = 0; t != count_; ++t) {
      index here = 0;
      for (index k = limits[t]; k != limits[t + 1]; ++k) here += blocks[k];
      most = std::max(most, here);
    }
    if (most <= all / count_ + all / count_ / 8) return;
    index k = 0, done = 0;
    for (index t = 1; t != count_; ++t) {
      auto const share = all / count_ * t + all % count_ * t / count_;
      while (done < share) done += blocks[k++];
      limits[t] = k;
    }
  }

  void find_places(any_executor const& exec, index* places) const {
    auto const rows = a_->block_rows();
    exec.for_ranges(rows, std::max<index>(64, rows / (4 * exec.concurrency())), [&](index first, index last, index) {
      auto const* const columns = a_->columns().data();
      for (index b = first; b != last; ++b) {
        auto const *from = columns + place(b, 0), *const end = columns + place(b, count_);
        for (index t = 1; t != count_; ++t) {
          from = std::lower_bound(from, end, limits_[t],
                                  [](auto column, index limit) { return static_cast<index>(column) < limit; });
          places[(t - 1) * rows + b] = from - columns;
        }
      }
    });
  }

  View const* a_;
  index const* limits_ = nullptr;
  index count_ = 0;
  index widest_ = 0;
};

/// Y = ep(A^T X) for A in blocks.
template <class Arch, class View>
struct transposed_blocks {
  using S = accumulator_t<typename View::value_type>;
  using layout = typename View::layout;
  using kernel = block_scatter<Arch, S, layout::block_rows, layout::block_cols>;
  static constexpr index lanes = kernel::lanes;
  any_executor const& exec;
  View a;
  any_input<S> x;
  any_output<S> y;

  void run() const { run_from<kernel::widest>(0); }

 private:
  /// Columns `column` .. of Y in tiles of N registers, then in narrower ones. One of which all registers are taken, the
  /// last perhaps in part, is padded.
  template <int N>
  void run_from(index column) const {
    constexpr index stride = N * lanes;
    auto const strips = (x.cols - column) / stride;
    if (strips != 0) multiply<N>(column, stride, strips);
    column += strips * stride;
    auto const rest = x.cols - column;
    if (rest > stride - lanes) return multiply<N>(column, rest, 1);
    if constexpr (N > 1)
      if (rest != 0) run_from<N / 2>(column);
  }

  /// How many tiles outputs are cut into, where so many strips are multiplied together.
  template <int N>
  [[nodiscard]] index tiles_for(index strips) const noexcept {
    constexpr index line = N * lanes * static_cast<index>(sizeof(S));
    auto const density =
        static_cast<double>(a.stored()) / static_cast<double>(a.rows()) / static_cast<double>(a.cols());
    auto const wanted = 96 / std::max(1e-6, density);  // of no rows NaN, which is not taken
    auto outputs = std::clamp(static_cast<index>(wanted), 32768 / line, 131072 / line);
    if (auto const workers = exec.concurrency(); workers > 1)  // two tiles or strips for each worker
      outputs =
          std::min(outputs, std::max<index>(64, detail::ceil_div(a.cols(), detail::ceil_div(2 * workers, strips))));
    auto const columns = std::max<index>(outputs / layout::block_cols, 1);
    return detail::ceil_div(a.block_cols(), columns);
  }

  /// Columns column .. column + width of Y, strips of N registers; a single one may be filled in part.
  template <int N>
  void multiply(index column, index width, index strips) const {
    constexpr index stride = N * lanes;
    column_tiles<View> const tiles(exec, a, tiles_for<N>(strips));
    auto const as_is = width < stride ? x_strip<S>{} : x.in_place(column, stride, tiles.count());
    bool const packs = as_is.data == nullptr;
    auto const strip_size = packs ? detail::checked_multiply(x.rows, stride, "spmm: copy of X") : stride;
    auto const at_once = !packs ? strips : std::clamp<index>(copies_in_cache(strip_size), 1, strips);
    auto* const copy = packs ? scratch<S, workspace::activations>(strip_size * at_once) : nullptr;
    auto const size = sums_size<Arch, S>(tiles.widest() * layout::block_cols, stride);
    auto* const sums = scratch<S>(detail::checked_multiply(size, exec.concurrency(), "spmm: sums"));
    for (index s0 = 0; s0 < strips; s0 += at_once) {
      auto const count = std::min(at_once, strips - s0);
      if (packs) pack(copy, strip_size, column + s0 * stride, width, stride, count);
      exec.for_ranges(count * tiles.count(), 1, [&](index first, index last, index worker) {
        for (index u = first; u != last; ++u) {
          auto const s = u / tiles.count(), t = u % tiles.count();
          x_strip<S> const from = packs ? x_strip<S>{copy + s * strip_size, stride}
                                        : x_strip<S>{as_is.data + (s0 + s) * stride, as_is.pitch};
          multiply_tile<N>(tiles, t, from, sums + worker * size, column + (s0 + s) * stride, width);
        }
      });
    }
  }

  /// Copies of strips that are made together: one in one thread, else as many as 8 MB hold.
  [[nodiscard]] index copies_in_cache(index strip_size) const noexcept {
    return exec.concurrency() == 1 ? 1 : 8388608 / std::max<index>(strip_size * static_cast<index>(sizeof(S)), 1);
  }

  void pack(S* to, index strip_size, index column, index width, index stride, index count) const {
    exec.for_ranges(x.rows, std::max<index>(64, 32768 / (stride * count)), [&](index first, index last, index) {
      for (index k = first; k < last; k += 64)
        for (index s = 0; s != count; ++s)
          x.pack(column + s * stride, width, to + s * strip_size, stride, k, std::min(k + 64, last));
    });
  }

  template <int N>
  void multiply_tile(column_tiles<View> const& tiles, index t, x_strip<S> from, S* sums, index column,
                     index width) const noexcept {
    constexpr index stride = N * lanes;
    constexpr index height = layout::block_rows;
    auto const origin = tiles.first(t), end = tiles.first(t + 1);
    if (origin == end) return;  // where few outputs have most blocks, tiles that share work have none
    std::fill(sums, sums + (end - origin) * layout::block_cols * stride, S{0});
    for (index b = 0; b != a.block_rows(); ++b) {
      auto const first = tiles.place(b, t), last = tiles.place(b, t + 1);
      if (first != last)
        kernel::template run<N>(a.columns().data(), a.values().data(), first, last, from.data + b * height * from.pitch,
                                from.pitch, std::min(height, a.rows() - b * height), sums, origin);
    }
    y.finish(sums, stride, origin * layout::block_cols, std::min(end * layout::block_cols, a.cols()), column, width);
  }
};

template <class Arch, class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_transposed_blocks(any_executor const& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y,
                                Epilogue const& ep) {
  using S = accumulator_t<typename View::value_type>;
  output<Y, OY, Epilogue> const to{y, ep};
  transposed_blocks<Arch, View>{exec, a, input_of<Arch, S>(x), to.template any<Arch, S>()}.run();
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
