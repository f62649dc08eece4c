// SPDX-License-Identifier: MIT
//
// Which rows are asked for while others are read.
//
// A line is asked for where the same line of a row before is read: a whole row at once, or four, fill all 16 line
// buffers of a core, and reads that follow wait for them. 32768 keys from memory, paired: float 88 % of the stream
// instead of 86, bf16 80 instead of 75, pages of 64 keys 82 instead of 75, single keys 64 instead of 55. Zen wants
// lines in the order of their addresses instead, evenly over all that is computed: a line behind every four
// multiply-adds where rows are of float, docs/limits_attention.md.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/decode_slots.hpp>
#include <lacuna/simd/prefetch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Asks for no rows: one type, so that all who do so share their code.
struct nothing_ahead {
  static constexpr bool in_blocks = false;
  template <int N>
  [[nodiscard]] LACUNA_INLINE nothing_ahead rows(index) const noexcept {
    return {};
  }
  LACUNA_INLINE void operator()(index, index) const noexcept {}
  template <int N>
  [[nodiscard]] LACUNA_INLINE nothing_ahead piece(index, index) const noexcept {
    return {};
  }
  LACUNA_INLINE void operator()(index) const noexcept {}
};

/// What asks for row j + i when told i, where `first` says so.
template <class First, class Ahead>
LACUNA_INLINE auto ahead_from(First /*first*/, index j, Ahead const& ahead) noexcept {
  if constexpr (!First::value || std::is_same_v<Ahead, nothing_ahead>)
    return nothing_ahead{};
  else
    return ahead.from(j);
}

/// Whether what asks is to be told by behind() where sums are computed, and asks for a line there.
template <class Ask>
inline constexpr bool asks_spaced = requires { requires Ask::spaced; };

/// Lines at multiples of 64 bytes from `row` on that are asked for while N pairs are read, Bytes for each of them.
template <int N, int Bytes>
struct decode_lines {
  static constexpr bool spaced = Bytes >= 64;
  static constexpr bool whole = N * Bytes % 64 == 0;
  void const* row;
  index at;
  /// The first of the bytes that pair n asks for, if any. Where those of a pair are less than a line, the first pair
  /// asks for the lines of all, if they are whole, else for as many from the first that begins among them on.
  [[nodiscard]] LACUNA_INLINE constexpr index first(index n) const noexcept {
    return whole ? at + n * Bytes : (at + 63) & -64;
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool any(index n) const noexcept {
    return Bytes >= 64 || (n == 0 && (whole || first(n) < at + N * Bytes));
  }
  LACUNA_INLINE void operator()(index n) const noexcept {
    if (any(n)) simd::prefetch_ahead<Bytes >= 64 ? Bytes : N * Bytes>(row, first(n));
  }
  /// The same once `value` is computed.
  template <class Batch>
  LACUNA_INLINE void behind(index n, Batch& value) const noexcept {
    simd::prefetch_ahead_behind<Bytes>(value, row, first(n));
  }
};

/// Asks for a block of rows that stand one behind the other, from their first line to their last, while rows of another
/// block are read, Width numbers at a time, in whatever order.
template <class T, int Width>
class decode_block_ahead {
  static constexpr int bytes = Width * static_cast<int>(sizeof(T));

 public:
  static constexpr bool in_blocks = true;  ///< values are asked for by decode_share
  LACUNA_INLINE decode_block_ahead(T const* rows, index dim) noexcept : rows_(rows), dim_(dim) {}
  [[nodiscard]] LACUNA_INLINE decode_block_ahead from(index j) const noexcept { return {at(j), dim_}; }

