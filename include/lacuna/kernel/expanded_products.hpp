// SPDX-License-Identifier: MIT
//
// The products of 64 inputs of some rows of bits with some tokens: values are expanded once for all tokens, and a
// register of x serves all rows.
//
// Bound: for a register of inputs an expand of values for each row, a load of x for each token, and Rows * Tokens fma,
// gaps too: at density d, 1 / d lanes for each slot.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/expanded.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/unroll.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Products with registers of `expanded`, added up in some chains for each row and token.
template <class Arch, class V>
struct expanded_products {
  using form = expanded<Arch, V>;
  using sum_type = typename form::sum_type;
  using batch_type = typename form::batch_type;

  /// Adds the products of 64 inputs of Rows rows and Tokens tokens: the ones of row r are in word[r], which is lost,
  /// its values stand at values[r], which moves behind them, and token t at column + 64 t, as expanded::copy left it.
  /// Row r and token t have Sums / (Rows * Tokens) chains of sums, from sum[(r * Tokens + t) * chains] on. With Finite
  /// no input is Inf or NaN; else Rows is 1. With Whole 64 values can be read of each row, whatever its ones.
  template <int Rows, int Tokens, bool Finite, bool Whole = false, std::size_t Sums>
  LACUNA_INLINE static void add(std::uint64_t (&word)[std::size_t{Rows}], V const* (&values)[std::size_t{Rows}],
                                sum_type const* column, batch_type (&sum)[Sums]) noexcept {
    static_assert(Finite || Rows == 1);
    constexpr int inputs = together * form::width;
    for (int k = 0; k != 64; k += inputs, column += inputs) {
      std::uint64_t bits[std::size_t{Rows}];
      simd::unroll<Rows>([&](auto r)
                             LACUNA_INLINE_LAMBDA { bits[r] = word[r] & (~std::uint64_t{0} >> (64 - inputs)); });
      add_inputs<Rows, Tokens, Finite, Whole>(bits, values, column, sum);
      simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
        values[r] += std::popcount(bits[r]);
        if constexpr (inputs < 64) word[r] >>= inputs;
      });
    }
  }

 private:
  /// Expands that are written out; the others are a loop, which on SSE2, with 16 expands in 64 inputs, makes a quarter
  /// of the code.
  static constexpr int together = form::steps < 4 ? form::steps : 4;

  /// The same for the inputs of some expands, of which `bits` are the ones.
  template <int Rows, int Tokens, bool Finite, bool Whole, std::size_t Sums>
  LACUNA_INLINE static void add_inputs(std::uint64_t const (&bits)[std::size_t{Rows}],
                                       V const* const (&values)[std::size_t{Rows}], sum_type const* column,
                                       batch_type (&sum)[Sums]) noexcept {
    constexpr int chains = static_cast<int>(Sums) / (Rows * Tokens);
    constexpr simd::lane_bits all = ~simd::lane_bits{0} >> (64 - form::width);
    simd::unroll<together>([&](auto step) LACUNA_INLINE_LAMBDA {
      simd::lane_bits here[std::size_t{Rows}];
      batch_type w[std::size_t{Rows}][2];
      simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
        auto const before = step == 0 ? 0 : std::popcount(bits[r] & ((std::uint64_t{1} << (step * form::width)) - 1));
        here[r] = (bits[r] >> (step * form::width)) & all;
        form::template load<Whole>(values[r] + before, here[r], w[r]);
      });
      simd::unroll<form::registers>([&](auto half) LACUNA_INLINE_LAMBDA {
        constexpr int place = step * form::width + half * form::lanes;
        constexpr int chain = (step * form::registers + half) % chains;
        simd::unroll<Tokens>([&](auto t) LACUNA_INLINE_LAMBDA {
          auto in = load_x<Finite>(column + t * 64 + place, Finite ? all : form::bits_of(here[0], half));
          // gcc 12 would load it again for each row.
          if constexpr (Rows > 1) simd::pin(in);
          simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
            auto& s = sum[(r * Tokens + t) * chains + chain];
            s = simd::fma(w[r][half], in, s);
          });
        });
      });
    });
  }
  /// Of the inputs of one row, those that are not finite must not meet the zero at a gap.
  template <bool Finite>
  [[nodiscard]] LACUNA_INLINE static batch_type load_x(sum_type const* p, simd::lane_bits bits) noexcept {
    if constexpr (Finite)
      return batch_type::load_unaligned(p);
    else
      return simd::masked<Arch, sum_type>::load(p, bits);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
