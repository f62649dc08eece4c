// SPDX-License-Identifier: MIT
//
// Rows of int8 that share columns, whichever those are: quads made of any four of them. What blocks of one column and
// bands of N:M share.
//
// X stands in lines of one register of bytes (kernel/pack_quads.hpp), four of which become four registers of quads by
// eight shuffles (simd::interleave_lines), made once for all R rows; the weights of four columns are brought together
// once for a product. Bound, per quad and tile, on the two ports that dots and shuffles share: 4 R + 8 instructions, so
// that the dots are at 67, 80 and 89 % of their peak with R = 4, 8, 16; quads of the last are stored and loaded again.
// Source of the layout of blocks: "Intel Extension for Transformers", SpMM VNNI, whose kernel needs 4 shuffles and
// merges for each 4 dots, 50 %.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/quad_rows.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Keeps the quads that it makes.
template <class Source, class Register>
struct kept_quads {
  Source source;
  std::int32_t* made;  // aligned to registers

  [[nodiscard]] LACUNA_INLINE quad_place operator()(index q) const noexcept { return source(q); }
  LACUNA_INLINE void load(index q, std::int32_t const* x, Register (&quad)[4]) const noexcept {
    constexpr auto bytes = static_cast<index>(Register::size);
    source.load(q, x, quad);
    simd::unroll<4>([&](auto b) LACUNA_INLINE_LAMBDA {
      simd::bits_as<std::int32_t>(quad[b]).store_aligned(made + q * bytes + b * (bytes / 4));
    });
  }
};

/// Quads of the columns first .. last (last > first) that a row of blocks of C columns stores, made of lines of X. The
/// last one repeats columns; so do columns that the matrix does not have. Their weights are 0.
template <class Arch, int R, int C, class I>
struct column_quads {
  using byte = simd::dot4_byte<Arch>;
  static constexpr index line = 4 * static_cast<index>(simd::batch<std::int32_t, Arch>::size);  // bytes
  I const* columns;
  std::int8_t const* weights;
  index first;
  index last;
  index cols;

  [[nodiscard]] LACUNA_INLINE quad_place operator()(index q) const noexcept { return {weights + q * (R * 4), q}; }
  [[nodiscard]] LACUNA_INLINE index column(index e) const noexcept {
    auto const at = e < last ? e : last - 1;
    if constexpr (C == 1)
      return static_cast<index>(columns[at]);
    else
      return std::min(static_cast<index>(columns[at / C]) * C + at % C, cols - 1);
  }
  LACUNA_INLINE void load(index q, std::int32_t const* x, simd::batch<byte, Arch> (&quad)[4]) const noexcept {
    using batch_type = simd::batch<std::uint8_t, Arch>;
    auto const* const lines = reinterpret_cast<std::uint8_t const*>(x);
    batch_type four[4];
    simd::unroll<4>([&](auto b) LACUNA_INLINE_LAMBDA {
      four[b] = batch_type::load_unaligned(lines + column(first + 4 * q + b) * line);
    });
    simd::interleave_lines<Arch>::run(four);
    simd::unroll<4>([&](auto b) LACUNA_INLINE_LAMBDA { quad[b] = simd::bits_as<byte>(four[b]); });
  }
};

/// Quads that stand one after the other.
template <int R>
struct stored_quads {
  std::int8_t const* weights;
  [[nodiscard]] LACUNA_INLINE quad_place operator()(index q) const noexcept { return {weights + q * (R * 4), q}; }
};

/// Tiles of dots for R rows that share columns, blocks of them C wide.
template <class Arch, int R, int C>
struct quads_of_columns {
  static constexpr int registers = 4;  // the only width there is: quads are made of whole registers of bytes
  using rows = quad_rows<Arch, R, 4, registers>;

  /// Bytes of the weights of a list of columns e .. end, as `arrange` brings them together.
  [[nodiscard]] LACUNA_INLINE static constexpr index arranged(index columns) noexcept {
    return (columns + 3) / 4 * (R * 4);
  }
  /// Block n of R rows and C columns stands at values + n * R * C; the weights of columns begin .. end, four at a time.
  static void arrange(std::int8_t const* values, index begin, index end, std::int8_t* quad) noexcept {
    for (index e = begin; e < end; e += 4, quad += R * 4) {
      if constexpr (C == 1)
        if (end - e >= 4) {
          simd::turn_columns<Arch, R>::run(values + e * R, quad);
          continue;
        }
      for (index r = 0; r != R; ++r)
        for (index c = 0; c != 4; ++c) {
          auto const at = e + c;
          quad[r * 4 + c] = at < end ? values[(at / C * R + r) * C + at % C] : std::int8_t{0};
        }
    }
  }
  /// sums[r] = factor times the sum of row r of columns begin .. end; wraps around, as dot4 does.
  static void weight_sums(std::int8_t const* values, index begin, index end, std::int32_t factor,
                          std::int32_t* sums) noexcept {
    std::uint32_t sum[std::size_t{R}] = {};
    for (index e = begin / C; e != end / C; ++e)
      for (int r = 0; r != R; ++r)
        for (int c = 0; c != C; ++c) sum[r] += static_cast<std::uint32_t>(values[(e * R + r) * C + c]);
    for (int r = 0; r != R; ++r) sums[r] = static_cast<std::int32_t>(static_cast<std::uint32_t>(factor) * sum[r]);
  }

  /// See quad_rows::run, for the columns of the source, with lines of X.
  template <class Source>
  LACUNA_INLINE static void run(Source const& source, std::int32_t const* x, std::int32_t const* start,
                                std::int32_t* to, index pitch, index low, index high) noexcept {
    auto const count = (source.last - source.first + 3) / 4;
    if constexpr (rows::parts::count == 1 && rows::registers == 4)
      rows::run(source, 0, count, x, start, to, pitch, low, high);
    else
      run_stored(source, count, x, start, to, pitch, low, high);
  }

 private:
  /// Quads are made once for all parts of the rows, as many at a time as stay in the L1 cache.
  template <class Source>
  static void run_stored(Source source, index count, std::int32_t const* x, std::int32_t const* start, std::int32_t* to,
                         index pitch, index low, index high) noexcept {
    using byte = simd::dot4_byte<Arch>;
    using kept = kept_quads<Source, simd::batch<byte, Arch>>;
    constexpr index most = 64;
    alignas(64) std::int32_t made[static_cast<std::size_t>(most * rows::line)];
    for (index from = 0; from == 0 || from < count; from += most) {
      auto const some = std::min(most, count - from);
      auto part = source;
      part.weights += from * (R * 4);
      part.first += from * 4;
      kept const keeps{part, made};
      if constexpr (R % 4 == 0 && quad_rows<Arch, 4, 4, registers>::registers == 4) {
        using four = quad_rows<Arch, 4, 4, registers>;
        for (index r = 0; r != R; r += 4) {
          auto const* const from_row = start == nullptr ? nullptr : start + r;
          if (r == 0)
            four::run(keeps, 0, some, x, from_row, to, pitch, low, high, from != 0);
          else
            four::run(stored_quads<R>{part.weights + r * 4}, 0, some, made, from_row, to + r * pitch, pitch, low - r,
                      high - r, from != 0);
        }
      } else {
        simd::batch<byte, Arch> quad[4];
        for (index q = 0; q != some; ++q) keeps.load(q, x, quad);
        rows::run(stored_quads<R>{part.weights}, 0, some, made, start, to, pitch, low, high, from != 0);
      }
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
