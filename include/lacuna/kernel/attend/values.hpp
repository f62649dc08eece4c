// SPDX-License-Identifier: MIT
//
// Adds the values of a tile of keys, weighed, to the sums of a block of rows.
//
// Bound: dv multiply-adds for each weight. AVX-512, 6 rows x 64 columns in 24 registers: 4 loads of values, 6
// broadcasts of weights and the address of the value's row for 24 multiply-adds, in 12 cycles; the sums are read and
// written once in 64 keys. Values are read where they stand. What is reached is said in scores.hpp.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/reach.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// What will be read soon, in groups of 64 rows: along with each tile of registers some lines of the cache of each row
/// of a group are fetched to the L2 cache, as many as it takes until all have been.
class attend_ahead {
 public:
  struct place {
    void const* const* row;  // null: nothing
    index first, last;       // bytes of a row
  };

  /// Rows of so many bytes, after those said before. At most four groups.
  LACUNA_INLINE void add(void const* const* row, index bytes) noexcept {
    row_[groups_] = row;
    bytes_[groups_++] = bytes;
    lines_ += (bytes + line - 1) / line;
  }
  /// With so many tiles of registers.
  LACUNA_INLINE void spread(index tiles) noexcept {
    step_ = std::max<index>(1, (lines_ + groups_ + tiles - 1) / std::max<index>(1, tiles)) * line;
  }
  /// What is fetched next.
  [[nodiscard]] LACUNA_INLINE place take() noexcept {
    for (; group_ != groups_; ++group_, byte_ = 0)
      if (byte_ < bytes_[group_]) {
        index const first = byte_;
        byte_ += step_;
        return {row_[group_], first, std::min(byte_, bytes_[group_])};
      }
    return {nullptr, 0, 0};
  }

 private:
  void const* const* row_[4];
  index bytes_[4];
  static constexpr index line = 64;
  index groups_ = 0;
  index group_ = 0;
  index byte_ = 0;
  index lines_ = 0;
  index step_ = line;
};

/// Whether a strip of values is copied to where its rows stand side by side, and register tiles that ask for nothing
/// have a loop of their own: where two registers are a line of the cache. Zen 3, AVX2: 64 rows of 128 floats put a
/// strip on 8 of the 64 sets of an L1 cache of 32 KB, beside the weights; sums of values run at 73 % of the peak of
/// multiply-adds there and at 85 % from a copy, which it pays for (64 dimensions: 84 and 88 %). In minutes in which
/// loads are slow, as if another thread shared the core, 47 and 69 % (47 and 64 %). Of these 2 % are a loop that does
/// not look for what to ask for.
template <class Arch, class A>
inline constexpr bool attend_packs_values =
    simd::avx2<Arch> && attend_widest<Arch> * static_cast<int>(sizeof(simd::batch<A, Arch>)) == 64;

/// A strip of the values of a tile, its rows one behind the other.
template <class Arch, class A>
struct attend_value_strip {
  static constexpr index columns = attend_packs_values<Arch, A> ? 64 / static_cast<index>(sizeof(A)) : 0;
  static constexpr index least = 32;  // rows of a block: beside 16 the copy is an eighth of the multiply-adds

  alignas(64) A room[static_cast<std::size_t>(columns == 0 ? 1 : attend_tile::keys * columns)];
  A const* row[attend_tile::keys];

  LACUNA_INLINE void place(index count) noexcept {
    for (index s = 0; s != count; ++s) row[s] = room + s * columns;
  }
  LACUNA_INLINE void load(A const* const* values, index count, index column) noexcept {
    using batch_type = simd::batch<A, Arch>;
    constexpr auto lanes = static_cast<index>(batch_type::size);
    for (index s = 0; s != count; ++s)
      for (index c = 0; c != columns; c += lanes)
        batch_type::load_unaligned(values[s] + column + c).store_aligned(room + s * columns + c);
  }
};

/// What becomes of the sums of a block of rows.
template <class A>
struct attend_sums {
  A* sums;             ///< rows in use, and attend_tile::spare more
  index pitch;         ///< the values' dimensions, rounded up to registers
  bool clear;          ///< they are 0 before, whatever is there
  std::uint64_t grew;  ///< if not: rows that are multiplied by their `shrink` before; that of the others is 1
  A const* shrink;     ///< for each row
  A* const* to;        ///< not null: row i times factor[i] goes to to[i], not to sums; for those behind the last, too
  A const* factor;
};

