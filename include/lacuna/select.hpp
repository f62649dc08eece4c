// SPDX-License-Identifier: MIT
//
// Select: from scores of blocks, pages or single keys to a plan, before attention and apart from it.
#pragma once

#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/owned_plan.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan_arrays.hpp>
#include <lacuna/attention/select/antidiagonal.hpp>
#include <lacuna/attention/select/channels.hpp>
#include <lacuna/attention/select/choosers.hpp>
#include <lacuna/attention/select/given.hpp>
#include <lacuna/attention/select/label_channels.hpp>
#include <lacuna/attention/select/mean_pool.hpp>
#include <lacuna/attention/select/minmax.hpp>
#include <lacuna/attention/select/options.hpp>
#include <lacuna/attention/select/probe_last.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/select/antidiagonal.hpp>
#include <lacuna/kernel/select/channels.hpp>
#include <lacuna/kernel/select/given.hpp>
#include <lacuna/kernel/select/mean_pool.hpp>
#include <lacuna/kernel/select/minmax.hpp>
#include <lacuna/kernel/select/probe_last.hpp>
#include <lacuna/kernel/select/row_rules.hpp>
#include <lacuna/kernel/select/rows.hpp>
#include <lacuna/kernel/select/score.hpp>
#include <lacuna/kernel/select/vertical_slash.hpp>
#include <lacuna/simd/arch.hpp>

#include <math.h>

#include <concepts>
#include <type_traits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

template <class C>
void require_chooser(C const& c) {
  if constexpr (std::same_as<C, attention::top_k>) {
    if (c.k < 0) fail<value_error>("select: top_k of ", c.k, " units, expected 0 or more");
  } else if constexpr (std::same_as<C, attention::top_p>) {
    if (!(c.p == c.p)) fail<value_error>("select: the share p of top_p is ", c.p, ", expected a number");
  } else if constexpr (std::same_as<C, attention::above>) {
    if (kernel::not_a_number(c.threshold))
      fail<value_error>("select: the threshold of above is ", c.threshold, ", expected a number");
  } else if constexpr (std::same_as<C, attention::anchor_diff>) {
    if (kernel::not_a_number(c.theta))
      fail<value_error>("select: theta of anchor_diff is ", c.theta, ", expected a number");
  }
}

/// The scale given, or 1 / sqrt(dim).
inline float select_scale(double scale, index dim) {
  if (scale == 0) return static_cast<float>(dim == 0 ? 1.0 : 1.0 / ::sqrt(static_cast<double>(dim)));
  auto const s = static_cast<float>(scale);
  if (!(s > 0 && s - s == 0)) fail<value_error>("select: the scale is ", scale, ", expected a finite one above 0");
  return s;
}

template <class Q, class S>
void require_queries(heads_view<Q> const& q, S const& index_of_keys, attention::shape s) {
  if (q.heads != s.heads || q.tokens != s.queries || q.dim != index_of_keys.dim())
    fail<shape_error>("select: q has ", q.heads, " heads of ", q.tokens, " tokens of dimension ", q.dim, ", the shape ",
                      s.heads, " heads of ", s.queries, " queries, the index dimension ", index_of_keys.dim());
  if (index_of_keys.heads() != s.kv_heads || index_of_keys.tokens() != s.keys)
    fail<shape_error>("select: the index has ", index_of_keys.heads(), " heads of ", index_of_keys.tokens(),
                      " keys, the shape ", s.kv_heads, " of ", s.keys);
}

