// SPDX-License-Identifier: MIT
//
// Rows of int8 that share columns, whichever those are, times a few vectors: quads made of any four columns, some
// hundred at a time. What blocks of one column, rows of csr and bands of N:M share.
//
// x stands column by column, a byte for each vector. What a piece of the list meets is copied from there to L1, and it
// and the weights are turned, four columns at a time, so that they are quads of blocks of one column (column_dot).
// Bound, per column of 1, 4 or 8 vectors: its index and one load, at three a cycle, and for four columns 3 to 8
// shuffles and as many stores as there are vectors in 4; R / 4 shuffles, loads and stores for weights of R rows; and
// what column_dot takes for one quad: for 4x1 1.3 cycles a block of 8 bytes. Values and columns are asked for 2 KB
// ahead: a piece reads each array in a burst. Reached with AVX-512 VNNI, one column, 4096x4096 at 80 % from L3, beside
// a loop that only reads at 23 GB/s: 4x1 10 GB/s (42 %), twice the cycles of the bound, 16x1 17 GB/s (75 %);
// 2048x2048, weights of 64 MB in turns, 1 and 8 columns, of a loop that reads them at 11 to 14 GB/s: 4x1 75 and 76 % at
// 80 % sparsity, 83 and 84 at 95 %; 16x1 62 and 61, 86 and 81 %. Without asking 4x1 52 and 52, 16x1 54 and 49.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/block_rows.hpp>
#include <lacuna/kernel/column_dot.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/few_columns/bsr.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Columns that are gathered at a time.
inline constexpr index gathered_columns = 256;

/// Quads of a piece, one after the other.
inline constexpr auto every_quad = [] {
  std::array<std::uint16_t, static_cast<std::size_t>(gathered_columns / 4)> number{};
  for (std::size_t q = 0; q != number.size(); ++q) number[q] = static_cast<std::uint16_t>(q);
  return number;
}();

/// Asks for a quad's part of an array some way behind p.
template <int Bytes>
LACUNA_INLINE void ask_for_quad(void const* p) noexcept {
  simd::prefetch_ahead<(Bytes > 0 ? Bytes : 1)>(p, simd::stream_ahead);
}

/// A piece of columns of R rows, gathered for so many vectors.
template <class Arch, int R, int Vectors>
class gathered_quads {
 public:
  /// piece(blocks, 0, count, x) as column_dot has it, for columns first .. last of a list, some at a time: column(e) is
  /// the place of number e in x, weights(from, to, quads) writes the quads of columns from .. to, zeros behind the
  /// last, and ask(e) asks for what comes some way behind columns e .. e + 4.
  template <class Column, class Weights, class Ask, class F>
  LACUNA_INLINE void run(index first, index last, std::uint8_t const* x, Column&& column, Weights&& weights, Ask&& ask,
                         F&& piece) noexcept {
    for (; first < last; first += gathered_columns) {
      auto const count = std::min(gathered_columns, last - first);
      auto const quads = (count + 3) / 4;
      auto const copy = [&](index e) LACUNA_INLINE_LAMBDA {
        std::memcpy(found_ + e * Vectors, x + column(first + e) * Vectors, static_cast<std::size_t>(Vectors));
      };
      index e = 0;
      for (; e != count / 4 * 4; e += 4) {
        ask(first + e);
        simd::unroll<4>([&](auto c) LACUNA_INLINE_LAMBDA { copy(e + c); });
      }
      for (; e != count; ++e) copy(e);
      std::memset(found_ + e * Vectors, 0, static_cast<std::size_t>((4 * quads - e) * Vectors));
      // After the columns: bytes have left for the cache before wider loads read them, and the last weights of a piece
      // of 16x1 were asked for along with its columns. 16x1, weights of 64 MB in turns, one column: 1.2 times the
      // speed.
      weights(first, first + count, weight_);
      turn(4 * quads);
      block_list const blocks{every_quad.data(), reinterpret_cast<quad const*>(weight_), quads, quads};
      piece(blocks, index{0}, quads, static_cast<std::int32_t const*>(quad_));
    }
  }

 private:
  /// The first `count` columns.
  LACUNA_INLINE void turn(index count) noexcept {
    auto* const to = reinterpret_cast<std::int8_t*>(quad_);
    if constexpr (Vectors == 1) {
      std::memcpy(to, found_, static_cast<std::size_t>(count));
    } else {
      using turned = simd::turn_columns<Arch, Vectors>;
      for (index e = 0; e < count; e += turned::columns) turned::run(found_ + e * Vectors, to + e * Vectors);
    }
  }

  alignas(64) std::int8_t found_[static_cast<std::size_t>(gathered_columns * Vectors)] = {};
  alignas(64) std::int8_t weight_[static_cast<std::size_t>(gathered_columns * R)];
  alignas(64) std::int32_t quad_[static_cast<std::size_t>(gathered_columns / 4 * Vectors)];
};

/// Few columns of X with bands of R rows that share columns. Lists::visit(a, b, f) calls f(first, last, column,
/// weights) for pieces of band b, as gathered_quads::run has them.
template <int R, class Arch, class Lists, bool Flipped>
struct few_columns_of_lists {
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return (16 + R - 1) / R * R;
  }
  template <class View>
  static void run(View a, few_inputs<std::int32_t> x, std::int32_t* sums, index stride, index first, index last,
                  index width) noexcept {
    with_vectors<quad>(width,
                       [&](auto n) LACUNA_INLINE_LAMBDA { run_vectors<n>(a, x.data, sums, stride, first, last); });
  }

 private:
  template <int Vectors, class View>
  static void run_vectors(View a, std::int32_t const* x, std::int32_t* sums, index stride, index first,
                          index last) noexcept {
    gathered_quads<Arch, R, Vectors> gathered;
    for (index b = first / R; b * R < last; ++b)
      column_dot<Arch, std::int32_t, R, Vectors, Flipped>::run(
          [&](auto&& piece) LACUNA_INLINE_LAMBDA {
            Lists::visit(
                a, b, [&](index from, index to, auto&& column, auto&& weights, auto&& ask) LACUNA_INLINE_LAMBDA {
                  gathered.run(from, to, reinterpret_cast<std::uint8_t const*>(x), column, weights, ask, piece);
                });
          },
          [&](index r, std::int32_t const* of_row) LACUNA_INLINE_LAMBDA {
            auto const i = b * R + r;
            if (i >= first && i < last) std::copy(of_row, of_row + Vectors, sums + (i - first) * stride);
          });
  }
};

/// What few_quads has for bands of R rows, given by Lists.
template <int R, class Arch, class Lists>
struct few_quads_of_lists {
  static constexpr bool available = true;
  static constexpr auto form = few_bytes_form::rows;
  template <class View>
  [[nodiscard]] LACUNA_INLINE static View matrix(View a) noexcept {
    return a;
  }
  template <bool Flipped>
  using kernel = few_columns_of_lists<R, Arch, Lists, Flipped>;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
