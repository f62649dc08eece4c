// SPDX-License-Identifier: MIT
//
// Another pattern for each head.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/core/shared_array.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna::detail {

/// Patterns one behind the other; `at` calls f with the one of a number.
template <attention::pattern P, attention::pattern... Rest>
struct pattern_list {
  P first;
  pattern_list<Rest...> rest;

  template <class F>
  LACUNA_INLINE decltype(auto) at(std::int32_t number, F&& f) const {
    return number == 0 ? f(first) : rest.at(number - 1, f);
  }
  template <class F>
  LACUNA_INLINE void each(F&& f) const {
    f(first);
    rest.each(f);
  }
};
template <attention::pattern P>
struct pattern_list<P> {
  P first;

  template <class F>
  LACUNA_INLINE decltype(auto) at(std::int32_t, F&& f) const {
    return f(first);
  }
  template <class F>
  LACUNA_INLINE void each(F&& f) const {
    f(first);
  }
};

template <attention::pattern P>
[[nodiscard]] LACUNA_INLINE pattern_list<P> list_patterns(P const& p) {
  return {p};
}
template <attention::pattern P, attention::pattern Q, attention::pattern... Rest>
[[nodiscard]] LACUNA_INLINE pattern_list<P, Q, Rest...> list_patterns(P const& p, Q const& q, Rest const&... rest) {
  return {p, list_patterns(q, rest...)};
}

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

template <std::integral I>
shared_array<std::int32_t> checked_kinds(std::span<I const> kinds, int patterns) {
  growing<std::int32_t> copy;
  for (std::size_t h = 0; h != kinds.size(); ++h) {
    if (std::cmp_less(kinds[h], 0) || std::cmp_greater_equal(kinds[h], patterns))
      fail<value_error>("per_head: head ", h, " has kind ", kinds[h], ", expected 0 <= kind < ", patterns);
    copy.push_back(static_cast<std::int32_t>(kinds[h]));
  }
  return shared_array<std::int32_t>(std::move(copy));
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention {

/// What per_head returns.
template <pattern... P>
class head_patterns {
 public:
  LACUNA_INLINE head_patterns(shared_array<std::int32_t> kinds, lacuna::detail::pattern_list<P...> patterns)
      : kinds_(std::move(kinds)), patterns_(std::move(patterns)) {}

  [[nodiscard]] LACUNA_INLINE cover classify(tile t) const noexcept {
    if (t.head >= kinds_.size()) return cover::none;
    return patterns_.at(kinds_[t.head], [t](auto const& p) LACUNA_INLINE_LAMBDA { return p.classify(t); });
  }
  [[nodiscard]] LACUNA_INLINE bool allows(index i, index j, index head) const noexcept {
    if (head >= kinds_.size()) return false;
    return patterns_.at(kinds_[head],
                        [=](auto const& p) LACUNA_INLINE_LAMBDA { return attention::allows(p, i, j, head); });
  }
  [[nodiscard]] LACUNA_INLINE std::uint64_t word(index i, index first, index count, index head) const noexcept {
    if (head >= kinds_.size()) return 0;
    return patterns_.at(kinds_[head],
                        [=](auto const& p) LACUNA_INLINE_LAMBDA { return allowed_word(p, i, first, count, head); });
  }
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    if (t.head >= kinds_.size()) return;
    patterns_.at(kinds_[t.head], [=](auto const& p) LACUNA_INLINE_LAMBDA { attention::runs(p, t, sink); });
  }
  [[nodiscard]] LACUNA_INLINE bool alike(index g, index h) const noexcept {
    if (g == h) return true;
    if (g >= kinds_.size() || h >= kinds_.size() || kinds_[g] != kinds_[h]) return false;
    return patterns_.at(kinds_[g], [=](auto const& p) LACUNA_INLINE_LAMBDA { return attention::alike(p, g, h); });
  }
  [[nodiscard]] LACUNA_INLINE bool biased() const noexcept {
    bool any = false;
    patterns_.each([&](auto const& p) LACUNA_INLINE_LAMBDA { any = any || attention::biased(p); });
    return any;
  }
  /// Throws shape_error unless there is a kind for each head.
  LACUNA_INLINE void validate(shape s) const {
    if (kinds_.size() != s.heads)
      lacuna::detail::fail<shape_error>("per_head: there are kinds for ", kinds_.size(), " heads, the shape has ",
                                        s.heads);
    patterns_.each([s](auto const& p) LACUNA_INLINE_LAMBDA { attention::validate(p, s); });
  }

 private:
  shared_array<std::int32_t> kinds_;
  lacuna::detail::pattern_list<P...> patterns_;
};

/// Head h attends by the pattern of number kinds[h], the first being 0; `none` skips a head. Heads of the same kind
/// share the rows of a plan. kinds is any contiguous container of integers. Throws value_error for a number that no
/// pattern has. A call of the pattern costs what that of the kind's pattern does.
///
///     per_head(kinds, causal{}, causal{} & (sink{64} | window{256}), causal{} & columns(ids))
///
/// Sources: S. Yang et al., "LServe", 2025 (dense and streaming heads); T. Fu et al., "MoA: Mixture of Sparse
/// Attention", 2024 (a window for each head).
template <class C, pattern... P>
  requires(sizeof...(P) != 0) && requires(C const& c) { std::span(c.data(), c.size()); }
[[nodiscard]] LACUNA_INLINE head_patterns<P...> per_head(C const& kinds, P const&... patterns) {
  std::span<typename C::value_type const> const list(kinds.data(), kinds.size());
  return {lacuna::detail::checked_kinds(list, static_cast<int>(sizeof...(P))),
          lacuna::detail::list_patterns(patterns...)};
}

}  // namespace lacuna::attention
