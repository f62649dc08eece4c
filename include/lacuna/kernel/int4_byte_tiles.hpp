// SPDX-License-Identifier: MIT
//
// Rows of groups of int4 times many vectors of bytes: tiles of registers, each lane a vector, X in quads.
//
// Bound, G = 32 and 32 vectors on AVX2 without VNNI: 8 quads of codes are repeated by a load each, and take 4 loads of
// X, 4 vpmaddubsw and 4 additions of 16 bits; a group 4 times an addition of pairs, a conversion and a multiply-add
// more: 41 loads and 36 multiplications, two a cycle each, 20.5 cycles for 1024 products, where pairs of 16 bits of
// bytes that have been widened (simd/wide_dot4.hpp) take 32. With AVX-512 VNNI 41 loads, 32 dots and 12 others for
// twice as many products. Codes become bytes once for a tile, some 5 instructions for 32 of them.
//
// Reached on Zen 5, 1024x1024 at 50 and 80 %, scales of f16, G = 32, packing and finishing included: AVX2, 32 vectors,
// 193 and 181 G operations/s, 41 and 44 cycles for a group of 32 vectors, twice the bound; at 80 % 182 with 128.
// AVX-512 VNNI at 80 % 405 and 419 with 32 and 128.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/kernel/int4_byte_dot.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Groups in registers of Arch itself.
template <class Arch, int G, class Scale>
concept tiles_int4_bytes = dots_int4_bytes<Arch, G, Scale> && std::same_as<typename int4_shape<Arch, G>::arch, Arch>;

