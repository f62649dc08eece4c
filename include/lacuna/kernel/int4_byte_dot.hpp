// SPDX-License-Identifier: MIT
//
// Rows of groups of int4 times a few vectors of bytes: what is summed up within a group is exact, then scaled as float.
//
// Bound, G = 64 and one vector on AVX-512 VNNI: for 64 codes a load that repeats their 32 bytes, a shift, a mask and a
// dot, and to add up its lanes three operations, 6 on the ports that multiply and 12 instructions with index and x: 3
// cycles where two ports do them, for 36 bytes. G = 32 takes a permutation of codes more and joins two pieces of x, G =
// 16 four. int8 in blocks of 1 x 64 reads 66 bytes for the same with six instructions, so that memory decides. Sums of
// groups are kept, and added up by rows afterwards: loops over the groups of each row would be mispredicted, which
// costs as much as eight groups. Bytes that dot4 does not like are flipped: a dot and a subtraction more.
//
// Reached on Zen 5, 2048x2048 at 50 and 80 %, scales of f16, groups of 64: 0.9 ns for 64 codes from L3, 1.7 from
// memory, of which loops over groups alone are 0.57.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/narrow.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// How groups of G inputs lie in registers of Arch: several registers to a group, or up to four groups to a register.
template <class Arch, int G>
struct int4_shape {
  static constexpr int widest = static_cast<int>(simd::batch<std::int8_t, Arch>::size);
  static constexpr bool shared = G % widest != 0 && widest % G == 0 && widest / G <= 4;
  /// The longest registers that divide a group, unless groups share one.
  static constexpr int bytes = G % widest == 0 || shared ? widest : G % 32 == 0 ? 32 : 16;
  using arch = std::conditional_t<bytes == widest, Arch, simd::narrow_arch<Arch, std::int8_t, bytes>>;
  static constexpr int groups = shared ? widest / G : 1;    // in a register
  static constexpr int registers = shared ? 1 : G / bytes;  // of a group
  static constexpr int run = shared ? G / 2 : bytes / 2;    // bytes of codes of a group in a register
  static constexpr bool fits = static_cast<int>(simd::batch<std::int8_t, arch>::size) == bytes;
};

/// Groups of whole registers, some of which as bytes stay in L1, and scales of float or 16 bits.
template <class Arch, int G, class Scale>
concept dots_int4_bytes =
    G % 16 == 0 && G <= 1024 && simd::has_batch<Arch, std::int8_t> && simd::has_batch<Arch, std::int32_t> &&
    simd::loadable<Scale, Arch> && sizeof(Scale) <= 4 && int4_shape<Arch, G>::fits;

/// Vectors in step: the G bytes of group g of vector v stand at x + (g * Vectors + v) * G, as dot4_byte<Arch>, in the
/// order of int4_shape. Flipped: they have been made that by flip_byte.
template <class Arch, int G, int Vectors, bool Flipped>
struct int4_byte_dot {
  using shape = int4_shape<Arch, G>;
  using arch = typename shape::arch;
  using codes = simd::int4_bytes<arch, shape::run>;
  using codes_type = typename codes::codes_type;
  using float_type = simd::batch<float, arch>;
  using int_type = simd::batch<std::int32_t, arch>;
  static constexpr int lanes = static_cast<int>(float_type::size);  // groups whose sums fill a register
  static constexpr int parts = lanes / shape::groups;               // registers of sums that become that one
  static constexpr index rows = 64;                                 // at most, in a call of run

  /// to[(i - first) * stride + v] = the sum of row i and vector v, for rows first .. last, at most `rows`, and v <
  /// width.
  template <class View>
  static void run(View a, std::uint8_t const* x, float* to, index stride, index first, index last,
                  index width) noexcept {
    auto const* const offsets = a.offsets().data();
    auto const end = static_cast<index>(offsets[last]);
    kept_sums kept;
    index row = first;
    bool goes_on = false;  // row has sums of the piece before
    auto begin = static_cast<index>(offsets[first]);
    do {
      auto const count = std::min(piece, end - begin);
      for (index g = 0; g < count; g += lanes) add_groups(a, begin + g, x, kept, g);
      index next = row;
      if (begin + count == end)
        next = last;
      else
        while (static_cast<index>(offsets[next]) < begin + count) ++next;
      add_rows(offsets, row, next, begin, count, kept, goes_on, to + (row - first) * stride, stride, width);
      begin += count;
      goes_on = static_cast<index>(offsets[next]) > begin;
      row = next - goes_on;
    } while (begin < end);
  }

