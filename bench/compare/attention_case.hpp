// SPDX-License-Identifier: MIT
//
// What attention is compared on: heads of unit-sized activations, plans drawn at random, and a check of what comes out.
#pragma once

#include <lacuna/attend.hpp>
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>

#include "contest.hpp"
#include "recorder.hpp"
#include "settings.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <support/random.hpp>
#include <vector>

namespace lacuna_compare {

/// heads x tokens x dim numbers of T.
template <class T>
class heads {
 public:
  heads(lacuna::index count, lacuna::index tokens, lacuna::index dim)
      : count_(count), tokens_(tokens), dim_(dim), values_(count * tokens * dim) {}
  /// Drawn from the normal distribution, rounded to T; after a million they come again, at other places of a token.
  heads(lacuna::index count, lacuna::index tokens, lacuna::index dim, std::uint64_t seed) : heads(count, tokens, dim) {
    constexpr lacuna::index period = 1000003;
    lacuna_test::random r(seed);
    for (lacuna::index i = 0; i != values_.size(); ++i)
      values_[i] = i < period ? lacuna::detail::convert<T>(static_cast<float>(r.normal())) : values_[i - period];
  }
  /// The numbers of others, rounded to T.
  template <class U>
  explicit heads(heads<U> const& other) : heads(other.view().heads, other.view().tokens, other.view().dim) {
    for (lacuna::index i = 0; i != values_.size(); ++i) values_[i] = lacuna::detail::convert<T>(other.view().data[i]);
  }
  [[nodiscard]] lacuna::heads_view<T const> view() const {
    return {values_.data(), count_, tokens_, dim_, tokens_ * dim_, dim_};
  }
  [[nodiscard]] lacuna::heads_view<T> view() { return {values_.data(), count_, tokens_, dim_, tokens_ * dim_, dim_}; }
  [[nodiscard]] double bytes() const { return static_cast<double>(values_.bytes()); }
  /// All NaN: what is not written shows.
  void spoil() {
    for (auto& v : values_) v = lacuna::detail::convert<T>(std::numeric_limits<float>::quiet_NaN());
  }

 private:
  lacuna::index count_, tokens_, dim_;
  lacuna::buffer<T> values_;
};

/// A plan for heads that all attend alike, whose rows are added one after the other.
class drawn_plan {
 public:
  drawn_plan(lacuna::attention::shape shape, lacuna::index tile_queries);
  /// The keys of the next tile of queries: runs and single keys, seen by all of it.
  void add_row(std::vector<lacuna::attention::run> const& runs, std::vector<std::int32_t> const& tokens);
  [[nodiscard]] lacuna::attention::plan_view view() const;
  /// Pairs of query and key, over all heads.
  [[nodiscard]] double pairs() const noexcept { return pairs_; }
  [[nodiscard]] double density() const;

 private:
  lacuna::attention::shape shape_;
  lacuna::index tile_;
  std::vector<std::int32_t> slots_, tokens_;
  std::vector<lacuna::index> run_offsets_{0}, token_offsets_{0};
  std::vector<lacuna::attention::run> runs_;
  double pairs_ = 0;
};

/// Each tile of `queries` queries meets a share `density` of the blocks of `keys` keys, in order.
[[nodiscard]] drawn_plan random_blocks(lacuna::attention::shape shape, lacuna::index queries, lacuna::index keys,
                                       double density);
/// Each tile of 64 queries meets a share `density` of single keys, in order.
[[nodiscard]] drawn_plan random_keys(lacuna::attention::shape shape, double density);

/// Outputs are means of values of size 1, from logits of size 1.
inline constexpr double attention_tolerance = 2e-5;
/// The keys that a query of a head sees.
using seen_keys = std::function<std::vector<lacuna::index>(lacuna::index head, lacuna::index query)>;
/// Those of one query in a plan, in its order.
[[nodiscard]] std::vector<lacuna::index> keys_in(lacuna::attention::plan_view const& plan, lacuna::index head,
                                                 lacuna::index query);
/// The largest difference between rows of `out` and what a computation in double gives for the keys that keys_of tells,
/// over some queries of each head.
[[nodiscard]] double attention_error(lacuna::heads_view<float const> q, lacuna::heads_view<float const> k,
                                     lacuna::heads_view<float const> v, lacuna::heads_view<float const> out,
                                     seen_keys const& keys_of);

}  // namespace lacuna_compare
