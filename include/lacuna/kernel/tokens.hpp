// SPDX-License-Identifier: MIT
//
// Products of tokens whose inputs are neighbours with blocks of int8 that are whole registers high: linear on tokens x
// features, a vector, and two or nine to twelve columns in any order. Others of up to eight take kernel/few_quads.hpp.
//
// Bound: kernel/token_dots.hpp's, and a copy of X, token by token, which turns its bytes into those that dot4 likes and
// keeps tokens from standing multiples of 4 KB apart: those shared the twelve ways of one set of the L1 cache. Tokens
// that stand right already are read in place, which is worth 5 to 20 % of products of 256 rows.
//
// Reached with AVX-512 VNNI, u8 tokens x features to int32, 32x4, of the rate of vpdpbusd in the same run: 256x256 to
// 4096x1024, 128 or 256 tokens, 83 to 94 % at 70 %, 78 to 93 % at 80 % sparsity: 3 to 3.5 and 4.2 to 5.1 times oneDNN's
// dense int8.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/token_dots.hpp>
#include <lacuna/simd/isa.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Whether a view is of blocks of int8 for token_dots.
template <class View, class Arch>
inline constexpr bool takes_tokens = false;
template <int R, class I, class Offset, class Arch>
inline constexpr bool takes_tokens<bsr_view<std::int8_t, R, 4, I, Offset>, Arch> = [] {
  if constexpr (simd::has_batch<Arch, std::int32_t> && simd::has_batch<Arch, std::int8_t>)
    return R % static_cast<int>(simd::batch<std::int32_t, Arch>::size) == 0;
  else
    return false;
}();

/// Columns of X for which token_dots is the better kernel in any order.
inline constexpr index few_tokens = 12;

/// Whether tokens x features are better packed in quads and turned back: blocks one register high, whose dots need an
/// input each of every token, and rows that keep enough to be worth turning sums. Not for registers of 16 bytes. 16x4
/// with AVX-512 on Zen 5, 1024x4096, 2048, 819, 410 inputs a row, 16 tokens 0.76, 0.81, 0.87 of the time, 128 tokens
/// 0.65 to 0.74; 768x3072 with 256, 1536, 614, 307 inputs: 0.9, 0.92, 0.95; 1024x1024 with 384, 512, 205, 102:
/// 0.98, 1.07, 1.24. 8x4 with AVX2, 128 tokens of 1024x4096 and 256 of 768x3072, 819, 614, 410: 0.8.
template <int R, class I, class Offset>
[[nodiscard]] LACUNA_INLINE bool prefers_quads(bsr_view<std::int8_t, R, 4, I, Offset> a) noexcept {
  constexpr int lanes = token_dots<simd::default_arch, R>::lanes;
  return R == lanes && lanes >= 8 && a.stored() >= 400 * R * a.block_rows();
}

/// Whether up to most_few_quads columns are token_dots' rather than few_quads', which arranges X by fours of inputs and
/// repeats weights for each column, with one dot more for all columns where X is flipped: tokens x features, of which
/// nothing has to be turned, X that is flipped, and two columns in any order; a vector if the rows of a block are one
/// or two registers, or half of each block would be read at a time. Not for registers of 16 bytes. Beside few_quads on
/// Zen 5, times as fast, 32x4 and 16x4 at 50 and 80 %, 1024x1024, u8 and s8: a vector 1.2 to 1.7 and 0.94 to 1.3, two
/// columns 1.8 to 2.6 and 1.7 to 2.4; tokens x features 4 columns 1.1 to 1.5 and 1.4 to 1.6, 8 columns 1.4 to 2.3 and
/// 2.0 to 4.3. 2048x2048 from memory, tokens x features: 0.9 to 1.3 and 1.0 to 2.7. AVX2: two columns 2.1 to 2.7,
/// tokens x features 4 columns 1.5 to 1.6, 8 columns 1.4 to 1.7.
template <class X, order OX, order OY, int R>
[[nodiscard]] constexpr bool multiplies_few_tokens(index n) noexcept {
  using dots = token_dots<simd::default_arch, R>;
  constexpr bool flipped = !std::same_as<X, typename dots::byte>;
  if (dots::lanes < 8) return false;
  return n == 1 ? dots::parts == 1 : n == 2 || flipped || (OX == order::col_major && OY == order::col_major);
}

