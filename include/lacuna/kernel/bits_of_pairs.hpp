// SPDX-License-Identifier: MIT
//
// Products of rows of bits and packed int8 values with vectors of inputs of 16 bits: lanes along the inputs, where
// registers have to be put together from a table (simd::bit_weights).
//
// Bound on AVX2: for 32 inputs some 30 operations for one vector, of which 8 are on the two ports that shuffle and
// shift, and 4 for each further vector, of which 2 multiply, on two ports. Reached on Zen 3, 2048x2048 from L3, G
// operations/s that count, with 1, 2, 4, 8 vectors, beside bytes spread one register at a time and widened for each
// vector: bitmap at 50 % 14, 24, 36, 41 instead of 7, 13, 18, 23, 2:4 17, 27, 34, 45 instead of 7, 13, 18, 27.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/kernel/bit_rows.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Whether View is multiplied like that.
template <class View, class Arch>
concept takes_pairs = simd::bit_weights<Arch>::available && std::same_as<typename View::value_type, std::int8_t> &&
                      has_bit_rows<typename View::layout>;

/// Dots of rows of bits with int8 values and vectors of bytes, for one Arch. Twos: of each four bits two are ones.
template <class Arch, bool Twos>
struct bits_of_pairs {
  using spread = simd::bit_weights<Arch>;
  using ints = simd::batch<std::int32_t, Arch>;
  using weights = simd::batch<std::int8_t, Arch>;
  /// Columns before the first one, which have no weights: spread takes eight from before a word.
  static constexpr index shift = Twos ? 0 : 8;
  /// How far ahead of their use values are asked for, in bytes.
  static constexpr index ahead = 2048;

  /// Elements of 32 bits of a vector.
  [[nodiscard]] static constexpr index line(index inputs) noexcept { return ((inputs + 63) / 64 + 1) * 32; }
  /// Writes vectors, of which number k of vector c is x(c, k) for c < width <= vectors, the others 0: 32 inputs of each
  /// after the other.
  template <class F>
  static std::int16_t const* arrange(index inputs, index width, index vectors, F&& x, std::int32_t* to) noexcept {
    std::fill(to, to + line(inputs) * vectors, 0);
    auto* const pairs = reinterpret_cast<std::int16_t*>(to);
    for (index c = 0; c != width; ++c)
      for (index k = 0; k != inputs; ++k) {
        auto const at = k + shift;
        auto const value = static_cast<std::int16_t>(x(c, k));
        std::memcpy(pairs + (at / 32 * vectors + c) * 32 + spread::place(at % 32), &value, sizeof value);
      }
    return pairs;
  }

  /// sums[r * stride + c] = the product of row r, 0 <= r < rows, and vector c of Vectors. Values are spread once for
  /// all of them.
  template <int Vectors = 1>
  static void run(bit_rows<std::int8_t> a, std::int16_t const* x, index rows, std::int32_t* sums,
                  index stride = 1) noexcept {
    auto const* values = a.values;
    for (index r = 0; r < rows; ++r) {
      auto const* const bits = a.bits + r * a.bytes;
      ints sum[std::size_t{Vectors}];
      simd::unroll<Vectors>([&](auto v) LACUNA_INLINE_LAMBDA { sum[v] = ints(0); });
      if constexpr (Twos)
        values = add_twos(bits, a.bytes, values, a.each, x, sum);
      else if (values - a.first >= spread::before && a.last - values >= 8 * a.bytes + spread::behind)
        values = add(bits, a.bytes, values, x, sum);
      else
        values = add_copies(bits, a.bytes, values, x, sum);
      simd::unroll<Vectors>([&](auto v) LACUNA_INLINE_LAMBDA { sums[r * stride + v] = simd::reduce_add(sum[v]); });
    }
  }

