// SPDX-License-Identifier: MIT
//
// A criterion's first look at the matrix.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/prune/concepts.hpp>

#include <type_traits>

namespace lacuna::detail {

// A name that two bases declare is ambiguous, so &both<C>::prepare is valid only if C declares no `prepare`: this finds
// templates and overloads, which no call could, as long as C can be derived from.
struct prepare_declared {
  int prepare;
};
template <class C>
struct both : C, prepare_declared {};

template <class C>
concept without_prepare = !std::is_class_v<C> || std::is_final_v<C> || requires { &both<C>::prepare; };

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// Calls rule.prepare(w), or with the view of w, if the criterion has that member.
template <criterion C, weights W>
void prepare(C& rule, W const& w) {
  if constexpr (requires { rule.prepare(w); })
    rule.prepare(w);
  else if constexpr (requires { rule.prepare(view_of(w)); })
    rule.prepare(view_of(w));
  else
    static_assert(without_prepare<C>, "lacuna: this criterion has a member `prepare` that does not take this matrix");
}

}  // namespace lacuna::detail::inline LACUNA_ISA
