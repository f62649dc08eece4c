// SPDX-License-Identifier: MIT
//
// What a call of attend is about, with all types erased but that of the sums; and how its rows are shared out.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/row_source.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/simd/arch.hpp>

#include <algorithm>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Where the logarithms of the sums of exponentials go; to none, if `write` is null.
template <class A>
struct attend_lse {
  void const* to = nullptr;
  void (*write)(void const* to, index head, index query, A value) noexcept = nullptr;
};

/// Where the mass of blocks of keys goes: row `query` of head `head` has a number for each `keys` keys. To none, if
/// `data` is null.
struct attend_mass {
  heads_view<float> to;
  index keys = 64;
};

/// A checked call of attend, sums of type A: its operands, outputs and options, as kernels want them. Where no output
/// is wanted its values have no dimensions, and no row of them is found or read; work is cut by `value_dim` all the
/// same, so that what else is written has the bits that it has beside an output.
template <class A>
struct attend_call {
  attention::shape shape;
  A scale = 1;
  attend_queries<A> queries;
  attend_rows<A> keys;
  attend_rows<A> values;
  index value_dim = 0;
  attend_output<A> out;
  attend_lse<A> lse;
  attend_mass block_mass;
  attention::pair_mask mask;
  A margin = -std::numeric_limits<A>::infinity();  // of skip_below: ln(lambda)
  A settled = 0;                                   // of stop_below: tau

  /// Whether what becomes of a row depends on that row alone.
  [[nodiscard]] LACUNA_INLINE bool rows_apart() const noexcept {
    return margin == -std::numeric_limits<A>::infinity() && settled == 0;
  }
};

/// How a call is cut into units of work, each some queries of some heads that share keys: by its shapes and the plan's
/// tiles. Rows do not depend on those beside them, so that more workers may get smaller units; but a policy asks about
/// all rows of a block, so that its units are never cut by the number of workers.
struct attend_units {
  index step = 1;    // queries of a unit; a tile of the plan is cut into as many as it takes
  index heads = 1;   // most heads that a unit takes at once
  index tiles = 0;   // of the plan
  index parts = 1;   // of the queries of a tile
  index chunks = 1;  // of the heads that share keys
  index kv_heads = 0;

  [[nodiscard]] LACUNA_INLINE index count() const noexcept { return kv_heads * tiles * parts * chunks; }

  /// Rows of 288 KB in all, of queries and of sums, 64 of 576 + 512 floats, but at most 256 rows and at least 16. Few
  /// queries of many heads stand side by side: 32 heads of one query over one of keys take 0.28 of the time of four
  /// heads at a time, 128 of 576 + 512 numbers 0.05 of that of one (Zen 5). Of a tile at most `most_queries` go
  /// together.
  template <class A>
  [[nodiscard]] LACUNA_INLINE static attend_units of(attention::shape s, index tile_queries, index key_dim,
                                                     index value_dim,
                                                     index most_queries = std::numeric_limits<index>::max()) noexcept {
    constexpr index most = 4 * attend_tile::rows;
    index const row_bytes = std::max<index>(key_dim + value_dim, 1) * static_cast<index>(sizeof(A));
    index rows = std::min(most, (index{288} << 10) / row_bytes);
    rows =
        rows >= attend_tile::rows ? rows / attend_tile::rows * attend_tile::rows : std::max<index>(16, rows / 16 * 16);
    attend_units u;
    index const group = std::max<index>(s.group(), 1), queries = std::clamp<index>(s.queries, 1, tile_queries);
    index const shared = rows / group / attend_tile::rows * attend_tile::rows;
    u.step = std::min({queries, most_queries, std::max(shared, std::min(rows, attend_tile::rows))});
    u.heads = std::clamp<index>(rows / u.step, 1, group);
    u.tiles = s.queries / tile_queries + (s.queries % tile_queries != 0);
    u.parts = detail::ceil_div(std::min(tile_queries, s.queries), u.step);
    u.chunks = detail::ceil_div(group, u.heads);
    u.kv_heads = s.kv_heads;
    return u;
  }

