// SPDX-License-Identifier: MIT
//
// Rows of groups of int4 times four or eight vectors of bytes: lanes along the vectors.
//
// Bound, G = 64 and eight vectors on AVX-512 VNNI: codes become bytes once, a load, a shift, a mask and a store; then
// for each eight of them a load that repeats them for all vectors, a load of x and a dot, two loads a cycle, and for a
// group a conversion and a multiply-add: 9 cycles, where lanes along a group would take a dot and 3 operations to add
// up its lanes for each vector, 16 cycles.
//
// Reached on Zen 5, 2048x2048 at 50 %, scales of f16, G = 64, 4 and 8 vectors: 69 and 116 us, 8.3 and 13.8 cycles for a
// group, 65 % of the bound with 8; 290 G operations/s, where vpdpbusd does 1000.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/kernel/int4_byte_dot.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The bytes of group g stand from x + g * Vectors * G on, as dot4_byte<Arch>: `together` of each vector, in the order
/// of int4_shape, then the next. Flipped: they have been made that by flip_byte.
template <class Arch, int G, int Vectors, bool Flipped>
struct int4_byte_columns {
  using shape = int4_shape<Arch, G>;
  using arch = typename shape::arch;
  using codes = simd::int4_bytes<arch, shape::run>;
  using codes_type = typename codes::codes_type;
  using bytes_type = typename codes::bytes_type;
  using float_type = simd::batch<float, arch>;
  using int_type = simd::batch<std::int32_t, arch>;
  static constexpr int size = codes::size;
  static constexpr int lanes = size / 4;
  static constexpr int together = size / Vectors;  // bytes of a vector in a register
  static constexpr index rows = 64;
  static_assert(G % together == 0 && together % 4 == 0);

  /// See int4_byte_dot::run. Each vector has some lanes, 2 to 4 in whole registers: what they add up of a group is
  /// exact, but they are scaled apart.
  template <class View>
  static void run(View a, std::uint8_t const* x, float* to, index stride, index first, index last,
                  index width) noexcept {
    auto const* const offsets = a.offsets().data();
    auto const end = static_cast<index>(offsets[last]);
    weights some;
    auto begin = static_cast<index>(offsets[first]);
    auto limit = begin;  // groups begin .. limit are unpacked
    for (index i = first; i != last; ++i, to += stride) {
      float_type sum(0.0f);
      auto const row_end = static_cast<index>(offsets[i + 1]);
      for (auto g = static_cast<index>(offsets[i]); g < row_end;) {
        if (g == limit) {
          begin = g;
          limit = std::min(end, g + piece);
          unpack(a, begin, limit - begin, some);
        }
        auto const until = std::min(row_end, limit);
        for (; g != until; ++g)
          sum =
              simd::fma(dots(some.code + (g - begin) * G, x + static_cast<index>(a.groups().data()[g]) * (Vectors * G)),
                        float_type(some.scale[g - begin]), sum);
      }
      store(sum, to, width);
    }
  }

 private:
  static constexpr index piece = std::max(lanes, 8192 / G / lanes * lanes);  // groups that are unpacked at once
  struct weights {
    alignas(64) std::int8_t code[static_cast<std::size_t>(piece * G)];
    alignas(64) float scale[static_cast<std::size_t>(piece)];
  };

  /// Groups from `begin` on as bytes, and their scales as floats.
  template <class View>
  static void unpack(View a, index begin, index count, weights& to) noexcept {
    auto const* const from = a.codes().data() + begin * (G / 2);
    auto const left = static_cast<index>(a.codes().size()) - begin * (G / 2);
    index b = 0;
    for (; b < count * (G / 2) && left - b >= size / 2; b += size / 2) {
      simd::prefetch_ahead<size / 2>(from + b, simd::stream_ahead);
      codes::load(from + b).store_aligned(to.code + 2 * b);
    }
    if (b < count * (G / 2)) {  // the arrays end within a register
      std::uint8_t last[std::size_t{size / 2}] = {};
      std::copy(from + b, from + left, last);
      codes::load(last).store_aligned(to.code + 2 * b);
    }
    auto const* const scales = a.scales().data() + begin;
    if constexpr (std::same_as<typename View::scale_type, float>)
      std::copy(scales, scales + count, to.scale);
    else
      widen_weights<arch>(scales, to.scale, count);
  }

  /// The sums of a group, exact in each lane.
  [[nodiscard]] LACUNA_INLINE static float_type dots(std::int8_t const* w, std::uint8_t const* x) noexcept {
    constexpr int steps = G / together;
    int_type dot(0), correction(0);
    auto const one = [&](index k) LACUNA_INLINE_LAMBDA {
      auto const some = simd::repeat<arch, std::int8_t, together>::load(w + k * together);
      auto const in =
          simd::bits_as<simd::dot4_byte<arch>>(simd::batch<std::uint8_t, arch>::load_unaligned(x + k * size));
      dot = codes::add(dot, in, some);
      if constexpr (Flipped) correction = codes::add(correction, flipped_zero(), some);
    };
    if constexpr (steps <= 16)
      simd::unroll<steps>([&](auto k) LACUNA_INLINE_LAMBDA { one(k); });
    else
      for (index k = 0; k != steps; ++k) one(k);
    return simd::converted<float>(Flipped ? dot - correction : dot) * float_type(1.0f / codes::unit);
  }
  [[nodiscard]] LACUNA_INLINE static bytes_type flipped_zero() noexcept {
    return simd::bits_as<simd::dot4_byte<arch>>(simd::batch<std::uint8_t, arch>(std::uint8_t{0x80}));
  }

  LACUNA_INLINE static void store(float_type sum, float* to, index width) noexcept {
    constexpr int each = lanes / Vectors;
    alignas(float_type) float lane[std::size_t{lanes}];
    sum.store_aligned(lane);
    for (index v = 0; v != width; ++v) {
      float all = lane[v * each];
      for (int l = 1; l < each; ++l) all += lane[v * each + l];
      to[v] = all;
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
