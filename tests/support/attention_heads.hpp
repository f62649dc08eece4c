// SPDX-License-Identifier: MIT
//
// Attention of many heads over a plan: random plans, operands in any layout, and what the result must be. A result may
// be off from one in higher precision by twice as much as plain loops in the type of the sums are.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>

#include "random.hpp"
#include "worse.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace lacuna_test {

/// heads x tokens x dim numbers with gaps of NaN, which have to stay, between rows; tokens by heads or heads by tokens.
template <class T>
class heads {
 public:
  heads(lacuna::index count, lacuna::index tokens, lacuna::index dim, bool by_tokens, lacuna::index gap = 0)
      : values_(static_cast<std::size_t>(count * tokens * (dim + gap)), T(std::numeric_limits<float>::quiet_NaN())) {
    view_ = {values_.data(),
             count,
             tokens,
             dim,
             by_tokens ? dim + gap : tokens * (dim + gap),
             by_tokens ? count * (dim + gap) : dim + gap};
  }
  heads(heads const&) = delete;
  heads& operator=(heads const&) = delete;

  void fill(random& r, double size = 1) {
    for (lacuna::index h = 0; h != view_.heads; ++h)
      for (lacuna::index t = 0; t != view_.tokens; ++t)
        for (lacuna::index d = 0; d != view_.dim; ++d) at(h, t, d) = T(static_cast<float>(size * r.normal()));
  }
  [[nodiscard]] T& at(lacuna::index h, lacuna::index t, lacuna::index d) { return view_.row(h, t)[d]; }
  [[nodiscard]] lacuna::heads_view<T> view() const { return view_; }
  [[nodiscard]] lacuna::heads_view<T const> read() const { return view_; }
  [[nodiscard]] std::vector<T> const& values() const { return values_; }
  /// Numbers that nobody may write: all NaN still?
  [[nodiscard]] bool gaps_intact() const {
    std::vector<bool> used(values_.size());
    for (lacuna::index h = 0; h != view_.heads; ++h)
      for (lacuna::index t = 0; t != view_.tokens; ++t)
        for (lacuna::index d = 0; d != view_.dim; ++d)
          used[static_cast<std::size_t>(view_.row(h, t) + d - values_.data())] = true;
    for (std::size_t i = 0; i != values_.size(); ++i)
      if (!used[i] && !std::isnan(static_cast<float>(values_[i]))) return false;
    return true;
  }

 private:
  std::vector<T> values_;
  lacuna::heads_view<T> view_;
};

/// A plan in vectors.
struct written_plan {
  lacuna::attention::shape shape;
  lacuna::index tile_queries = 64;
  std::vector<std::int32_t> slot_of_head;
  std::vector<lacuna::index> run_offsets{0};
  std::vector<lacuna::attention::run> runs;
  std::vector<lacuna::index> token_offsets{0};
  std::vector<std::int32_t> tokens;
  std::vector<float> token_bias;
  lacuna::attention::pair_mask mask;

  void end_row() {
    run_offsets.push_back(static_cast<lacuna::index>(runs.size()));
    token_offsets.push_back(static_cast<lacuna::index>(tokens.size()));
  }
  [[nodiscard]] lacuna::attention::plan_view view() const {
    lacuna::attention::plan_view v;
    v.shape = shape;
    v.tile_queries = tile_queries;
    v.slot_of_head = slot_of_head;
    v.run_offsets = run_offsets;
    v.runs = runs;
    if (!tokens.empty()) v.token_offsets = token_offsets;
    v.tokens = tokens;
    v.token_bias = token_bias;
    v.mask = mask;
    return v;
  }
  operator lacuna::attention::plan_view() const { return view(); }
};

/// Two pairs of three, differently for each head.
[[nodiscard]] inline std::uint64_t two_thirds(void const*, lacuna::index position, lacuna::index first,
                                              lacuna::index count, lacuna::index head) noexcept {
  std::uint64_t word = 0;
  for (lacuna::index b = 0; b != count; ++b)
    word |= static_cast<std::uint64_t>((position * 7 + (first + b) * 5 + head + 3000) % 3 != 0) << b;
  return word;
}

/// What a random plan has in it.
struct plan_kind {
  double density = 0.5;
  lacuna::index longest = 100;  // of runs
  bool partial = false;
  bool tokens = false;
  bool bias = false;
  bool shuffled = false;
  lacuna::index slots = 1;
};

