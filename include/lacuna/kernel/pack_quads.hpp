// SPDX-License-Identifier: MIT
//
// Some columns of an X of bytes side by side in memory, in quads: the bytes of four rows of a column are neighbours.
//
// Bound: a byte moved for each byte of X, once, whatever the number of rows of A: by rows 12 shuffles for four
// registers, 8 for 64 bytes where less is left, by columns (tokens x features) a transpose of lanes of 32 bits.
// With AVX-512 64 columns at a time instead of 16 make products of blocks of 32x4 with 128 tokens take 0.82 (256x256)
// to 0.96 of the time (1024x1024) at 90 % sparsity, 0.97 to 0.98 at 70 % (Zen 5).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/kernel/pack_columns.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Writes rows first .. last of quads: quad q of column column + c, for c < width, is the four bytes x(4q ... 4q + 3,
/// column + c) at to + q * stride + c, each flipped if X is not the type that dot4 likes on Arch. Bytes below the last
/// row of X are 0, flipped; columns width .. stride hold anything.
template <class Arch>
struct pack_quads {
  using byte = simd::dot4_byte<Arch>;
  using batch_type = simd::batch<std::uint8_t, Arch>;
  static constexpr auto bytes = static_cast<index>(batch_type::size);

  template <simd::byte X>
  static void run(dense_view<X const> x, index column, index width, std::int32_t* to, index stride, index first,
                  index last) noexcept {
    constexpr std::uint8_t flip = std::same_as<X, byte> ? 0 : 0x80;
    for (index q = first; q != last; ++q) {
      auto* const line = reinterpret_cast<std::uint8_t*>(to + q * stride);
      std::uint8_t const* row[4];
      for (index b = 0; b != 4; ++b)
        row[b] = 4 * q + b < x.rows() ? reinterpret_cast<std::uint8_t const*>(&x(4 * q + b, column)) : nullptr;
      index c = 0;
      if (row[3] != nullptr) {
        if constexpr (bytes > 16)
          for (; c + bytes <= width; c += bytes) run_registers(row, c, flip, line + 4 * c);
        for (; c + 16 <= width; c += 16)
          simd::interleave<Arch>::run(row[0] + c, row[1] + c, row[2] + c, row[3] + c, flip, line + 4 * c);
      }
      for (; c != width; ++c)
        for (index b = 0; b != 4; ++b)
          line[4 * c + b] = static_cast<std::uint8_t>((row[b] == nullptr ? 0 : row[b][c]) ^ flip);
    }
  }

  template <simd::byte X>
  static void run(dense_view<X const, order::col_major> x, index column, index width, std::int32_t* to, index stride,
                  index first, index last) noexcept {
    constexpr index lanes = bytes / 4;
    batch_type const flip(std::uint8_t{std::same_as<X, byte> ? 0 : 0x80});
    for (index c = 0; c < width; c += lanes) {
      auto const columns = std::min(lanes, width - c);
      for (index q = first; q < last; q += lanes) {
        auto const quads = std::min(lanes, last - q);
        auto const left = std::min(bytes, x.rows() - 4 * q);  // of each column
        simd::batch<float, Arch> block[static_cast<std::size_t>(lanes)];
        for (index l = 0; l != lanes; ++l) {
          batch_type some(std::uint8_t{0});
          if (l < columns && left > 0) {
            auto const* const p = reinterpret_cast<std::uint8_t const*>(&x(4 * q, column + c + l));
            if (left == bytes) {
              some = batch_type::load_unaligned(p);
            } else {
              alignas(64) std::uint8_t copy[static_cast<std::size_t>(bytes)] = {};
              std::memcpy(copy, p, static_cast<std::size_t>(left));
              some = batch_type::load_unaligned(copy);
            }
          }
          block[l] = simd::bits_as<float>(some ^ flip);
        }
        simd::transpose<Arch, float>::run(block);
        for (index l = 0; l != quads; ++l)
          simd::bits_as<std::int32_t>(block[l]).store_unaligned(to + (q + l) * stride + c);
      }
    }
  }

 private:
  /// The bytes from c on of four rows, a register of each.
  LACUNA_INLINE static void run_registers(std::uint8_t const* const (&row)[4], index c, std::uint8_t flip,
                                          std::uint8_t* to) noexcept {
    batch_type four[4];
    simd::unroll<4>([&](auto b) LACUNA_INLINE_LAMBDA {
      four[b] = simd::interleave_lines<Arch>::order(batch_type::load_unaligned(row[b] + c)) ^ batch_type(flip);
    });
    simd::interleave_lines<Arch>::run(four);
    simd::unroll<4>([&](auto n) LACUNA_INLINE_LAMBDA { four[n].store_unaligned(to + n * bytes); });
  }
};

