// SPDX-License-Identifier: MIT
//
// Bytes of four lines brought side by side in registers.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body, on four registers of bytes that stand for a line each, in an order that
/// makes it two instructions for a register on x86 and Arm. order(line): the bytes of a line, lanes of 32 bits, in that
/// order: within 16 bytes those of every fourth of the line, four of each. run(line): then byte b of lane l of register
/// j is byte j * lanes + l of line b as it was before order. undo(quad) goes back from there to the lines in order.
template <class Arch>
struct interleave_lines {
  using batch_type = batch<std::uint8_t, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size) / 4;

  [[nodiscard]] LACUNA_INLINE static batch_type order(batch_type line) noexcept {
    alignas(batch_type) std::uint8_t from[batch_type::size];
    alignas(batch_type) std::uint8_t to[batch_type::size];
    line.store_aligned(from);
    for (int part = 0; part != lanes / 4; ++part)  // of 16 bytes
      for (int j = 0; j != 4; ++j) std::memcpy(to + 16 * part + 4 * j, from + lanes * j + 4 * part, 4);
    return batch_type::load_aligned(to);
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
  LACUNA_INLINE static void undo(batch_type (&quad)[4]) noexcept {
    alignas(batch_type) std::uint8_t in[4][batch_type::size];
    alignas(batch_type) std::uint8_t out[batch_type::size];
    for (int j = 0; j != 4; ++j) quad[j].store_aligned(in[j]);
    for (int b = 0; b != 4; ++b) {
      for (int l = 0; l != lanes; ++l)
        for (int j = 0; j != 4; ++j) out[l / 4 * 16 + 4 * j + l % 4] = in[j][4 * l + b];
      quad[b] = batch_type::load_aligned(out);
    }
  }
};

/// A seam operation, with its portable body: the same for lines of half a register, four of which make two registers of
/// quads. order(from, flip, to) copies a line, each byte ^ flip, into an order that makes run fast; run takes four such
/// lines, and undo writes the first `count` of them again, `pitch` bytes apart. `pays`: run is two instructions for a
/// register and half of one that loads, as for whole lines.
template <class Arch>
struct interleave_half_lines {
  using batch_type = batch<std::uint8_t, Arch>;
  static constexpr bool pays = false;
  static constexpr int bytes = static_cast<int>(batch_type::size) / 2;  // of a line

  LACUNA_INLINE static void order(std::uint8_t const* from, std::uint8_t flip, std::uint8_t* to) noexcept {
    for (int i = 0; i != bytes; ++i) to[i] = static_cast<std::uint8_t>(from[i] ^ flip);
  }
  LACUNA_INLINE static void run(std::uint8_t const* const (&line)[4], batch_type (&quad)[2]) noexcept {
    alignas(batch_type) std::uint8_t out[2][batch_type::size];
    for (int i = 0; i != 4 * bytes; ++i) out[i / (2 * bytes)][i % (2 * bytes)] = line[i % 4][i / 4];
    for (int j = 0; j != 2; ++j) quad[j] = batch_type::load_aligned(out[j]);
  }
  LACUNA_INLINE static void undo(batch_type const (&quad)[2], std::uint8_t* to, index pitch, int count) noexcept {
    alignas(batch_type) std::uint8_t in[2][batch_type::size];
    for (int j = 0; j != 2; ++j) quad[j].store_aligned(in[j]);
    for (int b = 0; b != count; ++b)
      for (int i = 0; i != bytes; ++i) to[b * pitch + i] = in[4 * i / (2 * bytes)][(4 * i + b) % (2 * bytes)];
  }
};

/// A seam operation, with its portable body, for R bytes of each of some columns, a multiple of four, one column after
/// the other: to[4 * (q * R + r) + b] = p[(4 * q + b) * R + r] for r < R, b < 4, 4 * q < columns. Of `count` columns
/// only, at least one, nothing behind them is read, and counts as 0. Quads of four, eight or sixteen rows fill a
/// register that one instruction permutes with AVX-512 VBMI; sixteen rows take eight shuffles elsewhere on x86.
template <class Arch, int R>
struct turn_columns {
  static constexpr int columns = 4;

  LACUNA_INLINE static void run(std::int8_t const* p, std::int8_t* to) noexcept { run(p, to, 4); }
  LACUNA_INLINE static void run(std::int8_t const* p, std::int8_t* to, int count) noexcept {
    for (int r = 0; r != R; ++r)
      for (int b = 0; b != 4; ++b) to[4 * r + b] = b < count ? p[b * R + r] : std::int8_t{0};
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
