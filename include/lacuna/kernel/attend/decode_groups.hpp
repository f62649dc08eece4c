// SPDX-License-Identifier: MIT
//
// The rows of few queries that read the same keys, group by group.
#pragma once

#include <lacuna/attention/plan.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/decode_slots.hpp>

#include <algorithm>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Rows that attend alike: `heads` query heads from `head` on, which read the keys of `kv_head`, times `queries`
/// queries. Row r is query r / heads, head r % heads.
struct decode_group {
  index row = 0;  ///< of the plan
  index kv_head = 0;
  index head = 0;
  index heads = 0;
  index query = 0;
  index queries = 0;
  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return heads * queries; }
};

/// The groups of a plan, one after another: heads that share keys and slot, and queries of a tile.
class decode_groups {
 public:
  explicit decode_groups(attention::plan_view const& plan) noexcept
      : plan_(plan),
        queries_(std::max<index>(1, std::min({plan.tile_queries, plan.shape.queries, decode_most_rows}))) {}

  /// Whether there is one more.
  bool next(decode_group& to) noexcept {
    auto const& s = plan_.shape;
    if (head_ == s.heads || s.queries == 0) return false;
    index const end = std::min((tile_ + 1) * plan_.tile_queries, s.queries);
    to.queries = std::min(end - query_, queries_);
    to.query = query_;
    to.head = head_;
    to.kv_head = head_ / s.group();
    to.row = plan_.row(head_, tile_);
    index const most = std::min(decode_most_rows / queries_, (to.kv_head + 1) * s.group() - head_);
    to.heads = 1;
    while (to.heads != most && slot(head_ + to.heads) == slot(head_)) ++to.heads;
    advance(to, end);
    return true;
  }

  /// Keys that a group selects.
  [[nodiscard]] index keys(decode_group const& g) const noexcept {
    index n = static_cast<index>(plan_.tokens_of(g.row).size());
    for (auto const& r : plan_.runs_of(g.row)) n += r.count;
    return n;
  }

 private:
  [[nodiscard]] std::int32_t slot(index head) const noexcept {
    return plan_.slot_of_head[static_cast<std::size_t>(head)];
  }
  /// Queries of a tile, then tiles, then heads.
  void advance(decode_group const& g, index end) noexcept {
    query_ += g.queries;
    if (query_ != end) return;
    ++tile_;
    if (query_ != plan_.shape.queries) return;
    query_ = tile_ = 0;
    head_ += g.heads;
  }

  attention::plan_view const& plan_;
  index queries_;  // most of a group
  index head_ = 0, tile_ = 0, query_ = 0;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
