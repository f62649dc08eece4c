// SPDX-License-Identifier: MIT
//
// A step of a row of N:M groups: some 64 columns, whose masks or codes are one word, and always as many slots.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/nm_layout.hpp>

#include <bit>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// How kernels take columns from the words of Keep : M.
template <int Keep, int M>
struct nm_step {
  using layout = nm_layout<Keep, M>;
  static constexpr index slots = layout::step_slots;
  static constexpr index columns = layout::step_columns;
  static constexpr index bits = layout::step_bits;
  /// Slots that a loop takes at once, at most eight, of codes whole groups.
  static constexpr int written_out = [] {
    for (int n = 8; n > 1; --n)
      if (slots % n == 0 && (layout::is_mask || n % Keep == 0)) return n;
    return 1;
  }();

  /// The masks or codes of a step.
  [[nodiscard]] LACUNA_INLINE static std::uint64_t word(std::uint8_t const* codes, index step) noexcept {
    if constexpr (bits % 8 == 0)
      return lacuna::detail::load_bits(codes + step * (bits / 8), bits / 8);
    else
      return lacuna::detail::read_field(codes, step * bits, bits);
  }
  /// The first column of the step that slot e has its position in: all of them for masks, its group for codes.
  [[nodiscard]] LACUNA_INLINE static constexpr index origin(index e) noexcept {
    return layout::is_mask ? 0 : e / Keep * M;
  }
  /// The position that comes next in a word of masks or codes, which it is taken from.
  [[nodiscard]] LACUNA_INLINE static index next(std::uint64_t& word) noexcept {
    if constexpr (layout::is_mask) {
      auto const k = std::countr_zero(word);
      word &= word - 1;
      return k;
    } else {
      auto const k = static_cast<index>(word & lacuna::detail::low_bits(layout::code_bits));
      word >>= layout::code_bits;
      return k;
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