  /// What to ask for while rows [j, j + N) are read, N pairs at a time from column to column.
  template <int N>
  struct asked {
    static constexpr bool spaced = bytes >= 128;
    T const* row;
    /// Bytes from the first row on that are asked for while `column` of row c is read.
    [[nodiscard]] LACUNA_INLINE static constexpr index in_order(index c, index column, index half = 0) noexcept {
      return (column * N + c * Width) * static_cast<index>(sizeof(T)) + half * (bytes / 2);
    }
    LACUNA_INLINE void operator()(index c, index column) const noexcept {
      index const at = in_order(c, column);
      if (bytes >= 64 || at % 64 == 0) simd::prefetch_ahead<bytes>(row, at);
    }
    /// Half of the same, 0 or 1, once `value` is computed.
    template <class Batch>
    LACUNA_INLINE void behind(index half, index c, index column, Batch& value) const noexcept {
      simd::prefetch_ahead_behind<bytes / 2>(value, row, in_order(c, column, half));
    }
  };
  template <int N>
  [[nodiscard]] LACUNA_INLINE asked<N> rows(index j) const noexcept {
    return {at(j)};
  }
  /// Part `part` of Parts of the lines, while N pairs of row j of `count` are read, from `column` on.
  template <int N, int Parts>
  [[nodiscard]] LACUNA_INLINE decode_lines<N, bytes / Parts> piece(index part, index count, index j,
                                                                   index column) const noexcept {
    index const before = part * count * dim_ + column * count + j * N * Width;
    return {rows_, before * static_cast<index>(sizeof(T)) / Parts};
  }

 private:
  /// Counted in integers: there may be no such row.
  [[nodiscard]] LACUNA_INLINE T const* at(index j) const noexcept {
    return reinterpret_cast<T const*>(reinterpret_cast<std::uintptr_t>(rows_) +
                                      static_cast<std::uintptr_t>(j * dim_) * sizeof(T));
  }
  T const* rows_;
  index dim_;
};

/// Asks for rows of a tile and of the next while those of the tile are read, Width numbers at a time.
///
/// Rows of a stream are asked for 6 KB ahead: prefetchers run ahead by themselves, but not over the border of a page or
/// a tile. Where the next rows stand apart, no prefetcher knows: each is asked for a tile ahead, into L2, for those
/// under way are more than the line buffers of L1.
///
/// InOrder, on Zen, the block after the one that is read, or some blocks later, is asked for into L1, line by line in
/// the order of addresses, at the pace of reading; rows that stand apart are asked for one by one, 16 ahead.
template <class T, int Width, bool InOrder = decode_in_order>
class decode_ahead {
  static constexpr int bytes = Width * static_cast<int>(sizeof(T));

 public:
  static constexpr bool in_blocks = false;
  /// Rows of `dim` numbers of the tile `now`, which is read from row `from` on; `to` are those of the tile `next`.
  /// `block` rows are read before others are turned to: 8 or 16, of which `from` is a multiple.
  LACUNA_INLINE decode_ahead(decode_tile const& now, T const* const* rows, index from, index block,
                             decode_tile const& next, T const* const* to, index dim) noexcept
      : rows_(rows),
        next_(to),
        from_(from),
        filled_((now.count + decode_block - 1) / decode_block * decode_block),
        count_(next.count),
        dim_(dim),
        whole_(now.whole),
        next_whole_(next.whole),
        far_(next.count != 0 ? !next.streams : InOrder && !now.streams),
        distance_(InOrder && far_ ? decode_block : rows_ahead(dim * static_cast<index>(sizeof(T)), block)),
        ordered_(InOrder && address(near(from + block - 1)) - address(near(from)) ==
                                static_cast<std::uintptr_t>((block - 1) * dim) * sizeof(T)) {}

  /// Calls f with what asks for the same rows most simply.
  template <class F>
  LACUNA_INLINE void simplest(F const& f) const noexcept {
    if constexpr (InOrder)
      if (ordered_) return f(decode_block_ahead<T, Width>(near(from_), dim_));
    f(*this);
  }

