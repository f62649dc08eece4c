// SPDX-License-Identifier: MIT
//
// A X with A in blocks of int8 whose columns are no multiple of four, 4x1, 8x1 and 16x1 above all: see column_quads.
//
// Reached with AVX-512 VNNI, 1024x1024, packing and finishing included, of the rate of vpdpbusd in the same run, at 50
// and 80 %, X and Y by rows: with 128 tokens 4x1 51 and 45, 8x1 60 and 53, 16x1 68 and 66 %, with 512 tokens 53 and 47,
// 62 and 53, 68 and 63 %; tokens x features, which are transposed as they are packed, 46 and 38, 52 and 43, 59 and 51 %
// with 128 tokens.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/column_quads.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/spmm/bsr_int8.hpp>
#include <lacuna/simd/isa.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int R, int C, class Arch>
  requires(C % 4 != 0)
struct spmm_quads<bsr_layout<R, C>, Arch> {
  static constexpr std::string_view name = "bsr/columns";
  using dots = quads_of_columns<Arch, R, C>;
  static constexpr int registers = dots::registers;
  static constexpr int narrowest = registers;
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
    auto const& a = matrix.a;
    using source_type = column_quads<Arch, R, C, std::remove_cvref_t<decltype(a.columns()[0])>>;
    each_line<R, dots::rows::line>(
        matrix, sums, first, last, done,
        [&](index b, std::int32_t const* start, std::int32_t* to, index pitch) LACUNA_INLINE_LAMBDA {
          auto const [begin, end] = columns_of(a, b);
          dots::run(source_type{a.columns().data(), matrix.weights + place(begin, b), begin, end, a.cols()}, x, start,
                    to, pitch, first - b * R, last - b * R);
        });
  }

  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    for (index b = first; b != last; ++b) {
      auto const [begin, end] = columns_of(a, b);
      dots::weight_sums(a.values().data(), begin, end, factor, sums + b * R);
    }
  }
  template <class View>
  [[nodiscard]] static index arranged(View const& a) noexcept {
    return place(static_cast<index>(a.columns().size()) * C, a.block_rows());
  }
  template <class View>
  static void arrange(View const& a, std::int8_t* to, index first, index last) noexcept {
    for (index b = first; b != last; ++b) {
      auto const [begin, end] = columns_of(a, b);
      dots::arrange(a.values().data(), begin, end, to + place(begin, b));
    }
  }

 private:
  struct range {
    index begin;
    index end;
  };
  /// The columns that line b of blocks stores.
  template <class View>
  [[nodiscard]] LACUNA_INLINE static range columns_of(View const& a, index b) noexcept {
    auto const* const offset = a.offsets().data() + b;
    return {static_cast<index>(offset[0]) * C, static_cast<index>(offset[1]) * C};
  }
  /// Where the quads of line b of blocks start, whose columns are stored from `begin` on: each line may have one more
  /// than a quarter of its columns.
  [[nodiscard]] LACUNA_INLINE static constexpr index place(index begin, index b) noexcept {
    return (begin / 4 + b) * (R * 4);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
