// SPDX-License-Identifier: MIT
//
// Groups of inputs, kept or dropped, as integers of 4 bits with a scale for each group.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/grouped_int4_layout.hpp>
#include <lacuna/format/grouped_int4_pack.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna {

/// Borrows such a matrix: the groups of row i are offsets[i] .. offsets[i + 1], each a group of columns (increasing
/// within a row), a scale and G / 2 bytes of codes. Nothing is checked: `validate` does. A slot is scale * code, float.
template <int G, scalar Scale = float, std::integral I = std::uint32_t, std::integral Offset = I>
class grouped_int4_view {
 public:
  using value_type = float;
  using scale_type = Scale;
  using index_type = I;
  using offset_type = Offset;
  using layout = grouped_int4_layout<G>;
  static_assert(layout::bytes > 0);  // here and now the layout checks its group
  static constexpr bool ordered_rows = true;

  LACUNA_INLINE constexpr grouped_int4_view() noexcept = default;
  LACUNA_INLINE constexpr grouped_int4_view(index rows, index cols, std::span<Offset const> offsets,
                                            std::span<I const> groups, std::span<Scale const> scales,
                                            std::span<std::uint8_t const> codes) noexcept
      : rows_(rows), cols_(cols), offsets_(offsets), groups_(groups), scales_(scales), codes_(codes) {}

  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return cols_; }
  /// ceil(cols / G): groups lie in [0, group_cols()).
  [[nodiscard]] LACUNA_INLINE constexpr index group_cols() const noexcept { return cols_ / G + (cols_ % G != 0); }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<Offset const> offsets() const noexcept { return offsets_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<I const> groups() const noexcept { return groups_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<Scale const> scales() const noexcept { return scales_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<std::uint8_t const> codes() const noexcept { return codes_; }
  /// Slots in memory, those outside the matrix included.
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return static_cast<index>(groups_.size()) * G; }
  /// Stored slots whose value is not zero. O(stored).
  [[nodiscard]] LACUNA_INLINE constexpr index nonzeros() const noexcept {
    index count = 0;
    for (std::size_t g = 0; g != groups_.size(); ++g)
      for (index c = 0; c != G; ++c) count += code(g, c) != 0 && !detail::is_zero(scales_.data()[g]);
    return count;
  }
  [[nodiscard]] LACUNA_INLINE constexpr index bytes() const noexcept {
    return static_cast<index>(offsets_.size_bytes() + groups_.size_bytes() + scales_.size_bytes() +
                              codes_.size_bytes());
  }
  [[nodiscard]] LACUNA_INLINE constexpr grouped_int4_view view() const noexcept { return *this; }

  /// See counts_before.
  [[nodiscard]] LACUNA_INLINE constexpr index stored_before(index i) const noexcept {
    return static_cast<index>(offsets_.data()[i]) * G;
  }

  template <class F>
  LACUNA_INLINE constexpr void visit_row(index i, F&& f) const {
    auto const last = static_cast<index>(offsets_.data()[i + 1]);
    for (auto g = static_cast<index>(offsets_.data()[i]); g != last; ++g) {
      auto const at = static_cast<std::size_t>(g);
      auto const first = static_cast<index>(groups_.data()[g]) * G;
      auto const scale = static_cast<float>(scales_.data()[g]);
      index const width = cols_ - first < G ? cols_ - first : G;
      for (index c = 0; c != width; ++c) f(first + c, scale * static_cast<float>(code(at, c)));
    }
  }

 private:
  [[nodiscard]] LACUNA_INLINE constexpr int code(std::size_t g, index c) const noexcept {
    return layout::code(codes_.data() + g * static_cast<std::size_t>(layout::bytes), c);
  }

  index rows_ = 0;
  index cols_ = 0;
  std::span<Offset const> offsets_ = detail::no_lines<Offset>;
  std::span<I const> groups_;
  std::span<Scale const> scales_;
  std::span<std::uint8_t const> codes_;
};

/// Owns a matrix of groups of G neighbouring inputs of an output, which are stored whole, in 4 bits each, if any of
/// their slots is. Row i of a grouped_int4<4> with the inputs -2 -1 0 7 | . . . . | 3.5 0 0 0:
///
///   groups   0                          2
///   scales   1                          0.5
///   codes    e|0 f|7 as bytes 0e 7f     7|0 0|0 as bytes 07 00
///
/// pack<grouped_int4<G>>(w, keep), keep made with the pattern blocks<1, G>, quantises: the largest magnitude of a group
/// becomes +-7, the others are rounded to nearest, ties to even, so a slot is off by at most half its scale, as long
/// as that is a normal number of its type. What was packed and is packed again stays within a rounding of it. Columns
/// need not be a multiple of G: the last group of a row has zeros behind the matrix, which are neither visited nor
/// multiplied. Products take an X of float and sum up in float, or of int8 or uint8 (spmm, spmv, linear): codes times
/// bytes are added up exactly within a group or parts of it, then scaled and added up in float.
///
/// Bytes per dense element if a fraction d of the groups is stored: d (1 / 2 + (sizeof(Scale) + sizeof(I)) / G) +
/// sizeof(Offset) / cols. With G = 16, f16 and 16-bit indices 0.75 d, where int8 in blocks of 1 x 16 has 1.25 d. Choose
/// it where the bytes of weights bound a product, that is for few tokens, and accuracy allows 4 bits. Source: C. Zeng
/// et al., "GQSA: Group Quantization and Sparsity for Accelerating Large Language Model Inference", 2024,
/// arXiv:2412.17560.
template <int G, scalar Scale = float, std::integral I = std::uint32_t, std::integral Offset = I>
class grouped_int4 {
 public:
  using value_type = float;
  using scale_type = Scale;
  using index_type = I;
  using offset_type = Offset;
  using layout = grouped_int4_layout<G>;
  using transposed = csr<float>;  ///< what `transpose` returns: inputs of a group have no scale in common with outputs
  static_assert(layout::bytes > 0);
  static constexpr bool ordered_rows = true;

  /// An empty 0x0 matrix.
  LACUNA_INLINE grouped_int4() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE grouped_int4(grouped_int4 const&) = default;
  LACUNA_INLINE grouped_int4(grouped_int4&&) noexcept = default;
  LACUNA_INLINE grouped_int4& operator=(grouped_int4 const&) = default;
  LACUNA_INLINE grouped_int4& operator=(grouped_int4&&) noexcept = default;
  LACUNA_INLINE ~grouped_int4() = default;
  /// Copies foreign arrays after `validate` has found them sound; throws format_error otherwise. O(rows + stored).
  LACUNA_INLINE grouped_int4(index rows, index cols, std::span<Offset const> offsets, std::span<I const> groups,
                             std::span<Scale const> scales, std::span<std::uint8_t const> codes);
  /// Takes arrays that are known to be sound.
  LACUNA_INLINE grouped_int4(detail::unchecked_t, index rows, index cols, buffer<Offset> offsets, buffer<I> groups,
                             buffer<Scale> scales, buffer<std::uint8_t> codes) noexcept
      : rows_(rows),
        cols_(cols),
        offsets_(std::move(offsets)),
        groups_(std::move(groups)),
        scales_(std::move(scales)),
        codes_(std::move(codes)) {}

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE std::span<Offset const> offsets() const noexcept {
    return detail::bounds_of_lines(offsets_);
  }
  [[nodiscard]] LACUNA_INLINE std::span<I const> groups() const noexcept { return groups_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<Scale const> scales() const noexcept { return scales_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<std::uint8_t const> codes() const noexcept { return codes_.span(); }
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return view().stored(); }
  [[nodiscard]] LACUNA_INLINE index nonzeros() const noexcept { return view().nonzeros(); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return view().bytes(); }
  [[nodiscard]] LACUNA_INLINE grouped_int4_view<G, Scale, I, Offset> view() const noexcept {
    return {rows_, cols_, offsets(), groups(), scales(), codes()};
  }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    view().visit_row(i, f);
  }

  /// Same shape, same groups, equal scales and codes.
  friend LACUNA_INLINE bool operator==(grouped_int4 const& a, grouped_int4 const& b) noexcept {
    return a.rows_ == b.rows_ && a.cols_ == b.cols_ && detail::equal_arrays(a.offsets(), b.offsets()) &&
           detail::equal_arrays(a.groups(), b.groups()) && detail::equal_arrays(a.scales(), b.scales()) &&
           detail::equal_arrays(a.codes(), b.codes());
  }

 private:
  detail::moved_along<index> rows_;
  detail::moved_along<index> cols_;
  buffer<Offset> offsets_;
  buffer<I> groups_;
  buffer<Scale> scales_;
  buffer<std::uint8_t> codes_;
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// Checks that the arrays are such a matrix and throws format_error, saying what is wrong and where: counts; offsets;
/// groups inside the matrix and increasing within each row; as many scales, finite, and G / 2 bytes of codes for each;
/// zeros behind the last column. O(rows + stored); reads nothing outside the spans.
template <int G, scalar Scale, std::integral I, std::integral Offset>
void validate(grouped_int4_view<G, Scale, I, Offset> a) {
  using layout = grouped_int4_layout<G>;
  constexpr char const* who = "grouped_int4";
  detail::validate_counts(who, a.rows(), a.cols());
  detail::validate_offsets(who, "row", a.rows(), a.offsets(), "groups", a.groups().size());
  detail::validate_value_count(who, a.groups().size(), "groups", a.scales().size(), 1, "scales");
  detail::validate_value_count(who, a.groups().size(), "groups", a.codes().size(),
                               static_cast<std::size_t>(layout::bytes), "bytes of codes");
  for (index i = 0; i != a.rows(); ++i) {
    auto const first = static_cast<std::size_t>(a.offsets()[static_cast<std::size_t>(i)]);
    auto const last = static_cast<std::size_t>(a.offsets()[static_cast<std::size_t>(i) + 1]);
    detail::validate_increasing(who, "row", i, "group", a.groups().subspan(first, last - first), a.group_cols());
    for (std::size_t g = first; g != last; ++g) {
      auto const scale = static_cast<float>(a.scales()[g]);
      if (!(scale - scale == 0))
        detail::fail<format_error>(who, ": row ", i, " has a scale of ", scale, ", expected a finite one");
      for (index c = a.cols() - static_cast<index>(a.groups()[g]) * G; c < G; ++c)
        if (layout::code(a.codes().data() + g * static_cast<std::size_t>(layout::bytes), c) != 0)
          detail::fail<format_error>(who, ": row ", i, " has a code in column ",
                                     static_cast<index>(a.groups()[g]) * G + c, ", which lies outside the ", a.rows(),
                                     "x", a.cols(), " matrix, expected 0");
    }
  }
}
template <int G, scalar Scale, std::integral I, std::integral Offset>
void validate(grouped_int4<G, Scale, I, Offset> const& a) {
  validate(a.view());
}

template <int G, scalar Scale, std::integral I, std::integral Offset>
struct packer<grouped_int4<G, Scale, I, Offset>> {
  /// Quantises each group in which the source has a slot. Throws format_error, naming row and column, where a value or
  /// its scale is not finite. O(rows * cols / 64 + stored) for dense sources, O(rows + stored) for others.
  template <row_visitable S>
  static grouped_int4<G, Scale, I, Offset> from(S const& source, pack_options const& = {}) {
    auto a = detail::grouped_int4_packer<G, Scale, I, Offset>::run(source);
    return {detail::unchecked,   source.rows(),       source.cols(),     std::move(a.offsets),
            std::move(a.groups), std::move(a.scales), std::move(a.codes)};
  }
};

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna {

template <int G, scalar Scale, std::integral I, std::integral Offset>
LACUNA_INLINE grouped_int4<G, Scale, I, Offset>::grouped_int4(index rows, index cols, std::span<Offset const> offsets,
                                                              std::span<I const> groups, std::span<Scale const> scales,
                                                              std::span<std::uint8_t const> codes) {
  validate(grouped_int4_view<G, Scale, I, Offset>(rows, cols, offsets, groups, scales, codes));
  *this = grouped_int4(detail::unchecked, rows, cols, buffer<Offset>(offsets), buffer<I>(groups), buffer<Scale>(scales),
                       buffer<std::uint8_t>(codes));
}

}  // namespace lacuna
