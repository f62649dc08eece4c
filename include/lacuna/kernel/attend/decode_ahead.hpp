// SPDX-License-Identifier: MIT
//
// Which rows are asked for while others are read.
//
// A line is asked for where the same line of a row before is read: a whole row at once, or four, fill all 16 line
// buffers of a core, and reads that follow wait for them. 32768 keys from memory, paired: float 88 % of the stream
// instead of 86, bf16 80 instead of 75, pages of 64 keys 82 instead of 75, single keys 64 instead of 55. Zen wants
// lines in the order of their addresses instead: docs/limits.md.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/decode_slots.hpp>
#include <lacuna/simd/prefetch.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Asks for no rows: one type, so that all who do so share their code.
struct nothing_ahead {
  template <int N>
  [[nodiscard]] LACUNA_INLINE nothing_ahead rows(index) const noexcept {
    return {};
  }
  LACUNA_INLINE void operator()(index, index) const noexcept {}
};

/// What asks for row j + i when told i, where `first` says so.
template <class First, class Ahead>
LACUNA_INLINE auto ahead_from(First /*first*/, index j, Ahead const& ahead) noexcept {
  if constexpr (!First::value || std::is_same_v<Ahead, nothing_ahead>)
    return nothing_ahead{};
  else
    return ahead.from(j);
}

/// Asks for rows of a tile and of the next while those of the tile are read, Width numbers at a time.
///
/// Rows of a stream are asked for 6 KB ahead: prefetchers run ahead by themselves, but not over the border of a page or
/// a tile. Those that are read in order are asked for line by line in their order too, at the pace of reading. Where
/// the next rows stand apart, no prefetcher knows: each is asked for a tile ahead, into L2, for those under way are
/// more than the line buffers of L1; on Zen 16 rows ahead, into L1.
template <class T, int Width>
class decode_ahead {
 public:
  /// Rows of `dim` numbers of the tile `now`, which is read from row `from` on; `to` are those of the tile `next`.
  LACUNA_INLINE decode_ahead(decode_tile const& now, T const* const* rows, index from, decode_tile const& next,
                             T const* const* to, index dim) noexcept
      : rows_(rows),
        next_(to),
        from_(from),
        filled_((now.count + decode_block - 1) / decode_block * decode_block),
        count_(next.count),
        dim_(dim),
        far_(next.count != 0 ? !next.streams : decode_in_order && !now.streams),
        distance_(decode_in_order && far_ ? decode_block : rows_ahead(dim * static_cast<index>(sizeof(T)))) {}

  /// The same for the rows from row `from` + j on.
  [[nodiscard]] LACUNA_INLINE decode_ahead from(index j) const noexcept {
    auto later = *this;
    later.from_ += j;
    return later;
  }

  /// One for each of N rows that are read.
  template <int N>
  struct asked {
    T const* row[std::size_t{N}];
    bool far;
    /// Bytes from the first row on that are asked for while `column` of row c is read in order: N rows that stand one
    /// behind the other are asked for from their first line to their last.
    [[nodiscard]] LACUNA_INLINE static constexpr index in_order(index c, index column) noexcept {
      return (column * N + c * Width) * static_cast<index>(sizeof(T));
    }
    /// Asks for Width numbers from `column` on, or for those of the next one or two lines that begin there.
    LACUNA_INLINE void operator()(index c, index column) const noexcept {
      bool const ordered = decode_in_order && !far;
      index const at = ordered ? in_order(c, column) : column * static_cast<index>(sizeof(T));
      if (bytes < 64 && at % 64 != 0) return;
      if (!far)
        simd::prefetch_ahead<bytes>(row[decode_in_order ? 0 : c], at);
      else if constexpr (decode_in_order)
        simd::prefetch_ahead<bytes>(row[c], at);
      else
        simd::prefetch_far_ahead<bytes>(row[c], at);
    }
  };
  /// Those to ask for while rows [from + j, from + j + N) are read.
  template <int N>
  [[nodiscard]] LACUNA_INLINE asked<N> rows(index j) const noexcept {
    asked<N> to;
    to.far = far_;
    for (index c = 0; c != N; ++c)
      to.row[c] = !decode_in_order && far_ ? next_[std::min(from_ + j + c, count_ - 1)] : near(from_ + j + c);
    return to;
  }
  /// Asks for all of the row that belongs to row from + j.
  LACUNA_INLINE void operator()(index j) const noexcept {
    auto const one = rows<1>(j);
    for (index column = 0; column < dim_; column += Width) one(0, column);
  }

 private:
  static constexpr index bytes = Width * static_cast<index>(sizeof(T));
  /// In order a multiple of four, so that the rows of a register tile are not on both sides of a border.
  [[nodiscard]] static constexpr index rows_ahead(index bytes_of_row) noexcept {
    if (bytes_of_row == 0) return 1;
    auto const rows = std::clamp<index>(6144 / bytes_of_row, 4, 32);
    return decode_in_order ? rows / 4 * 4 : rows;
  }
  /// Behind the last tile there is none to ask for but the row itself.
  [[nodiscard]] LACUNA_INLINE T const* near(index j) const noexcept {
    index const at = j + distance_;
    return at < filled_ ? rows_[at] : count_ == 0 ? rows_[j] : next_[std::min(at - filled_, count_ - 1)];
  }

  T const* const* rows_;
  T const* const* next_;
  index from_;
  index filled_;  // rows of this tile that there are
  index count_;   // those of the next
  index dim_;
  bool far_;
  index distance_;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