/// A kernel of tiles (kernel/spmm/row_tile.hpp) for a quads_matrix of groups, whose X are bytes that dot4 likes, or
/// have been made that by flip_byte (Flipped). Sums of a group are exact, then scaled as float.
template <class Arch, int G, bool Flipped>
struct int4_byte_tiles {
  /// Eight, X of 1024 inputs in 128 KB, do 387 G operations/s with AVX-512 VNNI at 80 %, 128 vectors, where four do
  /// 421.
  static constexpr int registers = 4;
  static constexpr index lanes = static_cast<index>(simd::batch<float, Arch>::size);

  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return registers;
  }
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return 16;
  }

  template <int N, class View>
  static void run(quads_matrix<View> const& matrix, std::int32_t const* x, float* sums, index first,
                  index last) noexcept {
    auto const& a = matrix.a;
    auto const* const offsets = a.offsets().data();
    auto const end = static_cast<index>(offsets[last]);
    weights some;
    auto begin = static_cast<index>(offsets[first]);
    auto limit = begin;  // groups begin .. limit are unpacked
    for (index i = first; i != last; ++i, sums += N * lanes) {
      float_type sum[std::size_t{N}];
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = float_type(0.0f); });
      auto const row_end = static_cast<index>(offsets[i + 1]);
      for (auto g = static_cast<index>(offsets[i]); g < row_end;) {
        if (g == limit) {
          begin = g;
          limit = std::min(end, g + piece);
          unpack(a, begin, limit - begin, some);
        }
        auto const until = std::min(row_end, limit);
        for (; g != until; ++g)
          add_group<N>(some, g - begin, x + static_cast<index>(a.groups().data()[g]) * (G / 4 * N * lanes), sum);
      }
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n].store_aligned(sums + n * lanes); });
    }
  }

 private:
  using shape = int4_shape<Arch, G>;
  using codes = simd::int4_bytes<Arch, shape::run>;
  using codes_type = typename codes::codes_type;
  using float_type = simd::batch<float, Arch>;
  using int_type = simd::batch<std::int32_t, Arch>;
  using byte = simd::dot4_byte<Arch>;
  static constexpr int quads = shape::run / 4;  // of a run of codes
  static_assert(quads <= codes::links);
  static constexpr index piece = std::max(lanes, 8192 / G / lanes * lanes);  // groups that are unpacked at once
  struct weights {
    alignas(64) std::int8_t code[static_cast<std::size_t>(piece * G)];
    alignas(64) float scale[static_cast<std::size_t>(piece)];
    alignas(64) std::int32_t start[Flipped ? static_cast<std::size_t>(piece) : 1];  // what sums of a group start at
  };

  /// Groups from `begin` on as bytes, up to whole registers of sums, and their scales as floats.
  template <class View>
  static void unpack(View const& a, index begin, index count, weights& to) noexcept {
    auto const* const from = a.codes().data() + begin * (G / 2);
    auto const left = static_cast<index>(a.codes().size()) - begin * (G / 2);
    constexpr index size = codes::size / 2;
    auto const bytes = lacuna::detail::ceil_div(count, lanes) * lanes * (G / 2);
    for (index b = 0; b < bytes; b += size) {
      if (left - b >= size) {
        simd::prefetch_ahead<size>(from + b, simd::stream_ahead);
        codes::load(from + b).store_aligned(to.code + 2 * b);
      } else {  // the arrays end here
        std::uint8_t last[std::size_t{size}] = {};
        if (b < left) std::copy(from + b, from + left, last);
        codes::load(last).store_aligned(to.code + 2 * b);
      }
    }
    auto const* const scales = a.scales().data() + begin;
    if constexpr (std::same_as<typename View::scale_type, float>)
      std::copy(scales, scales + count, to.scale);
    else
      widen_weights<Arch>(scales, to.scale, count);
    if constexpr (Flipped)
      for (index g = 0; g < count; g += lanes) start_at(to.code + g * G, to.start + g);
  }
  /// Less what flipped bytes have too much, for `lanes` groups.
  static void start_at(std::int8_t const* code, std::int32_t* to) noexcept {
    int_type dot[static_cast<std::size_t>(lanes / shape::groups)];
    auto const zero = simd::bits_as<byte>(simd::batch<std::uint8_t, Arch>(std::uint8_t{0x80}));
    for (auto& d : dot) {
      d = int_type(0);
      for (index c = 0; c != shape::registers; ++c, code += codes::size)
        d = codes::add(d, zero, codes_type::load_aligned(code));
    }
    (int_type(0) - codes::totals(dot)).store_aligned(to);
  }

  /// N chains of links, which are one run of codes or two.
  template <int N>
  class chains {
   public:
    LACUNA_INLINE explicit chains(int_type const (&dot)[std::size_t{N}]) noexcept {
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { chain_[n] = codes::open(dot[n]); });
    }
    LACUNA_INLINE void add(std::int8_t const* code, std::int32_t const* x) noexcept {
      simd::unroll<quads>([&](auto q) LACUNA_INLINE_LAMBDA {
        auto const w = simd::repeat<Arch, std::int8_t, 4>::load(code + 4 * q);
        simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
          auto const in = int_type::load_aligned(x + (q * N + n) * lanes);
          chain_[n] = codes::link(chain_[n], simd::bits_as<byte>(in), w);
        });
      });
    }
    LACUNA_INLINE void close(int_type (&dot)[std::size_t{N}]) const noexcept {
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { dot[n] = codes::close(dot[n], chain_[n]); });
    }

   private:
    typename codes::chain_type chain_[std::size_t{N}];
  };

  /// The quads of x meet those of the codes in the order of int4_shape.
  template <int N>
  LACUNA_INLINE static void add_group(weights const& some, index g, std::int32_t const* x,
                                      float_type (&sum)[std::size_t{N}]) noexcept {
    int_type dot[std::size_t{N}];
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { dot[n] = int_type(Flipped ? some.start[g] : 0); });
    auto const* const code = some.code + g * G;
    auto const part = [&](index c) LACUNA_INLINE_LAMBDA {
      auto const* const in = x + c * shape::run / 4 * (N * lanes);
      auto const* const w = code + 2 * c * shape::run;
      chains<N> some_dots(dot);
      some_dots.add(w, in);
      if constexpr (2 * quads > codes::links) {
        some_dots.close(dot);
        some_dots = chains<N>(dot);
      }
      some_dots.add(w + shape::run, in + G / 8 * (N * lanes));
      some_dots.close(dot);
    };
    if constexpr (shape::registers == 1)
      part(0);
    else
      for (index c = 0; c != shape::registers; ++c) part(c);
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
      auto const exact = simd::converted<float>(dot[n]) * float_type(1.0f / codes::unit);
      sum[n] = simd::fma(exact, float_type(some.scale[g]), sum[n]);
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
