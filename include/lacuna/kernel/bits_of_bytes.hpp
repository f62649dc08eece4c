// SPDX-License-Identifier: MIT
//
// Products of rows of bits and packed int8 values with vectors of bytes: lanes along the inputs.
//
// Bound: values, and one bit an element, once from memory: 40 bytes for 64 inputs at 50 %, 1.6 times as fast as dense
// bytes; or, on AVX-512 with VBMI2, 3 cycles for 64 inputs (a mask move and an expand of two uops share one port),
// whatever the sparsity, which is 63 G inputs a second. One row after the other, a stream: four side by side need the
// counts of their bits beforehand and take 1.5 times as long (bitmap), or 1.2 (2:4).
//
// Reached, 4096x4096 from L3, one thread, AVX-512 with VNNI, beside a dense product of bytes at 29 GB/s in the same
// rounds: bitmap at 50 % 1.6, 2:4 1.6: the byte limit. Another vector costs a load and a dot: 2048x2048 beyond L2,
// beside oneDNN's dense int8 for as many tokens, 2, 4, 8: bitmap at 50 % 1.6, 1.5, 1.5, 2:4 2.2, 1.8, 1.6.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/kernel/bit_rows.hpp>
#include <lacuna/kernel/byte_vector.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Dots of rows of bits with int8 values and vectors of bytes X, for one Arch.
template <class Arch, class X>
struct bits_of_bytes {
  using ints = simd::batch<std::int32_t, Arch>;
  using weights = simd::batch<std::int8_t, Arch>;
  using bytes = simd::batch<X, Arch>;
  static constexpr int width = static_cast<int>(weights::size);  // inputs of one expand
  static constexpr int steps = 64 / width;
  static constexpr int words = 4;  // of 64 inputs, in a step
  /// How far ahead of their use values are asked for, in bytes.
  static constexpr index ahead = 2048;

  /// sums[r * stride + c] = the product of row r, 0 <= r < rows, and vector c of Vectors, which stand `apart` bytes
  /// apart. Values are expanded once for all of them.
  template <int Vectors = 1>
  static void run(bit_rows<std::int8_t> a, byte_vector<X> x, index rows, std::int32_t* sums, index apart = 0,
                  index stride = 1) noexcept {
    auto const* values = a.values;
    for (index r = 0; r < rows; ++r) row<Vectors>(a, x.data, apart, r, values, sums + r * stride);
  }

 private:
  /// Sums of a vector: independent ones for words in step where there are few vectors.
  template <int Vectors>
  static constexpr int chains = Vectors >= 4 ? 1 : words / Vectors;

  /// The products of row r; `values`, its values, moves behind them.
  template <int Vectors>
  LACUNA_INLINE static void row(bit_rows<std::int8_t> const& a, X const* column, index apart, index r,
                                std::int8_t const*& values, std::int32_t* to) noexcept {
    constexpr int count = chains<Vectors>;
    ints sum[std::size_t{count}][std::size_t{Vectors}];
    simd::unroll<count * Vectors>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n / Vectors][n % Vectors] = ints(0); });
    auto const* const bits = a.bits + r * a.bytes;
    index byte = 0;
    for (; byte + 8 * words <= a.bytes; byte += 8 * words, column += 64 * words)
      simd::unroll<words>([&](auto n) LACUNA_INLINE_LAMBDA {
        add(sum[n % count], lacuna::detail::load_bits(bits + byte + 8 * n, 8), column + 64 * n, apart, values);
      });
    for (; byte < a.bytes; byte += 8, column += 64)
      add(sum[0], lacuna::detail::load_bits(bits + byte, a.bytes - byte), column, apart, values);
    simd::unroll<Vectors>([&](auto v) LACUNA_INLINE_LAMBDA {
      simd::unroll<count - 1>([&](auto n) LACUNA_INLINE_LAMBDA { sum[0][v] += sum[n + 1][v]; });
      to[v] = simd::reduce_add(sum[0][v]);
    });
  }
  /// Adds the products of 64 inputs, whose ones are in `word` and whose values stand at `values`.
  template <std::size_t Vectors>
  LACUNA_INLINE static void add(ints (&sum)[Vectors], std::uint64_t word, X const* column, index apart,
                                std::int8_t const*& values) noexcept {
    simd::prefetch_ahead<1>(values, ahead);
    for (int step = 0; step != steps; ++step) {
      auto const here = width == 64 ? word : word & (~std::uint64_t{0} >> (64 - width));
      auto const w = simd::expand<Arch, std::int8_t>::load(values, here);
      simd::unroll<static_cast<int>(Vectors)>([&](auto v) LACUNA_INLINE_LAMBDA {
        sum[v] = simd::dot4<Arch, X>::add(sum[v], bytes::load_unaligned(column + v * apart + step * width), w);
      });
      values += std::popcount(here);
      word = width == 64 ? 0 : word >> (width % 64);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
