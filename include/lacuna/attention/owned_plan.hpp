// SPDX-License-Identifier: MIT
//
// A plan that owns what it speaks of.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/attention/plan_arrays.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/attention/validate.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/format/arrays.hpp>

#include <utility>

namespace lacuna::attention {

/// Runs and single keys for each head and tile of queries, and the pattern that is asked where a run is partial. Made
/// by `materialize` and `select`, or from arrays of your own. Use it for many calls: of layers that attend alike, of
/// steps that do. `plan_view` borrows it, and a plan is one wherever a plan_view is wanted.
template <pattern P>
class plan {
 public:
  using pattern_type = P;

  /// Throws format_error where the arrays are no plan, shape_error or value_error where the pattern cannot tell about
  /// all of their shape (see `validate` of each).
  LACUNA_INLINE plan(P pattern, plan_arrays arrays)
      : plan(lacuna::detail::unchecked, std::move(pattern), std::move(arrays)) {
    attention::validate(pattern_, arrays_.shape);
    attention::validate(view());
  }
  /// Takes arrays that are known to be sound.
  LACUNA_INLINE plan(lacuna::detail::unchecked_t, P pattern, plan_arrays arrays)
      : pattern_(std::move(pattern)), arrays_(std::move(arrays)) {}

  /// Valid as long as the plan stands where it does: its mask is the pattern inside.
  [[nodiscard]] LACUNA_INLINE plan_view view() const noexcept { return arrays_.view(mask_of(pattern_)); }
  [[nodiscard]] LACUNA_INLINE operator plan_view() const noexcept { return view(); }
  [[nodiscard]] LACUNA_INLINE P const& pattern() const noexcept { return pattern_; }
  [[nodiscard]] LACUNA_INLINE plan_arrays const& arrays() const noexcept { return arrays_; }
  [[nodiscard]] LACUNA_INLINE attention::shape shape() const noexcept { return arrays_.shape; }

  /// Same keys for the same queries; the patterns are not compared.
  [[nodiscard]] friend LACUNA_INLINE bool operator==(plan const& a, plan const& b) noexcept {
    return a.arrays_.view() == b.arrays_.view();
  }

 private:
  P pattern_;
  plan_arrays arrays_;
};

template <class P>
plan(P, plan_arrays) -> plan<P>;

}  // namespace lacuna::attention