/// sums(i, c) += weights[s * 64 + i] * values[s][column + c - first], over the slots s of `seen` in order, for `Rows`
/// rows from `row` and N registers of columns from `first` on. What is fetched is fetched for all `count` slots.
template <class Arch, int Rows, int N, class A>
void attend_values_tile(A const* weights, A const* const* values, index column, index count, attend_reach seen,
                        attend_sums<A> const& of, index row, index first, attend_ahead& ahead) noexcept {
  using batch_type = simd::batch<A, Arch>;
  constexpr int lanes = static_cast<int>(batch_type::size);
  batch_type sum[static_cast<std::size_t>(Rows)][static_cast<std::size_t>(N)];
  A* const sums = of.sums + row * of.pitch + first;
  index const pitch = of.pitch;
  if (of.clear)
    simd::unroll<Rows>([&](auto i) LACUNA_INLINE_LAMBDA {
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[i][n] = batch_type(A{0}); });
    });
  else
    simd::unroll<Rows>([&](auto i) LACUNA_INLINE_LAMBDA {
      simd::unroll<N>([&](auto n)
                          LACUNA_INLINE_LAMBDA { sum[i][n] = batch_type::load_aligned(sums + i * pitch + n * lanes); });
    });
  if (!of.clear && (of.grew >> row & ((std::uint64_t{1} << Rows) - 1)) != 0)
    simd::unroll<Rows>([&](auto i) LACUNA_INLINE_LAMBDA {
      batch_type const shrink(of.shrink[row + i]);
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[i][n] = sum[i][n] * shrink; });
    });
  auto const soon = ahead.take();
  auto const fetch = [&](index s) LACUNA_INLINE_LAMBDA {
    for (index b = soon.first; b < soon.last; b += 64) simd::prefetch_far_ahead<64>(soon.row[s], b);
  };
  auto const add = [&](auto fetches) LACUNA_INLINE_LAMBDA {
    for (index s = seen.first; s != seen.last; ++s) {
      A const* const value = values[s] + column;
      if constexpr (fetches) fetch(s);
      batch_type line[static_cast<std::size_t>(N)];
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
        line[n] = batch_type::load_unaligned(value + n * lanes);
        simd::pin(line[n]);
      });
      simd::unroll<Rows>([&](auto i) LACUNA_INLINE_LAMBDA {
        batch_type w(weights[s * attend_tile::rows + row + i]);
        simd::pin(w);
        simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[i][n] = simd::fma(w, line[n], sum[i][n]); });
      });
    }
  };
  if (!attend_packs_values<Arch, A> || soon.first < soon.last) {
    for (index s = 0; s != seen.first; ++s) fetch(s);
    for (index s = seen.last; s < count; ++s) fetch(s);
    add(std::true_type{});
  } else {
    add(std::false_type{});
  }
  if (of.to == nullptr)
    simd::unroll<Rows>([&](auto i) LACUNA_INLINE_LAMBDA {
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[i][n].store_aligned(sums + i * pitch + n * lanes); });
    });
  else
    simd::unroll<Rows>([&](auto i) LACUNA_INLINE_LAMBDA {
      batch_type const factor(of.factor[row + i]);
      A* const to = of.to[row + i] + first;
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { (sum[i][n] * factor).store_unaligned(to + n * lanes); });
    });
}

/// The same for `rows` rows and all columns. `tails` are the last dim % lanes columns of the values in rows of one
/// register, with zeros behind; not looked at if there are none. Slots that no row of a register tile sees, whose
/// weights are 0, are left out.
template <class Arch, class A>
void attend_values(A const* weights, index rows, A const* const* values, A const* const* tails, index count, index dim,
                   attend_sums<A> const& of, attend_ahead& ahead, attend_reaches reaches = {}) noexcept {
  constexpr auto lanes = static_cast<index>(simd::batch<A, Arch>::size);
  constexpr int widest = attend_widest<Arch>;
  index const whole = dim / lanes * lanes;
  ahead.spread((rows + attend_lines<Arch, widest> - 1) / attend_lines<Arch, widest> * (dim / (widest * lanes)));
  [[maybe_unused]] attend_value_strip<Arch, A> packed;
  if constexpr (attend_packs_values<Arch, A>) packed.place(count);
  auto const strip = [&](A const* const* from, index column, index c, auto registers) LACUNA_INLINE_LAMBDA {
    constexpr int n = decltype(registers)::value;
    if constexpr (attend_packs_values<Arch, A> && n == widest)
      if (rows >= packed.least) {
        packed.load(from, count, column);
        from = packed.row;
        column = 0;
      }
    for_each_lines<attend_lines<Arch, n>>(rows, [&](index i, auto lines) LACUNA_INLINE_LAMBDA {
      constexpr int high = decltype(lines)::value;
      attend_values_tile<Arch, high, n>(weights, from, column, count, reaches(i, high, count), of, i, c, ahead);
    });
  };
  for_each_strip<attend_widest<Arch>>(
      whole, lanes, [&](index c, auto registers) LACUNA_INLINE_LAMBDA { strip(values, c, c, registers); });
  if (whole != dim) strip(tails, 0, whole, std::integral_constant<int, 1>{});
}

/// The same for one row whose word says which slots it sees: values of the others, which may be Inf or NaN, are not
/// read. The bits are those of attend_values with weights of 0 for the others.
template <class Arch, class A>
void attend_values_of(std::uint64_t word, A const* weights, A const* const* values, A const* const* tails, index count,
                      index dim, A* sums, bool clear) noexcept {
  using batch_type = simd::batch<A, Arch>;
  constexpr auto lanes = static_cast<index>(batch_type::size);
  for (index c = 0; c < dim; c += lanes) {
    bool const tail = c + lanes > dim;
    auto sum = clear ? batch_type(A{0}) : batch_type::load_aligned(sums + c);
    for (index s = 0; s != count; ++s)
      if ((word >> s & 1u) != 0)
        sum = simd::fma(batch_type(weights[s * attend_tile::rows]),
                        batch_type::load_unaligned(tail ? tails[s] : values[s] + c), sum);
    sum.store_aligned(sums + c);
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