 private:
  template <std::size_t Vectors>
  LACUNA_INLINE static void add_products(weights w, std::int16_t const* x, ints (&sum)[Vectors]) noexcept {
    auto const pairs = spread::widen(w);
    simd::unroll<static_cast<int>(Vectors)>([&](auto v) LACUNA_INLINE_LAMBDA {
      auto more = spread::add(sum[v], pairs, x + 32 * v);
      simd::pin(more);  // gcc adds up products first, for which there are no registers
      sum[v] = more;
    });
  }
  /// Adds the products of 8 * bytes inputs, of which the first has bit 0 and the first value; returns where the next
  /// stand.
  template <std::size_t Vectors>
  static std::int8_t const* add(std::uint8_t const* bits, index bytes, std::int8_t const* values, std::int16_t const* x,
                                ints (&sums)[Vectors]) noexcept {
    ints sum[Vectors];
    simd::unroll<static_cast<int>(Vectors)>([&](auto v) LACUNA_INLINE_LAMBDA { sum[v] = sums[v]; });
    constexpr auto step = 32 * static_cast<index>(Vectors);
    auto const* in = x;
    std::uint64_t previous = 0;
    auto const one = [&](std::uint64_t word) LACUNA_INLINE_LAMBDA {
      simd::prefetch_ahead<1>(values, ahead);
      spread::spread(values, previous, word,
                     [&](auto n, auto w) LACUNA_INLINE_LAMBDA { add_products(w, in + step * n, sum); });
      previous = word >> 56;
      in += 2 * step;
    };
    index byte = 0;
    for (; byte + 8 <= bytes; byte += 8) one(lacuna::detail::load_bits(bits + byte, 8));
    if (byte != bytes)
      one(lacuna::detail::load_bits(bits + byte, bytes - byte));
    else if (previous != 0)
      one(0);
    simd::unroll<static_cast<int>(Vectors)>([&](auto v) LACUNA_INLINE_LAMBDA { sums[v] = sum[v]; });
    return values;
  }
  /// The same for rows at the ends of all values: these are copied, some at a time.
  template <std::size_t Vectors>
  static std::int8_t const* add_copies(std::uint8_t const* bits, index bytes, std::int8_t const* values,
                                       std::int16_t const* x, ints (&sum)[Vectors]) noexcept {
    constexpr index piece = 128;  // bytes of bits
    std::int8_t copy[std::size_t{spread::before + 8 * piece + spread::behind}] = {};
    for (index byte = 0; byte < bytes; byte += piece, x += 8 * piece * static_cast<index>(Vectors)) {
      auto const some = std::min(piece, bytes - byte);
      auto const count = lacuna::detail::count_bits(bits + byte, some);
      if (count != 0) std::memcpy(copy + spread::before, values, static_cast<std::size_t>(count));
      add(bits + byte, some, copy + spread::before, x, sum);
      values += count;
    }
    return values;
  }
  /// Adds the products of a row of which two in four have values, `each` of them.
  template <std::size_t Vectors>
  static std::int8_t const* add_twos(std::uint8_t const* bits, index bytes, std::int8_t const* values, index each,
                                     std::int16_t const* x, ints (&sums)[Vectors]) noexcept {
    ints sum[Vectors];
    simd::unroll<static_cast<int>(Vectors)>([&](auto v) LACUNA_INLINE_LAMBDA { sum[v] = sums[v]; });
    auto const* in = x;
    auto const one = [&](std::int8_t const* some, std::uint64_t word) LACUNA_INLINE_LAMBDA {
      add_products(spread::spread_twos(some, static_cast<std::uint32_t>(word)), in, sum);
      in += 32 * static_cast<index>(Vectors);
    };
    auto const* const end = values + each;
    for (; end - values >= 32 && bytes >= 8; bytes -= 8, bits += 8, values += 32) {
      simd::prefetch_ahead<1>(values, ahead);
      auto const word = lacuna::detail::load_bits(bits, 8);
      one(values, word);
      one(values + 16, word >> 32);
    }
    for (; bytes > 0; bytes -= 4, bits += 4) {
      std::int8_t some[16] = {};
      auto const count = std::min<index>(16, end - values);
      std::copy(values, values + count, some);
      one(some, lacuna::detail::load_bits(bits, std::min<index>(4, bytes)));
      values += count;
    }
    simd::unroll<static_cast<int>(Vectors)>([&](auto v) LACUNA_INLINE_LAMBDA { sums[v] = sum[v]; });
    return values;
  }
};

/// The kernel for View.
template <class View, class Arch>
using pairs_kernel = bits_of_pairs<Arch, std::same_as<typename View::layout, nm_layout<2, 4>>>;

}  // namespace lacuna::kernel::inline LACUNA_ISA
