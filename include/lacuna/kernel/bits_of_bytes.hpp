// SPDX-License-Identifier: MIT
//
// Products of rows of bits and packed int8 values with a vector of bytes: lanes along the inputs.
//
// Bound: values, and one bit an element, once from memory: 40 bytes for 64 inputs at 50 %, 1.6 times as fast as dense
// bytes; or, on AVX-512 with VBMI2, 3 cycles for 64 inputs (a mask move and an expand of two uops share one port),
// whatever the sparsity, which is 63 G inputs a second. One row after the other, a stream: four side by side need the
// counts of their bits beforehand and take 1.5 times as long (bitmap), or 1.2 (2:4).
//
// Reached, 4096x4096 from L3, one thread, AVX-512 with VNNI, beside a dense product of bytes at 29 GB/s in the same
// rounds: bitmap at 50 % 1.6, 2:4 1.6: the byte limit.
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
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch, class X>
struct bits_of_bytes {
  using ints = simd::batch<std::int32_t, Arch>;
  using weights = simd::batch<std::int8_t, Arch>;
  using bytes = simd::batch<X, Arch>;
  static constexpr int width = static_cast<int>(weights::size);  // inputs of one expand
  static constexpr int steps = 64 / width;
  static constexpr int words = 4;  // of 64 inputs, in a step; each has a sum of its own
  /// How far ahead of their use values are asked for, in bytes.
  static constexpr index ahead = 2048;

  /// sums[r] = the product of row r, 0 <= r < rows.
  static void run(bit_rows<std::int8_t> a, byte_vector<X> x, index rows, std::int32_t* sums) noexcept {
    auto const* values = a.values;
    for (index r = 0; r < rows; ++r) sums[r] = row(a, x, r, values);
  }

 private:
  /// The product of row r; `values`, its values, moves behind them.
  LACUNA_INLINE static std::int32_t row(bit_rows<std::int8_t> const& a, byte_vector<X> x, index r,
                                        std::int8_t const*& values) noexcept {
    ints sum[words];
    simd::unroll<words>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = ints(0); });
    auto const* const bits = a.bits + r * a.bytes;
    auto const* column = x.data;
    index byte = 0;
    for (; byte + 8 * words <= a.bytes; byte += 8 * words, column += 64 * words)
      simd::unroll<words>([&](auto n) LACUNA_INLINE_LAMBDA {
        add(sum[n], lacuna::detail::load_bits(bits + byte + 8 * n, 8), column + 64 * n, values);
      });
    for (; byte < a.bytes; byte += 8, column += 64)
      add(sum[0], lacuna::detail::load_bits(bits + byte, a.bytes - byte), column, values);
    simd::unroll<words - 1>([&](auto n) LACUNA_INLINE_LAMBDA { sum[0] += sum[n + 1]; });
    return simd::reduce_add(sum[0]);
  }
  /// Adds the products of 64 inputs, whose ones are in `word` and whose values stand at `values`.
  LACUNA_INLINE static void add(ints& sum, std::uint64_t word, X const* column, std::int8_t const*& values) noexcept {
    simd::prefetch_ahead<1>(values, ahead);
    for (int step = 0; step != steps; ++step) {
      auto const here = width == 64 ? word : word & (~std::uint64_t{0} >> (64 - width));
      auto const w = simd::expand<Arch, std::int8_t>::load(values, here);
      sum = simd::dot4<Arch, X>::add(sum, bytes::load_unaligned(column + step * width), w);
      values += std::popcount(here);
      word = width == 64 ? 0 : word >> (width % 64);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
