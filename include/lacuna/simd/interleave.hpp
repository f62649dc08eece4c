// SPDX-License-Identifier: MIT
//
// Interleaves bytes of four lines.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: to[4 * i + b] is byte i of line b, exclusive-or `flip`, for i < 16. Reads
/// 16 bytes of each of the four lines and writes 64, all of any alignment.
template <class Arch>
struct interleave {
  LACUNA_INLINE static void run(std::uint8_t const* a, std::uint8_t const* b, std::uint8_t const* c,
                                std::uint8_t const* d, std::uint8_t flip, std::uint8_t* to) noexcept {
    for (int i = 0; i != 16; ++i) {
      to[4 * i] = static_cast<std::uint8_t>(a[i] ^ flip);
      to[4 * i + 1] = static_cast<std::uint8_t>(b[i] ^ flip);
      to[4 * i + 2] = static_cast<std::uint8_t>(c[i] ^ flip);
      to[4 * i + 3] = static_cast<std::uint8_t>(d[i] ^ flip);
    }
  }
};

/// A seam operation, with its portable body, on four registers of bytes that stand for a line each, in an order that
/// makes it two instructions for a register on x86. order(from, to) brings the 4 * lanes bytes of a line, lanes of 32
/// bits, into it: within 16 bytes those of every fourth of the line, four of each. run(line): then byte b of lane l of
/// register j is byte j * lanes + l of line b as it was before order.
template <class Arch>
struct interleave_lines {
  using batch_type = batch<std::uint8_t, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size) / 4;

  LACUNA_INLINE static void order(std::uint8_t const* from, std::uint8_t* to) noexcept {
    for (int part = 0; part != lanes / 4; ++part)  // of 16 bytes
      for (int j = 0; j != 4; ++j) std::memcpy(to + 16 * part + 4 * j, from + lanes * j + 4 * part, 4);
  }
  LACUNA_INLINE static void run(batch_type (&line)[4]) noexcept {
    alignas(batch_type) std::uint8_t in[4][batch_type::size];
    alignas(batch_type) std::uint8_t out[batch_type::size];
    for (int b = 0; b != 4; ++b) line[b].store_aligned(in[b]);
    for (int j = 0; j != 4; ++j) {
      for (int l = 0; l != lanes; ++l)
        for (int b = 0; b != 4; ++b) out[4 * l + b] = in[b][l / 4 * 16 + 4 * j + l % 4];
      line[j] = batch_type::load_aligned(out);
    }
  }
};

/// A seam operation, with its portable body: to[4 * r + b] = p[b * stride + r] for r, b < 4.
template <class Arch>
struct transpose_fours {
  LACUNA_INLINE static void run(std::int8_t const* p, index stride, std::int8_t* to) noexcept {
    for (int b = 0; b != 4; ++b)
      for (int r = 0; r != 4; ++r) to[4 * r + b] = p[b * stride + r];
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
