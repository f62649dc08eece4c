// SPDX-License-Identifier: MIT
//
// Documents one behind the other, and which of them see which.
#pragma once

#include <lacuna/attention/block_lists.hpp>
#include <lacuna/attention/id_lists.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>

#include <concepts>
#include <initializer_list>
#include <span>

namespace lacuna::detail {

/// Every row sees its own column.
struct itself {
  index count;
  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return count; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return count; }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    f(i, 1.0f);
  }
};

}  // namespace lacuna::detail

namespace lacuna::attention {

/// A sequence cut into segments: number s holds the positions ends[s] to ends[s + 1], where ends begin with 0 and rise.
/// A query sees the keys of its own segment, or, with a graph, those of the segments that the row of its own names (its
/// own as well, if it is to be seen). The graph is a sparse matrix, or a mask, of segments x segments. Packed sequences
/// of a batch are causal{} & segments(ends); documents that see themselves and an instruction, and a question that sees
/// all, are a graph.
///
/// Throws format_error if ends do not begin with 0 and rise, or the graph has another size. A plan or an attention over
/// queries or keys behind the last end is a shape_error: give what pads a batch a segment of its own. O(stored) to
/// make; copies share it.
/// Sources: N. Gupta et al., "Scalable In-context Ranking with Generative Models" (BlockRank), 2025; H. Wang et al.,
/// "Graph-KV", 2025.
class segments : public block_lists<lacuna::detail::uneven_blocks, lacuna::detail::uneven_blocks> {
 public:
  template <class C, class A = lacuna::detail::itself>
    requires requires(C const& c, A const& a) { std::span(c.data(), c.size()), a.rows() + a.cols(); }
  LACUNA_INLINE segments(C const& ends, A const& graph)
      : segments(lacuna::detail::blocks_between("segments", "keys",
                                                std::span<typename C::value_type const>(ends.data(), ends.size())),
                 graph) {}
  template <class C>
    requires requires(C const& c) { std::span(c.data(), c.size()); }
  LACUNA_INLINE explicit segments(C const& ends) : segments(ends, lacuna::detail::itself{count_of(ends.size())}) {}
  LACUNA_INLINE segments(std::initializer_list<index> ends)
      : segments(std::span<index const>(ends.begin(), ends.size())) {}

 private:
  [[nodiscard]] LACUNA_INLINE static index count_of(std::size_t ends) noexcept {
    return ends == 0 ? 0 : static_cast<index>(ends) - 1;
  }
  template <class A>
  LACUNA_INLINE segments(lacuna::detail::uneven_blocks const& blocks, A const& a)
      : block_lists("segments", blocks, blocks, lacuna::detail::lists_of("segments", a, blocks.count, blocks.count, {}),
                    0) {}
};

}  // namespace lacuna::attention
