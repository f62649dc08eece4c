// SPDX-License-Identifier: MIT
//
// A X with A in blocks of int8 whose columns are no multiple of four, 4x1, 8x1 and 16x1 above all: quads are made of
// any four columns that a row of blocks stores.
//
// X stands in lines of one register of bytes (kernel/pack_quads.hpp), four of which become four registers of quads by
// eight shuffles (simd::interleave_lines); the weights of four columns are brought together once for a product. Bound,
// per quad and tile, on the two ports that dots and shuffles share: 4 R + 8 instructions, so that the dots are at 67,
// 80 and 89 % of their peak with R = 4, 8, 16. Reached with AVX-512 VNNI, 1024x1024, packing and finishing included:
// with 128 tokens at 50 and 80 % 47 and 42, 55 and 49, 59 and 52 %, with 512 tokens 50 and 42, 58 and 48, 63 and 56 %.
// Source of the layout: "Intel Extension for Transformers", SpMM VNNI,
// whose kernel needs 4 shuffles and merges for each 4 dots, 50 %.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/quad_rows.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/spmm/bsr_int8.hpp>
#include <lacuna/simd/isa.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

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

template <int R, int C, class Arch>
  requires(C % 4 != 0)
struct spmm_quads<bsr_layout<R, C>, Arch> {
  static constexpr std::string_view name = "bsr/columns";
  static constexpr int registers = 4;
  static constexpr int narrowest = 4;  // quads are made of whole registers of bytes
  static constexpr bool multiplies_quads = true;
  static constexpr bool finishes_rows = true;

  template <class View>
  static constexpr bool accepts = std::same_as<typename View::value_type, std::int8_t> &&
                                  simd::has_batch<Arch, std::int32_t> && simd::has_batch<Arch, std::int8_t>;

  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return registers;
  }
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return (16 + R - 1) / R * R;
  }
  template <class View>
  [[nodiscard]] static index quads(View const& a) noexcept {
    return (a.cols() + 3) / 4;
  }
  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return a.block_rows();
  }
  template <class View>
  [[nodiscard]] static constexpr index row_lines(View const&) noexcept {
    return R;
  }

  /// See row_tile::run, with lines of X, and panel's for `done`. Any range of rows is right; whole blocks are fast.
  template <int N, class View, class Done>
  static void run(View const& matrix, std::int32_t const* x, std::int32_t* sums, index first, index last,
                  Done const& done) noexcept {
    static_assert(N == registers);
    using rows = quad_rows<Arch, R, 4, N>;
    auto const& a = matrix.a;
    using source_type = column_quads<Arch, R, C, std::remove_cvref_t<decltype(a.columns()[0])>>;
    each_line<R, rows::line>(
        matrix, sums, first, last, done,
        [&](index b, std::int32_t const* start, std::int32_t* to, index pitch) LACUNA_INLINE_LAMBDA {
          auto const begin = static_cast<index>(a.offsets().data()[b]) * C;
          auto const end = static_cast<index>(a.offsets().data()[b + 1]) * C;
          source_type const source{a.columns().data(), matrix.weights + place(begin, b), begin, end, a.cols()};
          auto const count = (end - begin + 3) / 4;
          if constexpr (rows::parts::count == 1 && rows::registers == 4)
            rows::run(source, 0, count, x, start, to, pitch, first - b * R, last - b * R);
          else
            run_stored<rows>(source, count, x, start, to, pitch, first - b * R, last - b * R);
        });
  }

  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    for (index b = first; b != last; ++b) {
      std::uint32_t sum[R] = {};  // wraps around, as dot4 does
      for (auto e = static_cast<index>(a.offsets().data()[b]); e != static_cast<index>(a.offsets().data()[b + 1]); ++e)
        for (int r = 0; r != R; ++r)
          for (int c = 0; c != C; ++c) sum[r] += static_cast<std::uint32_t>(a.values().data()[(e * R + r) * C + c]);
      for (int r = 0; r != R; ++r)
        sums[b * R + r] = static_cast<std::int32_t>(static_cast<std::uint32_t>(factor) * sum[r]);
    }
  }
  template <class View>
  [[nodiscard]] static index arranged(View const& a) noexcept {
    return place(static_cast<index>(a.columns().size()) * C, a.block_rows());
  }
  template <class View>
  static void arrange(View const& a, std::int8_t* to, index first, index last) noexcept {
    auto const* const values = a.values().data();
    for (index b = first; b != last; ++b) {
      auto const begin = static_cast<index>(a.offsets().data()[b]) * C;
      auto const end = static_cast<index>(a.offsets().data()[b + 1]) * C;
      auto* quad = to + place(begin, b);
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
  }

 private:
  /// Where the quads of line b of blocks start, whose columns are stored from `begin` on: each line may have one more
  /// than a quarter of its columns.
  [[nodiscard]] LACUNA_INLINE static constexpr index place(index begin, index b) noexcept {
    return (begin / 4 + b) * (R * 4);
  }

  /// Quads are made once for all parts of the rows, as many at a time as stay in the L1 cache.
  template <class Rows, class Source>
  static void run_stored(Source source, index count, std::int32_t const* x, std::int32_t const* start, std::int32_t* to,
                         index pitch, index low, index high) noexcept {
    using byte = simd::dot4_byte<Arch>;
    using kept = kept_quads<Source, simd::batch<byte, Arch>>;
    constexpr index most = 64;
    alignas(64) std::int32_t made[static_cast<std::size_t>(most * Rows::line)];
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
        Rows::run(stored_quads<R>{part.weights}, 0, some, made, start, to, pitch, low, high, from != 0);
      }
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
