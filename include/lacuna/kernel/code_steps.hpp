// SPDX-License-Identifier: MIT
//
// The steps that rows of N:M groups are multiplied in: some registers of slots, whose codes are whole bytes. Codes, or
// masks where AVX-512 or AVX2 can, become positions in registers of x.
//
// Bound: the positions of 16 slots of codes take two operations on AVX-512. Masks cost five for 16 slots of 2:4, which
// meet 32 inputs, and four on one port, by a compression of bytes (VBMI2), those of others; to expand their values
// takes three cycles for 16 inputs. On AVX2 masks of 2:4 are rewritten as two bits for each slot, 128 slots by six
// operations: 8 slots cost half a broadcast and a shift. For 8 slots of 4:8 a table of bytes gives the positions: four
// operations for the addresses and two loads. To expand the same 8 slots takes 20.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/narrow.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// How slots lie in registers: those of whole groups, whose codes are at most 64 bits and which meet at most 256
/// inputs.
template <class Arch, class V, int Keep, int M>
struct code_shape {
  using layout = nm_layout<Keep, M>;
  using sum_type = accumulator_t<V>;
  static constexpr int bits = static_cast<int>(layout::code_bits);

  template <class A>
  [[nodiscard]] static constexpr bool fits() noexcept {
    if constexpr (simd::loadable<V, A>) {
      constexpr int lanes = static_cast<int>(simd::batch<sum_type, A>::size);
      if constexpr (layout::is_mask)
        return simd::mask_codes<A, sum_type, Keep, M>::available && lanes / Keep * M % 8 == 0;
      else
        return lanes % Keep == 0 && lanes / Keep * M <= 256 && std::max(lanes, 8) * bits <= 64;
    } else {
      return false;
    }
  }
  using shorter = simd::narrow_arch<Arch, sum_type, 8>;
  static constexpr bool available = fits<Arch>() || (!layout::is_mask && fits<shorter>());
  using arch = std::conditional_t<fits<Arch>(), Arch, shorter>;
};

/// The tables that masks or codes are looked up in, if they have any of their own.
template <class Codes, class Otherwise>
struct own_table {
  using type = Otherwise;
};
template <class Codes, class Otherwise>
  requires requires { typename Codes::table; }
struct own_table<Codes, Otherwise> {
  using type = typename Codes::table;
};

/// Slots of rows of V by Keep : M, step by step: where their codes are loaded from, and where in x they are.
template <class Arch, class V, int Keep, int M>
struct code_steps {
  using shape = code_shape<Arch, V, Keep, M>;
  using arch = typename shape::arch;
  using sum_type = accumulator_t<V>;
  using batch_type = simd::batch<sum_type, arch>;
  static constexpr bool is_mask = shape::layout::is_mask;
  static constexpr int lanes = static_cast<int>(batch_type::size);
  using masks = simd::mask_codes<arch, sum_type, Keep, M>;
  /// Masks are rewritten before they are loaded, a line at a time.
  static constexpr bool rewrites = is_mask && requires { masks::line; };
  /// Codes have tables of their own.
  using own_tables = simd::code_tables<arch, sum_type, Keep, M>;
  static constexpr bool has_own_tables = !is_mask && own_tables::available;
  /// Registers of a step, whose codes are whole bytes.
  static constexpr int parts = [] {
    if constexpr (rewrites)
      return masks::parts;
    else
      return lanes < 8 ? 8 / lanes : 1;
  }();
  static constexpr index slots = lanes * parts;
  static constexpr index inputs_of_part = lanes / Keep * M;
  static constexpr index inputs_of_step = inputs_of_part * parts;
  static constexpr index bytes = (is_mask ? inputs_of_step : slots * shape::bits) / 8;
  /// Bytes that the codes of a step are loaded from.
  static constexpr index reach = [] {
    if constexpr (is_mask)
      return masks::bytes;
    else if constexpr (has_own_tables)
      return own_tables::bytes;
    else
      return index{8};
  }();
  /// Tables of x fit in registers.
  static constexpr bool looks_up = (simd::avx512<arch> && inputs_of_part * sizeof(sum_type) <= 256) ||
                                   (simd::avx2<arch> && (is_mask || has_own_tables)) ||
                                   (simd::neon64<arch> && inputs_of_part * sizeof(sum_type) <= 128 && sizeof(V) != 8);

  /// Elements that a vector has to have; those behind the inputs are 0.
  [[nodiscard]] static constexpr index inputs(index cols) noexcept {
    return (cols + inputs_of_step - 1) / inputs_of_step * inputs_of_step;
  }

  /// Brings such a vector into the order that tables want, in place. Other vectors stay as they are, and need no copy:
  /// `arranges`.
  using tables = std::conditional_t<is_mask, masks, own_tables>;
  static constexpr bool arranges = requires { typename tables::table; };
  LACUNA_INLINE static void arrange([[maybe_unused]] sum_type* x, [[maybe_unused]] index count) noexcept {
    if constexpr (arranges)
      for (index k = 0; k != count; k += inputs_of_part) tables::arrange(x + k);
  }

