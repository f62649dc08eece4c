// SPDX-License-Identifier: MIT
//
// What bodies of `expand` for bytes share where a shuffle of 16 bytes is all there is: a table and the words to
// shuffle.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/masked.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

/// For each of the 256 masks of 8 lanes, which packed byte each lane takes; 255, which shuffles turn into 0, for none.
[[nodiscard]] constexpr std::array<std::array<std::uint8_t, 8>, 256> byte_expansions() noexcept {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (unsigned bits = 0; bits != 256; ++bits) {
    std::uint8_t next = 0;
    for (unsigned lane = 0; lane != 8; ++lane)
      table[bits][lane] = ((bits >> lane) & 1u) != 0 ? next++ : std::uint8_t{255};
  }
  return table;
}
alignas(64) inline constexpr auto byte_expansion_table = byte_expansions();

/// The packed bytes of a mask, eight lanes after eight lanes: no byte is read but those. 2 KB of table and some 8
/// operations for each eight.
class packed_bytes {
 public:
  LACUNA_INLINE packed_bytes(void const* packed, lane_bits bits) noexcept
      : from_(static_cast<std::uint8_t const*>(packed)), bits_(bits), count_(std::popcount(bits)) {
    if (count_ < 8) few_ = first_few(from_, count_);
  }

  struct eight {
    std::uint64_t bytes;        // those of the lanes, packed, and others behind them
    std::uint8_t const* order;  // 8 bytes of the table
  };
  [[nodiscard]] LACUNA_INLINE eight next() noexcept {
    auto const* const order = byte_expansion_table[bits_ & 0xFFu].data();
    std::uint64_t bytes = few_ >> (8 * taken_ & 63);
    if (count_ >= 8) {
      auto const at = std::min(taken_, count_ - 8);
      std::memcpy(&bytes, from_ + at, sizeof bytes);
      bytes >>= 8 * (taken_ - at) & 63;
    }
    taken_ += std::popcount(bits_ & 0xFFu);
    bits_ >>= 8;
    return {bytes, order};
  }

 private:
  [[nodiscard]] LACUNA_INLINE static std::uint64_t first_few(std::uint8_t const* p, int count) noexcept {
    if (count >= 4) {
      std::uint32_t low, high;
      std::memcpy(&low, p, sizeof low);
      std::memcpy(&high, p + count - 4, sizeof high);
      return low | std::uint64_t{high} << (8 * (count - 4));
    }
    std::uint64_t word = 0;
    for (int b = 0; b != count; ++b) word |= std::uint64_t{p[b]} << (8 * b);
    return word;
  }

  std::uint8_t const* from_;
  lane_bits bits_;
  int count_;
  int taken_ = 0;
  std::uint64_t few_ = 0;
};

}  // namespace lacuna::simd::inline LACUNA_ISA