 private:
  static constexpr index piece = std::max(128, 1024 / Vectors);  // groups whose scaled sums are kept in L1
  struct kept_sums {
    alignas(64) float of[std::size_t{Vectors}][static_cast<std::size_t>(piece + lanes)];
  };

  /// The scaled sums of `lanes` groups from g on, or of those that there are.
  template <class View>
  LACUNA_INLINE static void add_groups(View a, index g, std::uint8_t const* x, kept_sums& kept, index at) noexcept {
    auto const* const group = a.groups().data() + g;
    auto const* const code = a.codes().data() + g * (G / 2);
    auto const* const scale = a.scales().data() + g;
    auto const left = static_cast<index>(a.groups().size()) - g;
    if (left >= lanes) {
      simd::prefetch_ahead<std::min(lanes * G / 2, 1024)>(code, simd::stream_ahead);
      sum_groups(group, code, simd::stored<arch, typename View::scale_type>::load(scale), x, kept, at);
    } else {
      add_last(group, code, scale, left, x, kept, at);
    }
  }
  template <class I, class Scale>
  static void add_last(I const* groups, std::uint8_t const* codes_left, Scale const* scales, index left,
                       std::uint8_t const* x, kept_sums& kept, index at) noexcept {
    I group[std::size_t{lanes}] = {};
    std::uint8_t code[std::size_t{lanes * G / 2}] = {};
    std::copy(groups, groups + left, group);
    std::copy(codes_left, codes_left + left * (G / 2), code);
    auto const some = simd::first_lanes(left);
    sum_groups(group, code, simd::stored<arch, Scale>::load(scales, some), x, kept, at);
  }

  /// What is summed up is exact up to the conversion.
  template <class I>
  LACUNA_INLINE static void sum_groups(I const* group, std::uint8_t const* code, float_type scale,
                                       std::uint8_t const* x, kept_sums& kept, index at) noexcept {
    constexpr bool unpacked = Vectors > 1 && shape::registers <= 4;  // codes become bytes once, in L1
    alignas(codes_type) std::int8_t wide[std::size_t{unpacked ? lanes * G : 1}];
    auto const load = [&](auto j, index c) LACUNA_INLINE_LAMBDA {
      return codes::load(code + j * (shape::groups * G / 2) + c * (codes::size / 2));
    };
    if constexpr (unpacked)
      simd::unroll<parts>([&](auto j) LACUNA_INLINE_LAMBDA {
        simd::unroll<shape::registers>([&](auto c) LACUNA_INLINE_LAMBDA {
          load(j, c).store_aligned(wide + (j * shape::registers + c) * codes::size);
        });
      });
    auto const weight = [&](auto j, index c) LACUNA_INLINE_LAMBDA {
      if constexpr (unpacked)
        return codes_type::load_aligned(wide + (j * shape::registers + c) * codes::size);
      else
        return load(j, c);
    };
    int_type correction(0);
    if constexpr (Flipped && Vectors > 1)
      correction = totals([&](auto j, index c, int_type sum)
                              LACUNA_INLINE_LAMBDA { return codes::add(sum, flipped_zero(), weight(j, c)); });
    simd::unroll<Vectors>([&](auto v) LACUNA_INLINE_LAMBDA {
      auto dots = totals([&](auto j, index c, int_type sum) LACUNA_INLINE_LAMBDA {
        std::uint8_t const* in[std::size_t{shape::groups}];
        simd::unroll<shape::groups>([&](auto r) LACUNA_INLINE_LAMBDA {
          in[r] = x + (static_cast<index>(group[j * shape::groups + r]) * Vectors + v) * G + c * codes::size;
        });
        auto const w = weight(j, c);
        if constexpr (Flipped && Vectors == 1) sum -= codes::add(int_type(0), flipped_zero(), w);
        return codes::add(sum, codes::inputs(in), w);
      });
      if constexpr (Flipped && Vectors > 1) dots -= correction;
      (simd::converted<float>(dots) * float_type(1.0f / codes::unit) * scale).store_aligned(kept.of[v] + at);
    });
  }

