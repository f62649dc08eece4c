// SPDX-License-Identifier: MIT
//
// Rows of 2:4 of int8 where bytes are widened before they are multiplied: the two slots of a group are one of the six
// pairs of its four inputs, all of which are made of X, 16 bits each. So a register of X takes one multiplication of
// pairs and one addition for a group, and nothing that makes what it multiplies.
//
// Pairs take six times the bytes of X: those of some groups are made in L1, all rows of a block are multiplied by them,
// and the sums of the rows wait in L2 for the next groups.
//
// Bound, AVX2, for two groups and 32 columns: 8 multiplications of pairs on two ports, 4 cycles, and 10 loads of 32
// bytes, 5 cycles of Zen 3; 25 instructions, where quads of slots take 42. Reached on Zen 3, 1024x1024, u8 by rows,
// times slots, medians of paired rounds: 2.3 with 16 columns, 1.5 with 32 and 64, 1.4 with 128, 1.3 with 512; 77 to 96
// G operations/s that count in quiet minutes, where pairs of 16 bits alone do 157.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/kernel/quad_lines.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The pairs of four numbers, in order.
inline constexpr int pairs_of_four = 6;
inline constexpr std::array<std::array<int, 2>, pairs_of_four> pair_of_four{
    {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}}};

/// For each two masks of 2:4 the number of the pair that each keeps, times 32; of a mask that keeps the first column
/// only, as short groups do, and of an empty one, 0.
inline constexpr auto pairs_of_masks = [] {
  std::array<std::array<std::uint16_t, 2>, 256> table{};
  for (unsigned masks = 0; masks != 256; ++masks)
    for (unsigned g = 0; g != 2; ++g)
      for (unsigned p = 0; p != pairs_of_four; ++p) {
        auto const mask = 1u << pair_of_four[p][0] | 1u << pair_of_four[p][1];
        if ((masks >> (4 * g) & 15u) == mask) table[masks][g] = static_cast<std::uint16_t>(32 * p);
      }
  return table;
}();

/// A kernel of multiply_quads for 2:4, of processors that have wide_dot4.
template <class Arch>
struct nm_pairs : quad_lines<nm_pairs<Arch>, Arch, 1, 4> {
  using layout = nm_layout<2, 4>;
  using sum_type = simd::batch<std::int32_t, Arch>;
  static constexpr index lanes = static_cast<index>(sum_type::size);
  static constexpr int narrowest = 2;