  /// x for a register of slots.
  struct gathered {
    sum_type const* x;
    LACUNA_INLINE gathered(sum_type const* from, index) noexcept : x(from) {}
    [[nodiscard]] LACUNA_INLINE batch_type operator[](simd::positions<arch, sum_type> at) const noexcept {
      return at.gather(x);
    }
  };
  using table = typename own_table<
      tables,
      std::conditional_t<looks_up, simd::lookup<arch, sum_type, static_cast<int>(inputs_of_part)>, gathered>>::type;

  /// Values and codes from some row on.
  struct source {
    V const* values;
    std::uint8_t const* codes;
    index before;  // bytes of codes that can be read before these
    index left;    // and from these on
  };
  template <class View>
  [[nodiscard]] LACUNA_INLINE static source source_of(View a, index i) noexcept {
    auto const* const codes = a.row_codes(i);
    auto const* const all = a.codes().data();
    return {a.row_values(i), codes, codes - all, all + a.codes().size() - codes};
  }

  /// The positions whose codes start at byte `at` of `left`, which are known to be enough if Enough.
  template <int Part, bool Enough>
  [[nodiscard]] LACUNA_INLINE static auto positions(std::uint8_t const* p, index at, index left) noexcept {
    auto const load = [](std::uint8_t const* from) LACUNA_INLINE_LAMBDA {
      if constexpr (rewrites)
        return masks::template load<Part>(from);
      else if constexpr (is_mask)
        return masks::load(from);
      else if constexpr (has_own_tables)
        return own_tables::load(from);
      else
        return simd::codes<arch, sum_type, shape::bits, Keep, M>::template load<Part>(from);
    };
    if (Enough || left - at >= reach) return load(p + at);
    std::uint8_t copy[8] = {};  // the end of the matrix
    std::copy(p + at, p + left, copy);
    return load(copy);
  }
};

/// What Rows rows load their codes from: the matrix, or a line of each, rewritten.
template <class Steps, int Rows>
class ready_codes {
 public:
  using source = typename Steps::source;
  LACUNA_INLINE ready_codes(source const& from, index row_bytes) noexcept : from_(from), row_bytes_(row_bytes) {}

  /// Comes before anything of `step` is read.
  LACUNA_INLINE void fill(index step) noexcept {
    if constexpr (Steps::rewrites)
      if (step % steps_of_line == 0) {
        auto const at = step * Steps::bytes;
        if (from_.left - at - (Rows - 1) * row_bytes_ >= Steps::masks::line) [[likely]]
          simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
            Steps::masks::rewrite(from_.codes + at + r * row_bytes_, line_ + (r + 1) * Steps::masks::line);
          });
        else
          rewrite_last(from_, row_bytes_, at, line_);
      }
  }
  [[nodiscard]] LACUNA_INLINE source all() const noexcept {
    if constexpr (Steps::rewrites)
      return {from_.values, line_ + line_bytes, 0, static_cast<index>(sizeof line_) - line_bytes};
    else
      return from_;
  }
  [[nodiscard]] LACUNA_INLINE index at(index row, index step) const noexcept {
    if constexpr (Steps::rewrites)
      return row * Steps::masks::line + step % steps_of_line * Steps::bytes;
    else
      return row * row_bytes_ + step * Steps::bytes;
  }

 private:
  static constexpr index line_bytes = [] {
    if constexpr (Steps::rewrites)
      return Steps::masks::line;
    else
      return Steps::bytes;
  }();
  static constexpr index steps_of_line = line_bytes / Steps::bytes;

  /// Lines of which one at least ends with the matrix: that which ends there, so that nothing waits for the parts of a
  /// copy, if there are as many bytes before. From the last on, for such a line starts before its place.
  LACUNA_NOINLINE static void rewrite_last(source from, index row_bytes, index at, std::uint8_t* lines) noexcept {
    for (index r = Rows - 1; r >= 0; --r) {
      auto const first = at + r * row_bytes;
      auto const left = from.left - first;
      auto const missing = std::max<index>(Steps::masks::line - left, 0);
      auto* const to = lines + (r + 1) * Steps::masks::line;
      if (missing <= from.before + first) {
        Steps::masks::rewrite(from.codes + first - missing, to - missing);
      } else {
        std::uint8_t copy[std::size_t{line_bytes}] = {};
        std::copy(from.codes + first, from.codes + first + left, copy);
        Steps::masks::rewrite(copy, to);
      }
    }
  }

  source from_;
  index row_bytes_;
  /// One line of room, then those of the rows.
  alignas(32) std::uint8_t line_[std::size_t{Steps::rewrites ? (Rows + 1) * line_bytes : 1}];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