  /// Lane g is the sum of group g, where add(j, c, sum) adds register c of part j.
  template <class F>
  [[nodiscard]] LACUNA_INLINE static int_type totals(F const& add) noexcept {
    int_type dot[std::size_t{parts}];
    simd::unroll<parts>([&](auto j) LACUNA_INLINE_LAMBDA {
      dot[j] = int_type(0);
      if constexpr (shape::registers <= 4)
        simd::unroll<shape::registers>([&](auto c) LACUNA_INLINE_LAMBDA { dot[j] = add(j, c, dot[j]); });
      else
        for (index c = 0; c != shape::registers; ++c) dot[j] = add(j, c, dot[j]);
    });
    return codes::totals(dot);
  }
  [[nodiscard]] LACUNA_INLINE static auto flipped_zero() noexcept {
    return simd::bits_as<simd::dot4_byte<arch>>(simd::batch<std::uint8_t, arch>(std::uint8_t{0x80}));
  }

  /// What groups begin .. begin + count give to rows first .. last; added to what the first has, if that goes on. As
  /// many registers for each row as the longest takes: a loop over those of each would be mispredicted in every other
  /// row.
  template <class Offset>
  static void add_rows(Offset const* offsets, index first, index last, index begin, index count, kept_sums const& kept,
                       bool goes_on, float* to, index stride, index width) noexcept {
    index longest = 0;
    for (index i = first; i != last; ++i)
      longest = std::max(longest, static_cast<index>(offsets[i + 1]) - static_cast<index>(offsets[i]));
    longest = std::min(longest, count);
    for (index i = first; i < last; i += 8, to += 8 * stride)
      simd::unroll<Vectors>([&](auto v) LACUNA_INLINE_LAMBDA {
        if (v >= width) return;
        float_type sum[8];
        simd::unroll<8>([&](auto k) LACUNA_INLINE_LAMBDA {
          auto const row = std::min(i + k, last - 1);
          auto const from = std::max<index>(static_cast<index>(offsets[row]) - begin, 0);
          auto const size = std::min(static_cast<index>(offsets[row + 1]) - begin, count) - from;
          sum[k] = some(kept.of[v] + from, size);
          for (index c = lanes; c < longest; c += lanes) {
            auto const here = std::min(c, size);
            sum[k] += some(kept.of[v] + from + here, size - here);
          }
        });
        float all[8];
        simd::sum_lanes<arch, float>::store(sum, all);
        simd::unroll<8>([&](auto k) LACUNA_INLINE_LAMBDA {
          if (i + k < last) to[k * stride + v] = goes_on && i + k == first ? to[k * stride + v] + all[k] : all[k];
        });
      });
  }
  /// The first `size` elements at p, or as many as a register has of them, zeros behind.
  [[nodiscard]] LACUNA_INLINE static float_type some(float const* p, index size) noexcept {
    auto const* const mask = masks.data() + lanes - std::min<index>(size, lanes);
    return simd::bits_as<float>(simd::bits_as<std::int32_t>(float_type::load_unaligned(p)) &
                                int_type::load_unaligned(mask));
  }
  static constexpr auto masks = [] {
    std::array<std::int32_t, std::size_t{2 * lanes}> all{};
    for (std::size_t l = 0; l != std::size_t{lanes}; ++l) all[l] = -1;
    return all;
  }();
};

/// The same for any group and scale, one product at a time, with bytes of X as they are.
template <int G, int Vectors, simd::byte X>
struct int4_byte_rows {
  static constexpr index rows = 64;

  /// See int4_byte_dot::run.
  template <class View>
  static void run(View a, std::uint8_t const* x, float* to, index stride, index first, index last,
                  index width) noexcept {
    using layout = grouped_int4_layout<G>;
    for (index i = first; i != last; ++i)
      for (index v = 0; v < width; ++v) {
        float sum = 0;
        auto const end = static_cast<index>(a.offsets().data()[i + 1]);
        for (auto g = static_cast<index>(a.offsets().data()[i]); g < end; ++g) {
          auto const* const in = x + (static_cast<index>(a.groups().data()[g]) * Vectors + v) * G;
          std::int64_t dot = 0;
          for (index c = 0; c != G; ++c)
            dot += layout::code(a.codes().data() + g * layout::bytes, c) * static_cast<int>(static_cast<X>(in[c]));
          sum += static_cast<float>(a.scales().data()[g]) * static_cast<float>(dot);
        }
        to[(i - first) * stride + v] = sum;
      }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