  /// Rows that are multiplied by some groups before the next.
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return 256;
  }
  /// Those of whole bytes of masks.
  template <class View>
  [[nodiscard]] static index quads(View const& a) noexcept {
    return 2 * layout::row_bytes(a.cols());
  }
  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return a.rows();
  }
  /// Whether so many rows use X that making pairs of it costs little. Zen 3, 1024 inputs, 32 columns, times slots: 16,
  /// 32 and 64 rows 1.1, 1.25, 1.4.
  template <class View>
  [[nodiscard]] static bool pays(View const& a, index columns) noexcept {
    return columns > 8 && a.rows() >= 32;
  }

  /// See quad_lines.
  template <int N, class View, class Done>
  static void run(quads_matrix<View> const& matrix, std::int32_t const* x, std::int32_t* sums, index first, index last,
                  Done const& done) noexcept {
    constexpr index line = N * lanes;
    auto const& a = matrix.a;
    auto const bytes = layout::row_bytes(a.cols()), count = layout::row_values(a.cols());
    auto const* const end = a.values().data() + a.stored();
    alignas(64) std::int32_t pairs[static_cast<std::size_t>(2 * some<N> * pairs_of_four * line)];
    index from = 0;
    do {
      auto const to = std::min(bytes, from + some<N>);
      for (index q = 2 * from; q != 2 * to; ++q)
        make_pairs<N>(x + q * line, a.cols() - 4 * q, pairs + (q - 2 * from) * (pairs_of_four * line));
      auto const* masks = a.codes().data() + first * bytes + from;
      auto const* values = a.values().data() + first * count + 4 * from;
      auto* kept = sums;
      for (index r = 0; r != last - first; ++r, masks += bytes, values += count, kept += line) {
        if (from == 0) start<N>(matrix.start == nullptr ? 0 : matrix.start[first + r], kept);
        alignas(64) std::int16_t weights[static_cast<std::size_t>(4 * some<N>)];
        widen<N>(values, end - values, weights);
        simd::prefetch_ahead<1>(values, rows_ahead * count);
        simd::prefetch_ahead<1>(masks, rows_ahead * bytes);
        auto* const place = to == bytes ? done.place(r) : kept;
        multiply<N>(masks, weights, to - from, pairs, kept, place == nullptr ? kept : place);
        if (place == nullptr) done(kept, r);
      }
      from = to;
    } while (from != bytes);
  }
  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    auto const count = a.values_per_row();
    for (index i = first; i != last; ++i) {
      auto const* const values = a.row_values(i);
      std::uint32_t sum = 0;
      for (index e = 0; e != count; ++e) sum += static_cast<std::uint32_t>(values[e]);
      sums[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(factor) * sum);
    }
  }

 private:
  /// Bytes of masks whose pairs, 24 KB, stay in L1; the weights of a row are a cache line then, or two.
  template <int N>
  static constexpr index some = 64 / N;
  /// Rows ahead whose masks and weights are asked for, as each row has lines of its own: 4096x4096, 32 columns, 64
  /// against 61 G operations/s in a busy minute; 1024x1024 gains nothing.
  static constexpr index rows_ahead = 8;

  /// The pairs of N registers of a quad, of which `left` rows count: the others are 0, whatever they meet.
  template <int N>
  LACUNA_INLINE static void make_pairs(std::int32_t const* quad, index left, std::int32_t* to) noexcept {
    sum_type const both(0x00FF00FF), low(0xFFFF), high(~0xFFFF);
    sum_type const counts(left >= 4 ? -1 : left <= 0 ? 0 : (1 << (8 * left)) - 1);
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
      auto const four = sum_type::load_unaligned(quad + n * lanes) & counts;
      auto const even = four & both, odd = (four >> 8) & both;
      auto const put = [&](int p, sum_type pair)
                           LACUNA_INLINE_LAMBDA { pair.store_unaligned(to + (p * N + n) * lanes); };
      put(0, (even & low) | (odd << 16));
      put(1, even);
      put(2, (even & low) | (odd & high));
      put(3, (odd & low) | (even & high));
      put(4, odd);
      put(5, (even >> 16) | (odd & high));
    });
  }
  template <int N>
  LACUNA_INLINE static void start(std::int32_t value, std::int32_t* sums) noexcept {
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum_type(value).store_unaligned(sums + n * lanes); });
  }

  /// Slots of `count` bytes of masks, added to `kept`.
  template <int N>
  LACUNA_INLINE static void multiply(std::uint8_t const* masks, std::int16_t const* weights, index count,
                                     std::int32_t const* made, std::int32_t const* kept, std::int32_t* sums) noexcept {
    constexpr index line = N * lanes * 4;  // bytes
    using wide = simd::wide_dot4<Arch>;
    sum_type sum[static_cast<std::size_t>(N)];
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = sum_type::load_unaligned(kept + n * lanes); });
    auto const* pairs = reinterpret_cast<std::uint8_t const*>(made);
    for (auto const* const end = masks + count; masks != end; ++masks, weights += 4) {
      auto const& place = pairs_of_masks[*masks];
      auto const* const even = pairs + index{place[0]} * (line / 32);
      auto const* const odd = pairs + pairs_of_four * line + index{place[1]} * (line / 32);
      simd::unroll<N>([&](auto n)
                          LACUNA_INLINE_LAMBDA { sum[n] = wide::add(sum[n], {load(even, n), load(odd, n)}, weights); });
      pairs += 2 * pairs_of_four * line;
    }
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n].store_unaligned(sums + n * lanes); });
  }
  [[nodiscard]] LACUNA_INLINE static sum_type load(std::uint8_t const* line, index n) noexcept {
    return sum_type::load_unaligned(reinterpret_cast<std::int32_t const*>(line + n * (4 * lanes)));
  }

  /// The weights of `some` bytes of masks, of which `left` can be read. What stands behind those of a row meets zeros.
  template <int N>
  LACUNA_INLINE static void widen(std::int8_t const* from, index left, std::int16_t* to) noexcept {
    constexpr index count = 4 * some<N>;
    static_assert(count % 16 == 0);
    if (left < count) [[unlikely]]
      return widen_some<N>(from, left, to);
    for (index e = 0; e != count; e += 16)
      for (index n = e; n != e + 16; ++n) to[n] = from[n];
  }
  template <int N>
  LACUNA_NOINLINE static void widen_some(std::int8_t const* from, index left, std::int16_t* to) noexcept {
    for (index e = 0; e != 4 * some<N>; ++e) to[e] = e < left ? from[e] : std::int16_t{0};
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
