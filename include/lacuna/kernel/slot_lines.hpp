// SPDX-License-Identifier: MIT
//
// Kernels for weights of int8 in rows that keep any columns, each by itself: csr, bitmap and sparser N:M.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/quad_lines.hpp>
#include <lacuna/kernel/quad_rows.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/slot_quads.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Registers of the widest tile: lines of a whole cache line where a dot takes so many instructions that those for
/// columns and weights count.
template <class Arch>
inline constexpr int widest_slot_lines = simd::narrow_biased_dots<Arch> ? 8 : 4;

/// A kernel with multiply_quads' protocol for rows by themselves, but for
///   `slots(matrix, i)`: the slot_list of row i of a quads_matrix;
///   `weight_sums`: see multiply_quads,
/// which `Kernel` adds; `start_of` sums up.
template <class Kernel, class Arch>
struct slot_lines : quad_lines<Kernel, Arch, 1, widest_slot_lines<Arch>> {
  using lines_of_rows = quad_lines<Kernel, Arch, 1, widest_slot_lines<Arch>>;
  using dots = simd::biased_dot4<Arch>;
  static constexpr int narrowest = simd::interleave_half_lines<Arch>::pays ? 2 : 4;
  static constexpr bool reads_lines = true;

  /// Rows start at the bias of their weights.
  static constexpr bool starts_rows = dots::biased;

  /// Where bytes are widened before they are multiplied, making quads of them first takes longer than row_tile.
  template <class View>
  static constexpr bool accepts =
      lines_of_rows::template accepts<View> && (dots::biased || !simd::wide_dot4<Arch>::pays);

  /// Lines of two registers where X stays in L2 then: 256 KB of the 512 of Zen 3. 1024x1024 at 80 %, 128 tokens, with
  /// lines asked for ahead, 87 G operations/s against 79.
  template <class View>
  [[nodiscard]] static constexpr int widest(View const& a) noexcept {
    return a.cols() <= 1024 ? widest_slot_lines<Arch> : 4;  // quads
  }
  /// So many that lines of X are used again before they have left L1: 1024x1024 at 90 %, 128 tokens, 295 G operations/s
  /// against 273 with sixteen.
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return 64;
  }
  template <class View>
  [[nodiscard]] static index quads(View const& a) noexcept {
    return (a.cols() + 3) / 4;
  }
  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return a.rows();
  }
  template <int N, class View>
  LACUNA_INLINE static void multiply_line(quads_matrix<View> const& matrix, index b, std::int32_t const* x,
                                          quad_sums const& sums) noexcept {
    slot_quads<Arch, N>::run(Kernel::slots(matrix, b), x, sums.start == nullptr ? 0 : *sums.start, sums.to);
  }
  /// What a row of the values first .. last starts at: `factor` times their sum, 0 or what flipped bytes lack, and
  /// their bias; wraps around, as dot4 does.
  [[nodiscard]] static std::int32_t start_of(std::int8_t const* values, index first, index last,
                                             std::int32_t factor) noexcept {
    using byte = typename dots::byte;
    simd::batch<byte, Arch> const zero(static_cast<byte>(-factor));  // as it stands in the lines
    simd::batch<std::int32_t, Arch> sum(0);
    for (; last - first >= some; first += some)
      sum = dots::add(sum, zero, dots::split(weights::load_unaligned(values + first)));
    if (first != last) sum = dots::add(sum, zero, dots::split(rest(values, first, last)));
    return static_cast<std::int32_t>(0u - static_cast<std::uint32_t>(simd::reduce_add(sum)));
  }

 private:
  using weights = simd::batch<std::int8_t, Arch>;
  static constexpr auto some = static_cast<index>(weights::size);

  /// Fewer than a register of values and zeros. Where there are others before them, of whatever rows, these are read
  /// too: copies of a few bytes make a load of all wait.
  [[nodiscard]] LACUNA_INLINE static weights rest(std::int8_t const* values, index first, index last) noexcept {
    static constexpr auto kept = [] {
      std::array<std::int8_t, std::size_t{2 * some}> bytes{};
      for (auto e = std::size_t{some}; e != bytes.size(); ++e) bytes[e] = -1;
      return bytes;
    }();
    if (last >= some)
      return weights::load_unaligned(values + last - some) & weights::load_unaligned(kept.data() + (last - first));
    alignas(weights) std::int8_t copy[std::size_t{some}] = {};
    std::memcpy(copy, values + first, static_cast<std::size_t>(last - first));
    return weights::load_aligned(copy);
  }
};

/// Whether N:M of int8 is multiplied slot by slot, not as dense bytes.
template <class Arch, int Keep, int M>
inline constexpr bool nm_by_slots = (simd::biased_dot4<Arch>::biased ? 2 * Keep <= M : 4 * Keep < M);

}  // namespace lacuna::kernel::inline LACUNA_ISA