/// Whether the product of such a view with n columns of X is token_dots' rather than few_quads' or one in quads.
template <class X, order OX, order OY, int R, class I, class Offset>
[[nodiscard]] LACUNA_INLINE bool multiplies_tokens(bsr_view<std::int8_t, R, 4, I, Offset> a, index n) noexcept {
  if (n <= most_few_quads) return multiplies_few_tokens<X, OX, OY, R>(n);
  return n <= few_tokens || (OX == order::col_major && OY == order::col_major && !prefers_quads(a));
}

/// Copies of the columns of X, `pitch` bytes apart, flipped if X is not dot4's byte; 0, flipped, behind the last
/// element up to `bytes`.
template <class Arch, simd::byte X, order OX>
void copy_tokens(dense_view<X const, OX> x, index bytes, index pitch, std::uint8_t* to, index first,
                 index last) noexcept {
  constexpr std::uint8_t flip = std::same_as<X, simd::dot4_byte<Arch>> ? 0 : 0x80;
  for (index t = first; t != last; ++t) {
    auto* const line = to + t * pitch;
    index k = 0;
    if constexpr (OX == order::col_major) {
      auto const* const from = reinterpret_cast<std::uint8_t const*>(x.data() + t * x.stride());
      if constexpr (flip == 0) {
        if (x.rows() != 0) std::memcpy(line, from, static_cast<std::size_t>(x.rows()));
        k = x.rows();
      } else {
        for (; k != x.rows(); ++k) line[k] = static_cast<std::uint8_t>(from[k] ^ flip);
      }
    } else {
      for (; k != x.rows(); ++k) line[k] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(x(k, t)) ^ flip);
    }
    for (; k != bytes; ++k) line[k] = flip;
  }
}

/// Whether columns of x can be read where they stand: bytes that dot4 likes, whole and aligned fours, and not padded by
/// a line or more to multiples of 512, by which columns share sets of the cache. Columns that are as long as that
/// themselves, of 4 KB say, share them too and are read in place all the same.
template <class Arch, simd::byte X, order OX>
[[nodiscard]] LACUNA_INLINE bool read_in_place(dense_view<X const, OX> x, index bytes) noexcept {
  if constexpr (OX != order::col_major || !std::same_as<X, simd::dot4_byte<Arch>>)
    return false;
  else
    return x.rows() == bytes && x.stride() % 4 == 0 && reinterpret_cast<std::uintptr_t>(x.data()) % 4 == 0 &&
           (x.stride() % 512 != 0 || x.stride() - x.rows() < 64);
}

/// Writes Y(first + r, column + t) = ep(sums[t * pitch + r]) for r < rows, t < tokens.
template <class Arch, class Y, order OY, class Epilogue>
void finish_tokens(std::int32_t* sums, index pitch, Epilogue const& ep, dense_view<Y, OY> y, index first, index rows,
                   index column, index tokens) noexcept {
  constexpr auto lanes = static_cast<index>(simd::batch<std::int32_t, Arch>::size);
  if constexpr (OY == order::col_major) {
    using batch_type = simd::batch<std::int32_t, Arch>;
    simd::for_each_tile<Arch, std::int32_t, 1>(rows, [&](auto const& tile, index r) LACUNA_INLINE_LAMBDA {
      index t = 0;
      for (; tokens - t >= 4; t += 4) {  // that go through the epilogue together
        batch_type four[4];
        simd::unroll<4>([&](auto k)
                            LACUNA_INLINE_LAMBDA { four[k] = batch_type::load_unaligned(sums + (t + k) * pitch + r); });
        finish_registers(tile, four, ep, y, first + r, column + t, 1);
      }
      for (; t != tokens; ++t)
        finish_register(tile, batch_type::load_unaligned(sums + t * pitch + r), ep, y, first + r, column + t);
    });
  } else if constexpr (std::same_as<Y, std::int32_t> && std::same_as<Epilogue, identity_epilogue>) {
    for (index r = 0; r != rows; ++r)
      for (index t = 0; t != tokens; ++t) y(first + r, column + t) = sums[t * pitch + r];
  } else {
    // By rows, some columns at a time, in the memory behind the sums.
    auto* const turned = sums + tokens * pitch;
    for (index t = 0; t < tokens; t += lanes) {
      auto const width = std::min(lanes, tokens - t);
      for (index r = 0; r != rows; ++r)
        for (index c = 0; c != width; ++c) turned[r * lanes + c] = sums[(t + c) * pitch + r];
      finish<Arch>::run(turned, lanes, ep, y, first, first + rows, column + t, width);
    }
  }
}