/// The rows of a plan by an index and a chooser, both checked. Throws value_error for a score that is NaN or a mass
/// below 0.
template <class S, class Q, class C>
attention::plan_arrays select_rows(kernel::any_executor const& exec, S const& index_of_keys, heads_view<Q const> q,
                                   C const& chooser, kernel::row_rules const& rules) {
  kernel::wrong_score wrong;
  auto plan = kernel::row_selection<simd::default_arch, S, Q, C>(index_of_keys, q, chooser, rules).run(exec, wrong);
  if (wrong.slot >= 0)
    fail<value_error>("select: head ", rules.head_of(wrong.slot), ", tile ", wrong.tile, ": the score of block ",
                      wrong.unit, " is NaN, or a mass below 0");
  return plan;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// A plan of the keys that matter, by an index: mean_pool, minmax, channels or antidiagonal score units of keys
/// (blocks, pages, single keys) for each tile of queries of each head of q, and the chooser takes some of those that
/// `within` shows some query of the tile. A tile attends to what was taken and to what `forced` shows some of its
/// queries, as one set for all of its queries (so that forced patterns are widened to whole tiles), as far as `within`
/// allows it pair by pair: that pattern is the mask of the plan. `forced` does not use up what the chooser may take; a
/// bias counts where `within` has it.
///
/// Throws before anything else: shape_error if q, index and shape do not fit together, value_error for options or
/// parameters that make no sense; then value_error for a score that is NaN, which names head, tile and block. The plan
/// is bitwise the same for every executor. Rows may be empty. Time: the scorer's (see each), then O(units) a row.
/// Allocates the plan, twice while workers' rows are put together. Each worker keeps, from call to call, 4 bytes for
/// each unit and each row that is scored with it (of the query heads that read the same keys, and of as many tiles as
/// the scorer wants at once), 20 bytes more for each unit, and what the scorer needs: copies of a tile's queries; for
/// antidiagonal the logits of its groups. Throws std::bad_alloc where there is no memory.
///
///     at::minmax pages(k, 64);                                                          // once, then append
///     auto const plan = la::select(pool, q, pages, at::top_k{128}, shape, at::sink{64} | at::window{256});
///     la::attend(pool, q, kv, plan, out);
template <executor E, class Q, scorer S, chooser C, attention::pattern F = attention::none,
          attention::pattern W = attention::causal>
[[nodiscard]] attention::plan<W> select(E&& exec, heads_view<Q> const q, S const& index_of_keys, C const& chooser,
                                        attention::shape shape, F const& forced = {}, W const& within = {},
                                        select_options const& options = {}) {
  auto rules = kernel::rules_of(shape, forced, within, options);
  detail::require_queries(q, index_of_keys, shape);
  detail::require_chooser(chooser);
  rules.scale = detail::select_scale(options.scale, q.dim);
  heads_view<std::remove_const_t<Q> const> const queries = q;
  return {detail::unchecked, within,
          detail::select_rows(kernel::any_executor(exec), index_of_keys, queries, chooser, rules)};
}

/// The same with scores that are given: one line of them for each query head and tile, or for each head of keys if
/// options.share_group is set. options.scale is not used.
template <executor E, chooser C, attention::pattern F = attention::none, attention::pattern W = attention::causal>
[[nodiscard]] attention::plan<W> select(E&& exec, attention::given const& scores, C const& chooser,
                                        attention::shape shape, F const& forced = {}, W const& within = {},
                                        select_options const& options = {}) {
  auto const rules = kernel::rules_of(shape, forced, within, options);
  bool const heads_fit = scores.heads() == shape.heads || (options.share_group && scores.heads() == shape.kv_heads);
  if (!heads_fit || scores.tiles() != rules.tiles() || scores.tokens() != shape.keys)
    detail::fail<shape_error>("select: ", scores.heads(), " heads of ", scores.tiles(), " tiles have scores for ",
                              scores.tokens(), " keys, the shape has ", shape.heads, " heads of ", rules.tiles(),
                              " tiles and ", shape.keys, " keys");
  detail::require_chooser(chooser);
  return {detail::unchecked, within,
          detail::select_rows(kernel::any_executor(exec), scores, heads_view<float const>{}, chooser, rules)};
}

/// The masses of columns and diagonals for each head of q: the exact softmax of the last `last` queries (or all, if
/// there are fewer) over the keys that `within` shows them, its biases added. Throws shape_error if q and k do not fit
/// together, value_error for a scale that is not finite and above 0 (0 stands for 1 / sqrt(dim)). Bitwise the same for
/// every executor. O(last * keys * dim) for each head.
template <executor E, class Q, class K, attention::pattern W = attention::causal>
[[nodiscard]] attention::probe_last probe(E&& exec, heads_view<Q> const q, heads_view<K> const k, index last = 64,
                                          W const& within = {}, double scale = 0) {
  if (q.dim != k.dim || (k.heads == 0 ? q.heads != 0 : q.heads % k.heads != 0))
    detail::fail<shape_error>("probe: q has ", q.heads, " heads of dimension ", q.dim, ", k has ", k.heads, " of ",
                              k.dim);
  attention::validate(within, {q.tokens, k.tokens, q.heads, k.heads});
  auto const factor = detail::select_scale(scale, q.dim);
  attention::probe_last result(q.heads, k.tokens, last < q.tokens ? last : q.tokens);
  auto const visible = kernel::visible_through(within);
  heads_view<std::remove_const_t<Q> const> const queries = q;
  heads_view<std::remove_const_t<K> const> const keys = k;
  using kernel_type = kernel::probe_queries<simd::default_arch>;
  exec.for_ranges(q.heads, 1, [&](index first, index end, index /*worker*/) {
    float* const memory = kernel::scratch<float>(kernel_type::memory(result.last(), k.tokens));
    for (index h = first; h != end; ++h)
      kernel_type::run(queries, keys, h, h * k.heads / q.heads, q.tokens - result.last(), q.tokens, factor, visible,
                       memory, result);
  });
  return result;
}

/// A plan of the columns and diagonals that a probe found heavy, the same for all tiles of a head: `columns` chooses
/// keys, `diagonals` distances from a query back to its key. A diagonal is widened to the tile: all of its queries see
/// the keys that one of them meets on it. The anchor of anchor_diff is the largest mass of all. The rest as above.
///
///     auto const plan = la::select(pool, la::probe(pool, q, k), at::top_k{1000}, at::top_k{200}, shape,
///                                  at::sink{30} | at::window{100});
template <executor E, chooser C, chooser D, attention::pattern F = attention::none,
          attention::pattern W = attention::causal>
[[nodiscard]] attention::plan<W> select(E&& exec, attention::probe_last const& probe, C const& columns,
                                        D const& diagonals, attention::shape shape, F const& forced = {},
                                        W const& within = {}, select_options const& options = {}) {
  auto const rules = kernel::rules_of(shape, forced, within, options);
  if (probe.heads() != shape.heads || probe.keys() != shape.keys)
    detail::fail<shape_error>("select: the probe has ", probe.heads(), " heads of ", probe.keys(), " keys, the shape ",
                              shape.heads, " of ", shape.keys);
  detail::require_chooser(columns);
  detail::require_chooser(diagonals);
  kernel::wrong_score wrong;
  auto plan = kernel::vertical_slash<simd::default_arch, C, D>(probe, columns, diagonals, rules)
                  .run(kernel::any_executor(exec), wrong);
  if (wrong.slot >= 0)
    detail::fail<value_error>("select: head ", rules.head_of(wrong.slot), ": the mass of ",
                              wrong.tile == 0 ? "column " : "distance ", wrong.unit, " is NaN, or below 0");
  return {detail::unchecked, within, std::move(plan)};
}

/// In the calling thread.
template <class Q, scorer S, chooser C, attention::pattern F = attention::none,
          attention::pattern W = attention::causal>
[[nodiscard]] attention::plan<W> select(heads_view<Q> const q, S const& index_of_keys, C const& chooser,
                                        attention::shape shape, F const& forced = {}, W const& within = {},
                                        select_options const& options = {}) {
  return select(serial{}, q, index_of_keys, chooser, shape, forced, within, options);
}
template <chooser C, attention::pattern F = attention::none, attention::pattern W = attention::causal>
[[nodiscard]] attention::plan<W> select(attention::given const& scores, C const& chooser, attention::shape shape,
                                        F const& forced = {}, W const& within = {},
                                        select_options const& options = {}) {
  return select(serial{}, scores, chooser, shape, forced, within, options);
}
template <class Q, class K, attention::pattern W = attention::causal>
[[nodiscard]] attention::probe_last probe(heads_view<Q> const q, heads_view<K> const k, index last = 64,
                                          W const& within = {}, double scale = 0) {
  return probe(serial{}, q, k, last, within, scale);
}
template <chooser C, chooser D, attention::pattern F = attention::none, attention::pattern W = attention::causal>
[[nodiscard]] attention::plan<W> select(attention::probe_last const& probe, C const& columns, D const& diagonals,
                                        attention::shape shape, F const& forced = {}, W const& within = {},
                                        select_options const& options = {}) {
  return select(serial{}, probe, columns, diagonals, shape, forced, within, options);
}

}  // namespace lacuna::inline LACUNA_ISA