/// Runs and tokens of random lengths that meet each key at most once.
[[nodiscard]] inline written_plan random_plan(random& r, lacuna::attention::shape s, lacuna::index tile_queries,
                                              plan_kind kind) {
  written_plan p;
  p.shape = s;
  p.tile_queries = tile_queries;
  p.mask = {nullptr, two_thirds};
  for (lacuna::index h = 0; h != s.heads; ++h)
    p.slot_of_head.push_back(static_cast<std::int32_t>(h * kind.slots / std::max<lacuna::index>(s.heads, 1)));
  auto const tiles = (s.queries + tile_queries - 1) / tile_queries;
  for (lacuna::index row = 0; row != kind.slots * tiles; ++row) {
    std::vector<lacuna::attention::run> runs;
    std::vector<std::int32_t> tokens;
    for (lacuna::index k = 0; k < s.keys;) {
      auto const n = std::min(1 + r.below(kind.longest), s.keys - k);
      if (r.chance(kind.density)) {
        if (kind.tokens && r.chance(0.5))
          for (lacuna::index t = 0; t != n; ++t) tokens.push_back(static_cast<std::int32_t>(k + t));
        else
          runs.push_back({static_cast<std::int32_t>(k), static_cast<std::int32_t>(n),
                          kind.bias && r.chance(0.5) ? static_cast<float>(r.uniform(-2, 2)) : 0.0f,
                          kind.partial && r.chance(0.6)});
      }
      k += n;
    }
    for (std::size_t i = runs.size(); kind.shuffled && i > 1; --i)
      std::swap(runs[i - 1], runs[static_cast<std::size_t>(r.below(static_cast<lacuna::index>(i)))]);
    p.runs.insert(p.runs.end(), runs.begin(), runs.end());
    p.tokens.insert(p.tokens.end(), tokens.begin(), tokens.end());
    p.end_row();
  }
  if (kind.bias)
    for (std::size_t t = 0; t != p.tokens.size(); ++t) p.token_bias.push_back(static_cast<float>(r.uniform(-2, 2)));
  return p;
}

/// The keys that a query sees, in the order of the plan, and what is added to their logits.
struct seen_key {
  lacuna::index key;
  double bias;
};
[[nodiscard]] inline std::vector<seen_key> keys_of(lacuna::attention::plan_view const& plan, lacuna::index head,
                                                   lacuna::index query) {
  std::vector<seen_key> all;
  auto const row = plan.row(head, query / plan.tile_queries);
  auto const position = query + plan.shape.first_position();
  for (auto const& run : plan.runs_of(row))
    for (lacuna::index k = run.first; k != run.first + run.count; ++k)
      if (!run.partial || plan.mask.word(plan.mask.pattern, position, k, 1, head) != 0) all.push_back({k, run.bias});
  auto const tokens = plan.tokens_of(row);
  auto const bias = plan.token_bias_of(row);
  for (std::size_t t = 0; t != tokens.size(); ++t) all.push_back({tokens[t], bias.empty() ? 0 : bias[t]});
  return all;
}

/// Outputs and log-sum-exps of every `step`-th query of each head, as numbers of W, by plain loops in W.
template <class W>
struct plain_attention {
  std::vector<W> out, lse;

  template <class Q, class K, class V>
  plain_attention(lacuna::heads_view<Q const> q, lacuna::heads_view<K const> k, lacuna::heads_view<V const> v,
                  lacuna::attention::plan_view const& plan, double scale, lacuna::index step = 1) {
    for (lacuna::index h = 0; h != q.heads; ++h)
      for (lacuna::index i = 0; i < q.tokens; i += step) {
        auto const keys = keys_of(plan, h, i);
        auto const kv_head = h * k.heads / q.heads;
        std::vector<W> logits, sums(static_cast<std::size_t>(v.dim));
        W top = -std::numeric_limits<W>::infinity(), mass = 0;
        for (auto const& key : keys) {
          W dot = 0;
          for (lacuna::index d = 0; d != q.dim; ++d)
            dot += static_cast<W>(q.row(h, i)[d]) * static_cast<W>(k.row(kv_head, key.key)[d]);
          logits.push_back(dot * static_cast<W>(scale) + static_cast<W>(key.bias));
          top = std::max(top, logits.back());
        }
        for (std::size_t n = 0; n != keys.size(); ++n) {
          W const weight = std::exp(logits[n] - top);
          mass += weight;
          for (lacuna::index c = 0; c != v.dim; ++c)
            sums[static_cast<std::size_t>(c)] += weight * static_cast<W>(v.row(kv_head, keys[n].key)[c]);
        }
        for (auto const sum : sums) out.push_back(keys.empty() ? W{0} : sum / mass);
        lse.push_back(keys.empty() ? -std::numeric_limits<W>::infinity() : top + std::log(mass));
      }
  }
};

