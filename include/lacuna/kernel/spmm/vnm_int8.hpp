// SPDX-License-Identifier: MIT
//
// A X with A in bands of V rows of int8 that share their columns, which are decoded once for a product: see
// column_quads.
//
// Reached with AVX-512 VNNI, u8 by rows, packing and finishing included: 1024x1024, 128 tokens, bands of 16 rows, 2:4
// 69, 1:4 63, 2:8 60 % of the rate of vpdpbusd in the same run. Times oneDNN's dense int8 of the same inputs as tokens
// x features, 256x256 to 1024x4096, 128 tokens: 2:4 1.32 to 1.39, 1:4 2.1 to 2.8, 2:8 2.0 to 2.7; `linear` on those
// inputs 0.98 to 1.28, 1.4 to 2.4, 1.3 to 2.3, the least for 256x256.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/format/vnm.hpp>
#include <lacuna/kernel/column_quads.hpp>
#include <lacuna/kernel/nm_columns.hpp>
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

template <int V, int Keep, int M, class Arch>
struct spmm_quads<vnm_layout<V, Keep, M>, Arch> {
  static constexpr std::string_view name = "vnm/columns";
  using dots = quads_of_columns<Arch, V, 1>;
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
  /// Whole bands: 16 rows or more.
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return (16 + V - 1) / V * V;
  }
  template <class View>
  [[nodiscard]] static index quads(View const& a) noexcept {
    return (a.cols() + 3) / 4;
  }
  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return a.bands();
  }
  template <class View>
  [[nodiscard]] static constexpr index row_lines(View const&) noexcept {
    return V;
  }

  /// See row_tile::run, with lines of X, and panel's for `done`. Any range of rows is right; whole bands are fast.
  template <int N, class View, class Done>
  static void run(View const& matrix, std::int32_t const* x, std::int32_t* sums, index first, index last,
                  Done const& done) noexcept {
    static_assert(N == registers);
    auto const& a = matrix.a;
    auto const slots = a.columns_per_band();
    each_line<V, dots::rows::line>(
        matrix, sums, first, last, done,
        [&](index b, std::int32_t const* start, std::int32_t* to, index pitch) LACUNA_INLINE_LAMBDA {
          auto const* const columns = columns_at(a, matrix.weights) + b * slots;
          dots::run(column_quads<Arch, V, 1, std::int32_t>{columns, matrix.weights + b * dots::arranged(slots), 0,
                                                           slots, a.cols()},
                    x, start, to, pitch, first - b * V, last - b * V);
        });
  }

  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    for (index b = first; b != last; ++b)
      dots::weight_sums(a.band_values(b), 0, a.columns_per_band(), factor, sums + b * V);
  }
  /// The weights, and behind them the columns, as int32.
  template <class View>
  [[nodiscard]] static index arranged(View const& a) noexcept {
    return a.bands() * (dots::arranged(a.columns_per_band()) + a.columns_per_band() * 4);
  }
  template <class View>
  static void arrange(View const& a, std::int8_t* to, index first, index last) noexcept {
    auto const slots = a.columns_per_band();
    for (index b = first; b != last; ++b) {
      dots::arrange(a.band_values(b), 0, slots, to + b * dots::arranged(slots));
      decode(a.band_codes(b), a.cols(), columns_at(a, to) + b * slots);
    }
  }

 private:
  static constexpr index groups = std::max<index>(1024 / Keep / 8, 1) * 8;  // decoded at a time: whole bytes of codes
  static_assert(groups * M <= 65536);

  template <class View, class Byte>
  [[nodiscard]] LACUNA_INLINE static auto columns_at(View const& a, Byte* to) noexcept {
    using column = std::conditional_t<std::is_const_v<Byte>, std::int32_t const, std::int32_t>;
    return reinterpret_cast<column*>(to + a.bands() * dots::arranged(a.columns_per_band()));
  }

  static void decode(std::uint8_t const* codes, index cols, std::int32_t* columns) noexcept {
    std::uint16_t some[static_cast<std::size_t>(groups * Keep + 3)];
    for (index first = 0; first < cols; first += groups * M) {
      auto const count = nm_columns<Keep, M>(codes, std::min(cols - first, groups * M), some);
      for (index s = 0; s != count; ++s) columns[s] = static_cast<std::int32_t>(first + some[s]);
      codes += groups / 8 * nm_layout<Keep, M>::group_bits;
      columns += count;
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
