// SPDX-License-Identifier: MIT
//
// A X with A in blocks of int8 of R rows and C columns, a multiple of four: tiles of dots (kernel/quad_rows.hpp has the
// bound).
//
// Reached with AVX-512 VNNI, packing and finishing included, of the rate of vpdpbusd in the same run, u8 times s8 to
// int32, all by rows: 32x4, 1024x1024, 128 tokens, 85 to 92 % at 50 to 80 % sparsity, 79 % at 90 %; 256 inputs, which
// are few beside packing and the end of each loop, 73, 65, 38 % at 70, 80, 90 %. s8 times s8 1 to 8 % less. 2.8 to 3.5,
// 3.6 to 5, 5 to 9 times oneDNN's dense int8 at 70, 80, 90 % over nine shapes of transformers.
// 4x4, 1024x1024, 50 and 80 %: 128 tokens 87 and 83 %, 512 83 and 77 %; 4096 at 80 % 69 %, Y being 16 MB.
//
// 4x4 on Zen 5, 1024x1024 at 50 and 80 % sparsity, of the dots, by turns, in strips of 128 columns, two at a time, and
// of 64, one after the other: 128 tokens 80 to 81 and 84 to 85, 89 to 91 and 86 to 88 %; 512 tokens 77 to 80 and 80 to
// 83, 89 to 90 and 84 to 85; 4096 tokens 70 to 73 and 54 to 68, 84 to 86 and 54 to 79.
//
// 8x4 on Zen 5, of the dots, 32 and 128 tokens, 50 and 80 %: 1024x1024 89 and 92, 83 and 88 %, as tokens x features 85
// and 84, 74 and 73; 2048x2048 89 and 88, 86 and 90. One token, 2048x2048 from L3: 66 and 53 GB/s (4x4 47 and 42).
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/quad_lines.hpp>
#include <lacuna/kernel/quad_rows.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/simd/isa.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The quads of blocks whose columns come in fours, one after the other.
template <int R, int C, class I>
struct block_quads {
  I const* columns;
  std::int8_t const* values;

  [[nodiscard]] LACUNA_INLINE quad_place operator()(index e) const noexcept {
    if constexpr (C == 4)
      return {values + e * (R * C), static_cast<index>(columns[e])};
    else
      return {values + e / (C / 4) * (R * C) + e % (C / 4) * 4,
              static_cast<index>(columns[e / (C / 4)]) * (C / 4) + e % (C / 4)};
  }
};

template <int R, int C, class Arch>
  requires(C % 4 == 0)
struct spmm_quads<bsr_layout<R, C>, Arch> : quad_lines<spmm_quads<bsr_layout<R, C>, Arch>, Arch, R, 8> {
  static constexpr std::string_view name = "bsr/quads";

  /// Four rows or three read 16 bytes of X for a dot. Where strips are wide they come from L2; of narrow ones L1 holds
  /// much, up to some 2048 inputs (with 4096 they are 0.94 to 0.98 as fast).
  static constexpr bool feeds_from_l1 = fast_dots<Arch> && quad_parts<Arch, R>::registers == 4;
  template <class View>
  [[nodiscard]] static constexpr int widest(View const& a) noexcept {
    return feeds_from_l1 && a.cols() <= 512 ? 4 : 8;  // quads
  }
  template <class View>
  [[nodiscard]] static constexpr bool strip_by_strip(View const& a) noexcept {
    return widest(a) == 4;
  }
  /// Whole lines: 16 rows or more; 64 of a matrix that has them many times, where each group of 16 costs 3 to 4 %.
  template <class View>
  [[nodiscard]] static constexpr index block(View const& a) noexcept {
    return detail::ceil_div(feeds_from_l1 && a.rows() >= 256 ? 64 : 16, R) * R;
  }
  template <class View>
  [[nodiscard]] static index quads(View const& a) noexcept {
    return a.block_cols() * (C / 4);
  }
  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return a.block_rows();
  }
  template <int N, class View>
  LACUNA_INLINE static void multiply_line(quads_matrix<View> const& matrix, index b, std::int32_t const* x,
                                          quad_sums const& sums) noexcept {
    auto const& a = matrix.a;
    using index_type = std::remove_cvref_t<decltype(a.columns()[0])>;
    block_quads<R, C, index_type> const source{a.columns().data(), a.values().data()};
    auto const* const offset = a.offsets().data() + b;
    quad_rows<Arch, R, C, N>::run(source, static_cast<index>(offset[0]) * (C / 4),
                                  static_cast<index>(offset[1]) * (C / 4), x, sums);
  }

  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    using batch_type = simd::batch<std::int32_t, Arch>;
    constexpr index lanes = static_cast<index>(batch_type::size);
    constexpr index fours = R * C / 4;  // of a block
    constexpr index most = fours < lanes ? lanes : fours;
    constexpr bool regular = most % fours == 0 && most % lanes == 0;
    constexpr index period = regular ? most : fours;  // after which rows repeat
    for (index b = first; b != last; ++b) {
      auto const begin = static_cast<index>(a.offsets().data()[b]) * fours;
      auto const end = static_cast<index>(a.offsets().data()[b + 1]) * fours;
      auto const* const values = a.values().data();
      alignas(64) std::int32_t part[static_cast<std::size_t>(period)] = {};
      index e = begin;
      if constexpr (regular) {
        using byte = simd::dot4_byte<Arch>;
        simd::batch<byte, Arch> const one(byte{1});
        for (; end - e >= period; e += period)
          for (index l = 0; l != period; l += lanes)
            simd::dot4<Arch, byte>::add(batch_type::load_aligned(part + l), one,
                                        simd::batch<std::int8_t, Arch>::load_unaligned(values + (e + l) * 4))
                .store_aligned(part + l);
      }
      for (; e != end; ++e)
        for (index c = 0; c != 4; ++c) add_wrapping(part[(e - begin) % period], values[e * 4 + c]);
      for (index r = 0; r != R; ++r) {
        std::int32_t sum = 0;
        for (index p = 0; p < period; p += fours)
          for (index c = 0; c != C / 4; ++c) add_wrapping(sum, part[p + r * (C / 4) + c]);
        sums[b * R + r] =
            static_cast<std::int32_t>(static_cast<std::uint32_t>(factor) * static_cast<std::uint32_t>(sum));
      }
    }
  }

 private:
  /// As dot4 does.
  LACUNA_INLINE static void add_wrapping(std::int32_t& to, std::int32_t value) noexcept {
    to = static_cast<std::int32_t>(static_cast<std::uint32_t>(to) + static_cast<std::uint32_t>(value));
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
