// SPDX-License-Identifier: MIT
//
// Attend: softmax(scale * q k^T) v over the keys that a plan lists, or that a pattern lets each query see.
#pragma once

#include <lacuna/attention/all.hpp>
#include <lacuna/attention/attend_options.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/kv_source.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/attention/policy.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/validate.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/attend/call.hpp>
#include <lacuna/kernel/attend/decode_asked.hpp>
#include <lacuna/kernel/attend/decode_planned.hpp>
#include <lacuna/kernel/attend/make_call.hpp>
#include <lacuna/kernel/attend/row_source.hpp>
#include <lacuna/kernel/attend/run.hpp>
#include <lacuna/kernel/attend/walk.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/stored.hpp>

#include <algorithm>
#include <concepts>
#include <type_traits>

namespace lacuna::detail::inline LACUNA_ISA {

template <class... M>
inline constexpr bool all_floating = (... && !std::integral<element_t<M>>);

/// double if one of the types is, else float.
template <class... T>
using attend_accumulator_t = std::common_type_t<accumulator_t<T>...>;

/// The kernel of few rows reads keys and values as they are stored, and sums up in A.
template <class A, class S>
inline constexpr bool decodable =
    std::same_as<A, accumulator_t<typename S::key_type>> && std::same_as<A, accumulator_t<typename S::value_type>> &&
    simd::loadable<typename S::key_type, simd::default_arch> &&
    simd::loadable<typename S::value_type, simd::default_arch>;

/// Up to how many rows that kernel is the faster one: up to 16 where there is one tile of queries, whose keys it shares
/// out to threads, or where registers hold four numbers. Wider ones are filled by 9 rows of one tile of many: 12
/// take 1.1 to 1.4 times the time there, 16 take 1.3 to 1.6 times. On Zen 5, where the other kernel asks for rows
/// ahead, 16 rows of one tile take 1.1 to 1.3 times the time, too, and 12 the same, but not where keys are converted,
/// nor where threads would no longer share those of a row.
template <class A, class S>
index most_few_rows(attention::shape s, index tile_queries) noexcept {
  using arch = simd::default_arch;
  constexpr index lanes = simd::batch<A, arch>::size;
  if (s.queries > tile_queries) return lanes >= 8 ? 8 : 16;
  bool const shared_out = s.keys > kernel::decode_least_keys && s.kv_heads < kernel::decode_most_parts;
  constexpr bool converted = !std::same_as<A, typename S::key_type> || !std::same_as<A, typename S::value_type>;
  return simd::reads_in_order<arch> && lanes >= 16 && !converted && !shared_out ? 12 : 16;
}

/// Most rows of a plan that read the same keys: queries of a tile times heads of a group that stand side by side and
/// have one slot. Heads that chose keys of their own are few rows each, however many share a head of keys.
inline index rows_at_once(attention::plan_view const& plan) noexcept {
  index const group = plan.shape.group();
  index most = 0, heads = 0;
  for (index h = 0; h != plan.shape.heads; ++h) {
    auto const at = static_cast<std::size_t>(h);
    heads = h % group != 0 && plan.slot_of_head[at] == plan.slot_of_head[at - 1] ? heads + 1 : 1;
    most = std::max(most, heads);
  }
  return most * std::min(plan.tile_queries, plan.shape.queries);
}

template <class A, class S>
void attend_few_rows(kernel::any_executor const& exec, kernel::attend_call<A> const& call,
                     attention::plan_view const& plan, S const& kv) {
  kernel::kv_rows<typename S::key_type, typename S::value_type> const rows(kv);
  kernel::attend_decoded<simd::default_arch>(exec, call, plan, rows);
}

template <class Q, class S>
using attend_heads_sum_t = attend_accumulator_t<std::remove_const_t<Q>, typename S::key_type, typename S::value_type>;

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Attention of many heads over the keys of a plan. q is heads x queries x dk; kv has keys of dk and values of dv
/// dimensions; out is heads x queries x dv, or {} where only lse or block_mass is wanted: values are then not read, and
/// no bit of the others changes. Query head h reads the keys of head h * kv_heads / heads. Each of float, double, bf16
/// or f16 (sums are in double if q, keys or values are, else in float; out is rounded once).
///
/// A row of out is the mean of the values of the keys that its query sees, weighed by exp(scale * q·k + bias). Sums go
/// in an order that the plan fixes: its own, but in parts, and within 64 keys in another order, for up to 8 rows
/// (queries of a tile times the heads that share keys and slot), and for up to 16 (on Zen also 12) in a plan of one
/// tile, or where a register holds four numbers. Inf or NaN in keys and values that a query does not see never reach
/// its row (where a run is not partial, and in tokens, all queries of the tile see all keys). A row that sees no key,
/// or whose logits are all -inf, is 0, and its lse is -inf. Logits of any finite size are safe. A NaN or +inf among the
/// logits of a row makes that row NaN, unless skip_below or stop_below leaves its tile out.
///
/// Throws shape_error if the shapes do not fit each other or the plan, format_error if a plan_view is none (it is
/// checked, in O(plan), 0.1 % of the time; a plan that owns its arrays is sound), value_error if the scale is not a
/// finite number of the type of the sums or the policy's number is not in [0, 1], before anything is written. out must
/// not overlap the operands. Bitwise equal for every executor and thread count. Each worker keeps at most 512 KB of
/// memory between calls (for dk + dv up to 800 in float, 400 in double; 128 (dk + dv) numbers and more beyond), the
/// calling thread 350 KB more where few rows are decoded, and for float and double apart, whatever the length: nothing
/// is allocated in steady state. Time is proportional to the pairs of the plan times dk + dv: a key costs the same
/// wherever it stands, as part of a run or alone.
template <executor E, class Q, attention::kv_source S, std::convertible_to<attention::plan_view> Plan,
          class Out = float, attention::policy Policy = attention::exact>
void attend(E&& exec, heads_view<Q> const& q, S const& kv, Plan const& plan, heads_view<Out> const& out,
            attend_options const& options = {}, Policy const& policy = {}) {
  static_assert(!std::is_const_v<Out>, "lacuna: out is read-only");
  using A = detail::attend_heads_sum_t<Q, S>;
  attention::plan_view const view = plan;
  heads_view<std::remove_const_t<Q> const> const from = q;
  kernel::attend_kv<simd::default_arch, A, S> const rows(kv);
  auto call = detail::attend_call_of<A>(from, kv, rows, out, options);
  if (!(view.shape == call.shape))
    detail::fail<shape_error>("attend: the plan is for ", view.shape.heads, " heads of ", view.shape.queries,
                              " queries and ", view.shape.kv_heads, " of ", view.shape.keys, " keys, not ",
                              call.shape.heads, " of ", call.shape.queries, " and ", call.shape.kv_heads, " of ",
                              call.shape.keys);
  if constexpr (!requires { typename Plan::pattern_type; })
    attention::validate(view);  // what attention::plan has is sound
  detail::set_attend_options(call, options, policy);
  call.mask = view.mask;
  kernel::any_executor const any(exec);
  if constexpr (detail::decodable<A, S>)
    if (call.block_mass.to.data == nullptr &&
        detail::rows_at_once(view) <= detail::most_few_rows<A, S>(view.shape, view.tile_queries))
      return detail::attend_few_rows(any, call, view, kv);
  kernel::attend_planned<simd::default_arch>(any, call, view);
}

/// Attention of many heads over what a pattern allows, which is asked tile by tile: no plan is made. As above; what a
/// query sees is cut into tiles of 64 keys at multiples of 64, so that a row has the same bits whether its query comes
/// in a small chunk, a large one, or with all others; but up to 16 rows (queries times the heads that share keys) sum
/// up in an order of their own. Throws value_error if the pattern biases keys: materialize it. Time is proportional to
/// the pairs in those tiles of 64 x 64 that the pattern does not classify as empty.
template <executor E, class Q, attention::kv_source S, attention::pattern P, class Out = float,
          attention::policy Policy = attention::exact>
  requires(!std::convertible_to<P, attention::plan_view>)
void attend(E&& exec, heads_view<Q> const& q, S const& kv, P const& pattern, heads_view<Out> const& out,
            attend_options const& options = {}, Policy const& policy = {}) {
  static_assert(!std::is_const_v<Out>, "lacuna: out is read-only");
  using A = detail::attend_heads_sum_t<Q, S>;
  heads_view<std::remove_const_t<Q> const> const from = q;
  kernel::attend_kv<simd::default_arch, A, S> const rows(kv);
  auto call = detail::attend_call_of<A>(from, kv, rows, out, options);
  attention::validate(pattern, call.shape);
  detail::require_no_bias(pattern);
  detail::set_attend_options(call, options, policy);
  call.mask = attention::mask_of(pattern);
  kernel::any_executor const any(exec);
  if constexpr (detail::decodable<A, S>) {
    index const most = detail::asks_head<P> ? 16 : detail::most_few_rows<A, S>(call.shape, call.shape.queries);
    if (call.block_mass.to.data == nullptr && call.shape.group() * call.shape.queries <= most) {
      kernel::decode_asked<P> const asked(pattern, call.shape);
      if (asked.complete()) return detail::attend_few_rows(any, call, asked.view(), kv);
    }
  }
  kernel::attend_asked<simd::default_arch>(any, call, kernel::pattern_of_heads{&pattern, kernel::classify_heads<P>});
}

/// The same in the calling thread.
template <class Q, attention::kv_source S, class Keys, class Out = float, attention::policy Policy = attention::exact>
  requires(attention::pattern<Keys> || std::convertible_to<Keys, attention::plan_view>)
void attend(heads_view<Q> const& q, S const& kv, Keys const& keys, heads_view<Out> const& out,
            attend_options const& options = {}, Policy const& policy = {}) {
  attend(serial{}, q, kv, keys, out, options, policy);
}

/// Attention of one head. q is nq x dk, k is nk x dk, v is nk x dv, out is nq x dv; each in either order, with any
/// stride, of float, double, bf16 or f16 (sums are in double if q, k or v is, else in float; out is rounded once).
/// Row i of out is the mean of the rows j of v that the pattern allows for query i, weighed by
/// exp(scale * q(i)·k(j)). The queries are the last nq of the nk positions (see attention::tile). Where only lse or
/// block_mass is wanted, out is {}: v is then not read.
///
/// Inf or NaN in the rows of k and v of keys that are not allowed never reach out. A row that no key is allowed for, or
/// whose logits are all -inf, is 0, and its lse is -inf. Logits of any finite size are safe. A NaN or +inf among the
/// logits of a row makes that row NaN, unless the policy leaves its tile out.
///
/// Throws shape_error if the shapes do not fit, value_error if the scale is not a finite number of the type of the
/// sums, before anything is written. out must not overlap the operands. A row has the same bits for every executor and
/// thread count, and whether its query comes alone, in a chunk, or with all others. Memory of the workers is as above.
/// Time is proportional to the pairs in those tiles of 64 x 64 that the pattern does not classify as empty, times
/// dk + dv; matrices that are not rows of the type of the sums are converted once for 64 queries.
///
///     la::attend(q, k, v, at::causal{} & (at::sink{64} | at::window{256}), out);
///     la::attend(pool, q, k, v, at::causal{}, out, {.scale = 0.125, .lse = lse});
///     la::attend(q, k, v, at::causal{}, {}, {.lse = lse});
template <executor E, dense_matrix Q, dense_matrix K, dense_matrix V, attention::pattern P,
          dense_matrix Out = dense_view<float>, attention::policy Policy = attention::exact>
void attend(E&& exec, Q const& q, K const& k, V const& v, P const& pattern, Out&& out,
            attend_options const& options = {}, Policy const& policy = {}) {
  static_assert(detail::all_floating<Q const, K const, V const, Out>,
                "lacuna: attend takes floating-point matrices; convert integers with their scale first");
  static_assert(!std::is_const_v<std::remove_reference_t<decltype(*view_of(out).data())>>, "lacuna: out is read-only");
  using A = detail::attend_accumulator_t<element_t<Q const>, element_t<K const>, element_t<V const>>;
  auto const qv = view_of(q);
  auto const kv = view_of(k);
  auto const vv = view_of(v);
  auto const ov = view_of(out);
  constexpr bool owned = !std::same_as<std::remove_cvref_t<Out>, std::remove_const_t<decltype(ov)>>;
  auto call = detail::attend_call_of_views<A>(qv, kv, vv, ov, owned, options);
  attention::validate(pattern, call.shape);
  detail::require_no_bias(pattern);
  detail::set_attend_options(call, options, policy);
  call.mask = attention::mask_of(pattern);
  kernel::any_executor const any(exec);
  kernel::attend_asked<simd::default_arch>(any, call, kernel::pattern_of_heads{&pattern, kernel::classify_heads<P>});
}

/// Attention of one head in the calling thread.
template <dense_matrix Q, dense_matrix K, dense_matrix V, attention::pattern P, dense_matrix Out = dense_view<float>,
          attention::policy Policy = attention::exact>
void attend(Q const& q, K const& k, V const& v, P const& pattern, Out&& out, attend_options const& options = {},
            Policy const& policy = {}) {
  attend(serial{}, q, k, v, pattern, out, options, policy);
}

}  // namespace lacuna::inline LACUNA_ISA
