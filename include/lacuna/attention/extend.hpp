// SPDX-License-Identifier: MIT
//
// A plan that grows with its sequence.
#pragma once

#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/owned_plan.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan_builder.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/format/arrays.hpp>

namespace lacuna::detail::inline LACUNA_ISA {

/// Notes that there was a run.
struct any_run {
  bool found = false;
  LACUNA_INLINE void operator()(index, index, attention::cover, float) noexcept { found = true; }
};

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention::inline LACUNA_ISA {

/// The plan of the same pattern for a longer sequence: what `materialize` returns for it, run for run where the pattern
/// and what it is made of have a member `runs`, as all of this library. A pattern of yours that only classifies is
/// halved at other keys when there are more of them: its plan lets the same pairs meet, but may ask the mask at other
/// places. Where queries were appended along with their keys, the rows of tiles that were full and that see none of the
/// new keys are copied, all of them under a causal pattern; so a plan that grows by chunks costs its copying and the
/// new tiles. Where the queries moved on (the next token of a decoding), every row is new, and is made anew, at
/// O(runs). `old` has to be a plan that materialize or extend made, with the same `single_keys`. Throws shape_error if
/// the sequence or the number of heads shrank or changed, or the pattern cannot tell about the new shape.
template <pattern P>
[[nodiscard]] plan<P> extend(plan<P> const& old, shape s, index single_keys = plan_options{}.single_keys) {
  auto const was = old.view();
  if (s.heads != was.shape.heads || s.kv_heads != was.shape.kv_heads)
    lacuna::detail::fail<shape_error>("extend: the plan has ", was.shape.heads, " heads over ", was.shape.kv_heads,
                                      ", the new shape ", s.heads, " over ", s.kv_heads);
  if (s.keys < was.shape.keys)
    lacuna::detail::fail<shape_error>("extend: the plan has ", was.shape.keys, " keys, the new shape ", s.keys);
  plan_options const options{.tile_queries = was.tile_queries, .single_keys = single_keys};
  auto const& p = old.pattern();
  if (s.first_position() != was.shape.first_position()) return materialize(p, s, options);

  plan_builder builder(s, options);
  attention::validate(p, s);
  auto const heads = lacuna::detail::share_slots(p, builder, s.heads);
  index const complete = was.shape.queries / was.tile_queries;
  for (index slot = 0; slot != heads.size(); ++slot)
    for (index t = 0; t != builder.tiles(); ++t) {
      auto const whole = builder.tile_of(t, heads[slot]);
      if (t < complete) {
        lacuna::detail::any_run more;
        attention::runs(p, {whole.q0, whole.q1, was.shape.keys, whole.k1, whole.head}, more);
        if (!more.found) {
          builder.copy_rows(was, was.row(heads[slot], t), 1);
          continue;
        }
      }
      attention::runs(p, whole, builder);
      builder.end_row();
    }
  return plan<P>(lacuna::detail::unchecked, p, builder.finish());
}

}  // namespace lacuna::attention::inline LACUNA_ISA