  /// The same for the rows from row `from` + j on, without a copy: gcc 12 makes one by a wide load of what was just
  /// written in parts, which waits until all that was read before has come.
  class later {
   public:
    static constexpr bool in_blocks = false;
    LACUNA_INLINE later(decode_ahead const& all, index j) noexcept : all_(all), j_(j) {}
    template <int N>
    [[nodiscard]] LACUNA_INLINE auto rows(index j) const noexcept {
      return all_.template rows<N>(j_ + j);
    }
    template <int N>
    [[nodiscard]] LACUNA_INLINE auto piece(index j, index column) const noexcept {
      return all_.template piece<N>(j_ + j, column);
    }

   private:
    decode_ahead const& all_;
    index j_;
  };
  [[nodiscard]] LACUNA_INLINE later from(index j) const noexcept { return {*this, j}; }

  /// One for each of N rows that are read.
  template <int N>
  struct asked {
    T const* row[std::size_t{N}];
    bool far;
    /// Asks for Width numbers from `column` on, or for those of the next one or two lines that begin there.
    LACUNA_INLINE void operator()(index c, index column) const noexcept {
      index const at = column * static_cast<index>(sizeof(T));
      if (bytes < 64 && at % 64 != 0) return;
      if (InOrder || !far)
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
      to.row[c] = !InOrder && far_ ? next_[std::min(from_ + j + c, count_ - 1)] : near(from_ + j + c);
    return to;
  }
  /// What to ask for while N pairs of values of row from + j are read, from `column` on.
  template <int N>
  [[nodiscard]] LACUNA_INLINE auto piece(index j, index column) const noexcept {
    return [one = rows<1>(j), column](index n) LACUNA_INLINE_LAMBDA { one(0, column + n * Width); };
  }
  /// Asks for all of the row that belongs to row from + j.
  LACUNA_INLINE void operator()(index j) const noexcept {
    auto const one = rows<1>(j);
    for (index column = 0; column < dim_; column += Width) one(0, column);
  }

 private:
  /// In order whole blocks, so that the rows of one are not on both sides of a border.
  [[nodiscard]] static constexpr index rows_ahead(index bytes_of_row, index block) noexcept {
    if (bytes_of_row == 0) return InOrder ? block : 1;
    if (!InOrder) return std::clamp<index>(6144 / bytes_of_row, 4, 32);
    index rows = block;  // some 4 KB: without divisions, two of which took 2 ns a key on Zen 5
    while (rows < 32 && (rows + 1) * bytes_of_row <= 4096) rows += block;
    return rows;
  }
  [[nodiscard]] LACUNA_INLINE static std::uintptr_t address(T const* row) noexcept {
    return reinterpret_cast<std::uintptr_t>(row);
  }
  /// Behind the last tile there is none to ask for but the row itself.
  [[nodiscard]] LACUNA_INLINE T const* near(index j) const noexcept {
    index const at = j + distance_;
    if (at < filled_) return decode_row<InOrder>(whole_, rows_, at, dim_);
    if (count_ == 0) return decode_row<InOrder>(whole_, rows_, j, dim_);
    return decode_row<InOrder>(next_whole_, next_, std::min(at - filled_, count_ - 1), dim_);
  }

  T const* const* rows_;
  T const* const* next_;
  index from_;
  index filled_;  // rows of this tile that there are
  index count_;   // those of the next
  index dim_;
  bool whole_, next_whole_;  // of both only the first addresses are set
  bool far_;
  index distance_;
  bool ordered_;  // the rows that this block asks for stand one behind the other
};

/// Part `part` of Parts of what a block of `count` values asks for. Sums of two rows are taken for all columns before
/// those of others, so that half of the lines are asked for with the first two rows and half with the next: at all
/// times as many.
template <class Ahead, int Parts>
class decode_share {
 public:
  static_assert(Parts == 1 || Parts == 2);
  static constexpr bool in_blocks = true;
  LACUNA_INLINE decode_share(Ahead const& ahead, index part, index count) noexcept
      : ahead_(ahead), part_(part), count_(count) {}
  template <int N>
  [[nodiscard]] LACUNA_INLINE auto piece(index j, index column) const noexcept {
    return ahead_.template piece<N, Parts>(part_, count_, j, column);
  }

 private:
  Ahead ahead_;
  index part_;
  index count_;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
