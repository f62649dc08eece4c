// SPDX-License-Identifier: MIT
//
// Checks what a call of attend was given, and makes an attend_call of it.
#pragma once

#include <lacuna/attention/attend_options.hpp>
#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/policy.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/attend/call.hpp>
#include <lacuna/kernel/attend/row_source.hpp>
#include <lacuna/simd/arch.hpp>

#include <math.h>

#include <concepts>
#include <limits>

namespace lacuna::detail::inline LACUNA_ISA {

/// Whether out is to be written: a view of nothing is none, if another output is given.
inline bool wants_attend_out(bool nothing, bool fits, attend_options const& options) {
  if (!nothing || fits) return true;
  if (!options.lse.given() && options.block_mass.data == nullptr)
    fail<shape_error>("attend: out is a view of nothing, and neither lse nor block_mass is given");
  return false;
}

template <class Q, class K, class V, class Out>
void require_attend_shapes(Q const& q, K const& k, V const& v, Out const& out, bool fits) {
  if (q.cols() != k.cols())
    fail<shape_error>("attend: q is ", q.rows(), "x", q.cols(), ", k has ", k.cols(), " columns");
  if (k.rows() != v.rows()) fail<shape_error>("attend: k is ", k.rows(), "x", k.cols(), ", v has ", v.rows(), " rows");
  if (!fits)
    fail<shape_error>("attend: q is ", q.rows(), "x", q.cols(), " and v is ", v.rows(), "x", v.cols(), ", out is ",
                      out.rows(), "x", out.cols());
}

template <class Q, class S, class Out>
void require_attend_heads(Q const& q, S const& kv, Out const& out, bool fits) {
  index const heads = kv.heads(), keys = kv.tokens(), key_dim = kv.key_dim(), value_dim = kv.value_dim();
  if (heads < 0 || keys < 0 || key_dim < 0 || value_dim < 0)
    fail<shape_error>("attend: ", heads, " heads of ", keys, " keys of ", key_dim, " and values of ", value_dim,
                      " dimensions, expected none below 0");
  if (q.heads < 0 || q.tokens < 0)
    fail<shape_error>("attend: ", q.heads, " heads of ", q.tokens, " queries, expected none below 0");
  if (q.dim != key_dim) fail<shape_error>("attend: queries have ", q.dim, " dimensions, keys ", key_dim);
  if (heads == 0 ? q.heads != 0 : q.heads % heads != 0)
    fail<shape_error>("attend: ", q.heads, " heads of queries, expected a multiple of the ", heads, " of keys");
  if (!fits)
    fail<shape_error>("attend: ", q.heads, " heads of ", q.tokens, " queries and values of ", value_dim,
                      " dimensions, out is ", out.heads, "x", out.tokens, "x", out.dim);
}

template <class P>
void require_no_bias(P const& pattern) {
  if (attention::biased(pattern))
    fail<value_error>("attend: the pattern biases keys, which only a plan tells: materialize it first");
}

inline void require_attend_lse(optional_output const& lse, index heads, index queries) {
  if (!lse.given()) return;
  if (heads == 1 && lse.rows() == 1 && lse.size() != queries)
    fail<shape_error>("attend: there are ", queries, " queries, lse has ", lse.size(), " elements");
  if (lse.rows() != heads || lse.size() != queries)
    fail<shape_error>("attend: ", heads, " heads of ", queries, " queries, lse is ", lse.rows(), "x", lse.size());
}

/// The scale given, which has to be a finite A; else 1 / sqrt(dk), or 1 where there is nothing to scale.
template <class A>
A attend_scale(attend_options const& options, index dk) {
  if (!options.scale.given()) return static_cast<A>(dk == 0 ? 1.0 : 1.0 / ::sqrt(static_cast<double>(dk)));
  constexpr auto most = static_cast<double>(std::numeric_limits<A>::max());
  double const scale = options.scale.value();
  if (!(scale >= -most && scale <= most))
    fail<value_error>("attend: the scale is ", scale, ", which is no finite ",
                      std::same_as<A, float> ? "float" : "double");
  return static_cast<A>(scale);
}

template <class A>
void write_attend_lse(void const* to, index head, index query, A value) noexcept {
  (*static_cast<optional_output const*>(to))(head, query, value);
}

template <class A>
void set_block_mass(kernel::attend_call<A>& call, attend_options const& options) {
  auto const& m = options.block_mass;
  if (options.mass_keys < 1) fail<value_error>("attend: mass_keys is ", options.mass_keys, ", expected 1 or more");
  index const blocks = ceil_div(call.shape.keys, options.mass_keys);
  if (m.heads != call.shape.heads || m.tokens != call.shape.queries || m.dim != blocks)
    fail<shape_error>("attend: ", call.shape.heads, " heads of ", call.shape.queries, " queries and ", blocks,
                      " blocks of keys, block_mass is ", m.heads, "x", m.tokens, "x", m.dim);
  call.block_mass = {m, options.mass_keys};
}

[[noreturn]] LACUNA_COLD inline void fail_policy(char const* name, double share) {
  fail<value_error>("attend: ", name, " is ", share, ", expected 0 to 1");
}

template <class A>
void set_policy(kernel::attend_call<A>&, attention::exact) noexcept {}
template <class A>
void set_policy(kernel::attend_call<A>& call, attention::skip_below policy) {
  if (!(policy.lambda >= 0 && policy.lambda <= 1)) fail_policy("skip_below", policy.lambda);
  if (policy.lambda > 0) call.margin = static_cast<A>(::log(policy.lambda));
}
template <class A>
void set_policy(kernel::attend_call<A>& call, attention::stop_below policy) {
  if (!(policy.tau >= 0 && policy.tau <= 1)) fail_policy("stop_below", policy.tau);
  call.settled = static_cast<A>(policy.tau);
}

/// Puts options and policy into a call. The options have to live as long as the call.
template <class A, attention::policy Policy>
void set_attend_options(kernel::attend_call<A>& call, attend_options const& options, Policy const& policy) {
  require_attend_lse(options.lse, call.shape.heads, call.shape.queries);
  call.scale = attend_scale<A>(options, call.keys.dim);
  if (options.lse.given()) call.lse = {&options.lse, write_attend_lse<A>};
  if (options.block_mass.data != nullptr) {
    if (!std::same_as<Policy, attention::exact>)
      fail<value_error>("attend: block_mass goes with the policy exact alone");
    set_block_mass(call, options);
  }
  set_policy(call, policy);
}

/// A call whose values are weighed for nobody: its rows are written nowhere, and stand nowhere.
template <class A>
void leave_out(kernel::attend_call<A>& call) noexcept {
  call.values.dim = call.values.bytes = 0;
  call.out.write = [](void const*, kernel::attend_place const*, index, A const*, index, A const*) noexcept {};
  call.out.addresses = [](void const*, kernel::attend_place const*, index count, void const** at) noexcept {
    for (index r = 0; r != count; ++r) at[r] = nullptr;
  };
}

/// A call about heads in memory. Its operands have to live as long as the call.
template <class A, class Q, class S, class Out>
kernel::attend_call<A> attend_call_of(heads_view<Q const> const& q, S const& kv,
                                      kernel::attend_kv<simd::default_arch, A, S> const& rows,
                                      heads_view<Out> const& out, attend_options const& options) {
  using arch = simd::default_arch;
  bool const nothing = out.data == nullptr && out.heads == 0 && out.tokens == 0 && out.dim == 0;
  bool const fits = out.heads == q.heads && out.tokens == q.tokens && out.dim == static_cast<index>(kv.value_dim());
  bool const wants_out = wants_attend_out(nothing, fits, options);
  require_attend_heads(q, kv, out, fits || !wants_out);
  kernel::attend_call<A> call;
  call.shape = {q.tokens, static_cast<index>(kv.tokens()), q.heads, static_cast<index>(kv.heads())};
  call.queries = kernel::attend_heads<arch, A, Q>::queries(q);
  call.keys = rows.keys();
  call.values = rows.values();
  call.value_dim = call.values.dim;
  if (wants_out)
    call.out = kernel::attend_heads<arch, A, Out>::output(out);
  else
    leave_out(call);
  return call;
}

/// A call about the matrices of one head. The views have to live as long as the call. An owner of 0x0 elements that was
/// meant to be written is a mistake; a view of nothing is none.
template <class A, class Q, class K, class V, class Out>
kernel::attend_call<A> attend_call_of_views(Q const& q, K const& k, V const& v, Out const& out, bool owned,
                                            attend_options const& options) {
  using arch = simd::default_arch;
  bool const nothing = !owned && out.data() == nullptr && out.rows() == 0 && out.cols() == 0;
  bool const fits = out.rows() == q.rows() && out.cols() == v.cols();
  bool const wants_out = wants_attend_out(nothing, fits, options);
  require_attend_shapes(q, k, v, out, fits || !wants_out);
  kernel::attend_call<A> call;
  call.shape = {q.rows(), k.rows(), 1, 1};
  call.queries = kernel::attend_view<arch, A, Q>::queries(q);
  call.keys = kernel::attend_view<arch, A, K>::rows(k);
  call.values = kernel::attend_view<arch, A, V>::rows(v);
  call.value_dim = call.values.dim;
  if (wants_out)
    call.out = kernel::attend_view<arch, A, Out>::output(out);
  else
    leave_out(call);
  return call;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