/// Writes rows 4 * first .. 4 * last of X, as far as there are, as lines of `stride` bytes at to + row * stride / 4:
/// the bytes of columns column .. column + width, flipped likewise. A line is one register or two in the order of
/// simd::interleave_lines, or half of one in that of simd::interleave_half_lines, as `stride` says. Columns width ..
/// stride hold anything.
template <class Arch>
struct pack_lines {
  using byte = simd::dot4_byte<Arch>;
  using batch_type = simd::batch<std::uint8_t, Arch>;
  using half_lines = simd::interleave_half_lines<Arch>;
  static constexpr auto bytes = static_cast<index>(batch_type::size);
  static constexpr index most = 2 * bytes;  // of a line

  template <simd::byte X>
  static void run(dense_view<X const> x, index column, index width, std::int32_t* to, index stride, index first,
                  index last) noexcept {
    constexpr std::uint8_t flip = std::same_as<X, byte> ? 0 : 0x80;
    alignas(batch_type) std::uint8_t copy[static_cast<std::size_t>(most)] = {};
    for (index k = 4 * first; k < std::min(4 * last, x.rows()); ++k) {
      auto const* from = reinterpret_cast<std::uint8_t const*>(&x(k, column));
      // Behind a row are the next ones of X, if it has no others beside it, but for the last of them.
      bool const readable = x.stride() == x.cols() && (x.rows() - 1 - k) * x.stride() + width >= stride;
      if (width < stride && !readable) {
        std::memcpy(copy, from, static_cast<std::size_t>(width));
        from = copy;
      }
      auto* const out = reinterpret_cast<std::uint8_t*>(to) + k * stride;
      if (half_lines::pays && stride < bytes) {
        half_lines::order(from, flip, out);
        continue;
      }
      for (index c = 0; c != stride; c += bytes) {
        auto const some = batch_type::load_unaligned(from + c);
        (simd::interleave_lines<Arch>::order(some) ^ batch_type(flip)).store_unaligned(out + c);
      }
    }
  }

  /// By quads, some at a time.
  template <simd::byte X>
  static void run(dense_view<X const, order::col_major> x, index column, index width, std::int32_t* to, index stride,
                  index first, index last) noexcept {
    constexpr index some = bytes / 4;
    alignas(batch_type) std::int32_t quads[static_cast<std::size_t>(some * most)];
    std::fill_n(quads, some * stride, 0);
    for (index q = first; q < last && 4 * q < x.rows(); q += some) {
      auto const end = std::min(q + some, last);
      dense_view<X const, order::col_major> const part(x.data() + 4 * q, x.rows() - 4 * q, x.cols(), x.stride());
      pack_quads<Arch>::run(part, column, width, quads, stride, 0, end - q);
      for (index k = 4 * q; k < std::min(4 * end, x.rows()); k += 4) {
        auto* const out = reinterpret_cast<std::uint8_t*>(to) + k * stride;
        auto const* const from = quads + (k / 4 - q) * stride;
        if (half_lines::pays && stride < bytes) {
          batch_type quad[2];
          load(from, quad);
          half_lines::undo(quad, out, stride, static_cast<int>(std::min<index>(4, x.rows() - k)));
          continue;
        }
        for (index c = 0; c != stride; c += bytes) {
          batch_type line[4];
          load(from + c, line);
          simd::interleave_lines<Arch>::undo(line);
          for (index b = 0; b != 4 && k + b < x.rows(); ++b) line[b].store_unaligned(out + b * stride + c);
        }
      }
    }
  }

 private:
  template <std::size_t N>
  LACUNA_INLINE static void load(std::int32_t const* from, batch_type (&to)[N]) noexcept {
    simd::unroll<static_cast<int>(N)>([&](auto j) LACUNA_INLINE_LAMBDA {
      to[j] = simd::bits_as<std::uint8_t>(simd::batch<std::int32_t, Arch>::load_aligned(from + j * (bytes / 4)));
    });
  }
};

/// X in quads for the drivers of products: rows / 4 rows, rounded up to `rows`.
template <class Arch, simd::byte X, order OX>
[[nodiscard]] any_input<std::int32_t> quads_of(dense_view<X const, OX> const& x, index rows) noexcept {
  using view = dense_view<X const, OX>;
  return {&x, rows, x.cols(), [](void const*, index, index, index) { return x_strip<std::int32_t>{}; },
          [](void const* self, index column, index width, std::int32_t* to, index stride, index first, index last) {
            pack_quads<Arch>::run(*static_cast<view const*>(self), column, width, to, stride, first, last);
          }};
}

/// The same in lines.
template <class Arch, simd::byte X, order OX>
[[nodiscard]] any_input<std::int32_t> lines_of(dense_view<X const, OX> const& x, index rows) noexcept {
  using view = dense_view<X const, OX>;
  auto in = quads_of<Arch>(x, rows);
  in.copy = [](void const* self, index column, index width, std::int32_t* to, index stride, index first, index last) {
    pack_lines<Arch>::run(*static_cast<view const*>(self), column, width, to, stride, first, last);
  };
  return in;
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