/// "" where the largest error of `got` is at most twice that of plain loops in A, rounded to Out, and one unit of
/// roundoff of each for results that are exact by luck. Of long sequences every `step`-th query is enough.
template <class A, class Out>
class twice_naive {
  /// What is exact beside A: long double, which is emulated on Arm, for doubles alone.
  using wide = std::conditional_t<std::is_same_v<A, double>, long double, double>;

 public:
  template <class Q, class K, class V>
  twice_naive(lacuna::heads_view<Q const> q, lacuna::heads_view<K const> k, lacuna::heads_view<V const> v,
              lacuna::attention::plan_view const& plan, double scale, lacuna::index step = 1)
      : exact_(q, k, v, plan, scale, step), naive_(q, k, v, plan, scale, step), step_(step) {}

  [[nodiscard]] std::string check(lacuna::heads_view<Out const> out, std::vector<A> const& lse) const {
    wide allowed = 0, off = 0, size = 0;
    std::size_t at = 0;
    for (lacuna::index h = 0; h != out.heads; ++h)
      for (lacuna::index i = 0; i < out.tokens; i += step_)
        for (lacuna::index c = 0; c != out.dim; ++c, ++at) {
          auto const exact = exact_.out[at];
          auto const got = static_cast<wide>(out.row(h, i)[c]);
          size = worse(size, std::fabs(exact));
          allowed = worse(allowed, std::fabs(static_cast<wide>(Out(naive_.out[at])) - exact));
          off = worse(off, std::fabs(got - exact));
        }
    std::ostringstream text;
    auto const unit = std::max(unit_of<A>(), unit_of<Out>());
    if (!(off <= 2 * allowed + 2 * unit * size)) text << "out is off by " << off << ", naive by " << allowed;
    if (!lse.empty()) check_lse(text, lse, out);
    return text.str();
  }

 private:
  template <class T>
  [[nodiscard]] static wide unit_of() noexcept {
    if constexpr (std::is_same_v<T, lacuna::bf16>)
      return 0x1p-8;
    else if constexpr (std::is_same_v<T, lacuna::f16>)
      return 0x1p-11;
    else
      return std::numeric_limits<T>::epsilon() / 2;
  }
  void check_lse(std::ostream& text, std::vector<A> const& lse, lacuna::heads_view<Out const> out) const {
    auto const worst = worst_lse();
    std::size_t at = 0;
    for (lacuna::index h = 0; h != out.heads; ++h)
      for (lacuna::index i = 0; i < out.tokens; i += step_, ++at) {
        auto const got = lse[static_cast<std::size_t>(h * out.tokens + i)];
        auto const exact = exact_.lse[at];
        auto const error = static_cast<wide>(got) - exact;
        auto const room = 2 * std::fabs(static_cast<wide>(naive_.lse[at]) - exact) +
                          8 * unit_of<A>() * (1 + std::fabs(exact)) + 2 * worst;
        if (std::isinf(exact) ? static_cast<wide>(got) != exact : !(std::fabs(error) <= room))
          text << " lse of head " << h << ", query " << i << " is " << got << ", not " << exact;
      }
  }
  [[nodiscard]] wide worst_lse() const {
    wide worst = 0;
    for (std::size_t i = 0; i != exact_.lse.size(); ++i)
      if (!std::isinf(exact_.lse[i])) worst = worse(worst, std::fabs(static_cast<wide>(naive_.lse[i]) - exact_.lse[i]));
    return worst;
  }

  plain_attention<wide> exact_;
  plain_attention<A> naive_;
  lacuna::index step_;
};

}  // namespace lacuna_test