  /// Smaller ones where these leave some of the workers idle at the end: the fewest that are done soonest, if r rows
  /// take as long as registers of rows do, and going through the keys as long as `more` rows. No unit gets fewer than
  /// 16 rows.
  LACUNA_INLINE void share_out(attention::shape s, index tile_queries, index workers, index lanes,
                               index more) noexcept {
    if (workers < 2 || count() >= 8 * workers) return;
    auto const time = [&](attend_units const& u) LACUNA_INLINE_LAMBDA {
      return detail::ceil_div(u.count(), workers) * (attend_rounded(u.step * u.heads, lanes) + more);
    };
    index const group = std::max<index>(s.group(), 1), queries = std::min(tile_queries, s.queries);
    auto const whole = *this;
    index least = time(whole);
    for (index p = whole.parts; p <= queries; ++p)
      for (index c = whole.chunks; c <= group; ++c) {
        auto u = whole;
        u.step = detail::ceil_div(queries, p);
        u.heads = detail::ceil_div(group, c);
        if (u.step * u.heads < 16) {
          if (c == whole.chunks) return;
          break;
        }
        u.parts = detail::ceil_div(queries, u.step);
        u.chunks = detail::ceil_div(group, u.heads);
        if (time(u) >= least) continue;
        least = time(u);
        *this = u;
      }
  }
};

/// Some queries of some heads that read the same keys: what is computed at once.
struct attend_part {
  index kv_head;
  index head;
  index heads;
  index tile;  // of the plan
  index query;
  index queries;

  /// Whose queries the first rows are, at most `most`: head by head. Returns how many.
  LACUNA_INLINE index places(attend_place* to, index most) const noexcept {
    index row = 0;
    for (index h = 0; h != heads; ++h)
      for (index q = 0; q != queries && row != most; ++q) to[row++] = {head + h, query + q};
    return row;
  }
};

/// Memory of one worker for one unit after another.
template <class Arch, class A>
class attend_workspace {
 public:
  static constexpr auto lanes = static_cast<index>(simd::batch<A, Arch>::size);
  static constexpr index spare = attend_tile::spare;

  attend_workspace(attend_call<A> const& call, index rows) noexcept
      : depth_(attend_rounded(call.keys.dim, lanes)),
        pitch_(attend_rounded(call.values.dim, lanes)),
        blocks_((rows + attend_tile::rows - 1) / attend_tile::rows),
        key_room_(call.keys.in_place() ? 0 : attend_tile::keys),
        value_room_(call.values.in_place() ? 0 : attend_tile::keys) {}

  /// Elements, all of them aligned to registers if the first is.
  [[nodiscard]] index size() const noexcept { return at_line() + lanes * depth_; }
  void place(A* memory) noexcept { memory_ = memory; }

  [[nodiscard]] index depth() const noexcept { return depth_; }  ///< pitch of a key in its room
  [[nodiscard]] index pitch() const noexcept { return pitch_; }  ///< of a row of sums, of a value in its room
  [[nodiscard]] A* queries(index block) const noexcept { return memory_ + block * depth_ * attend_tile::rows; }
  [[nodiscard]] A* sums(index block) const noexcept { return memory_ + at_sums() + block * attend_tile::rows * pitch_; }
  [[nodiscard]] A* scores() const noexcept { return memory_ + at_scores(); }
  [[nodiscard]] A* tails() const noexcept { return memory_ + at_tails(); }
  [[nodiscard]] A* keys() const noexcept { return memory_ + at_keys(); }
  [[nodiscard]] A* values() const noexcept { return memory_ + at_values(); }
  [[nodiscard]] A* lines() const noexcept { return memory_ + at_line(); }  ///< `lanes` queries

 private:
  [[nodiscard]] index at_sums() const noexcept { return blocks_ * depth_ * attend_tile::rows; }
  [[nodiscard]] index at_scores() const noexcept { return at_sums() + (blocks_ * attend_tile::rows + spare) * pitch_; }
  [[nodiscard]] index at_tails() const noexcept {
    return at_scores() + (attend_tile::keys + spare) * attend_tile::rows;
  }
  [[nodiscard]] index at_keys() const noexcept { return at_tails() + attend_tile::keys * lanes; }
  [[nodiscard]] index at_values() const noexcept { return at_keys() + key_room_ * depth_; }
  [[nodiscard]] index at_line() const noexcept { return at_values() + value_room_ * pitch_; }

  A* memory_ = nullptr;
  index depth_, pitch_, blocks_, key_room_, value_room_;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