/// Y = ep(A X). O(stored * n).
template <int R, class I, class Offset, class X, order OX, class Y, order OY, class Epilogue>
void multiply_tokens(any_executor const& exec, bsr_view<std::int8_t, R, 4, I, Offset> a, dense_view<X const, OX> x,
                     dense_view<Y, OY> y, Epilogue const& ep) {
  using arch = simd::default_arch;
  using dots = token_dots<arch, R>;
  using byte = typename dots::byte;
  using weights = spmm_quads<bsr_layout<R, 4>, arch>;
  constexpr bool flipped = !std::same_as<X, byte>;
  constexpr bool plain =
      OY == order::col_major && std::same_as<Y, std::int32_t> && std::same_as<Epilogue, identity_epilogue>;
  auto const n = y.cols();
  bool const few = n <= few_tokens;
  // Flipped bytes: with few tokens one more, all 0x80, sums up 128 times the weights in the same pass over A.
  auto const lines = n + (flipped && few ? 1 : 0);
  auto const bytes = a.block_cols() * 4;
  bool const copies = lines != n || !read_in_place<arch>(x, bytes);
  auto const pitch = copies ? detail::ceil_div(bytes, index{64}) * 64 + 64 : x.col_stride();
  auto* const copy = copies ? reinterpret_cast<std::uint8_t*>(scratch<std::int32_t, workspace::activations>(
                                  detail::checked_multiply(lines, pitch, "spmm: copy of X") / 4))
                            : nullptr;
  if (copies)
    exec.for_ranges(n, std::max<index>(16384 / pitch, 1),
                    [&](index first, index last, index) { copy_tokens<arch>(x, bytes, pitch, copy, first, last); });
  auto const* const inputs = reinterpret_cast<byte const*>(copies ? copy : static_cast<void const*>(x.data()));
  if (lines != n) std::memset(copy + n * pitch, 0x80, static_cast<std::size_t>(bytes));
  std::int32_t* start = nullptr;
  if (flipped && !few) {
    start = scratch<std::int32_t, workspace::row_sums>(a.block_rows() * R);
    row_split const split(rows_of(a), product_ranges(a.stored(), 1, exec.concurrency()), 1, R, R);
    split.run(exec, [&](index first, index last, index) {
      weights::weight_sums(a, simd::flip_correction<X>, start, first, last);
    });
  }
  index const at_once = few ? lines : dots::widest;
  auto const room = at_once * R + R * dots::lanes;
  auto* const all_sums = scratch<std::int32_t>(room * exec.concurrency());
  auto const* const offsets = a.offsets().data();
  row_split const split(rows_of(a), product_ranges(a.stored(), n, exec.concurrency()), n, R, R);
  split.run(exec, [&](index begin, index end, index worker) {
    auto* const sums = all_sums + worker * room;
    for (index t = 0; t < lines; t += at_once) {
      auto const tokens = std::min(at_once, lines - t);
      for (index b = begin; b != end; ++b) {
        auto const rows = std::min<index>(R, a.rows() - b * R);
        auto* to = sums;
        index to_pitch = R;
        if constexpr (plain)
          if (rows == R && lines == n) {
            to = &y(b * R, t);
            to_pitch = y.stride();
          }
        dots::run(a.columns().data(), a.values().data(), static_cast<index>(offsets[b]),
                  static_cast<index>(offsets[b + 1]), inputs + t * pitch, pitch, tokens,
                  start == nullptr ? nullptr : start + b * R, to, to_pitch, few);
        if (to != sums) continue;
        if (lines != n)
          for (index c = 0; c != n; ++c)
            for (index r = 0; r != R; ++r) {
              auto const sum = static_cast<std::uint32_t>(sums[c * R + r]);
              sums[c * R + r] = static_cast<std::int32_t>(sum - static_cast<std::uint32_t>(sums[n * R + r]));
            }
        finish_tokens<arch>(sums, index{R}, ep, y, b * R, rows, t, lines == n ? tokens : n);
      }
    }
  });
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
