// SPDX-License-Identifier: MIT
//
// What attention must be: patterns asked pair by pair, and the softmax written down in higher precision with the error
// that the computation may have.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/vector.hpp>

#include "oracle.hpp"
#include "random.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace lacuna_test {

/// The verdict on a tile from asking for each pair.
template <class P>
[[nodiscard]] lacuna::attention::cover brute_force(P const& pattern, lacuna::attention::tile t) {
  using lacuna::attention::cover;
  bool some = false, every = true;
  for (auto i = t.q0; i != t.q1; ++i)
    for (auto j = t.k0; j != t.k1; ++j) {
      bool const seen = lacuna::attention::allows(pattern, i, j, t.head);
      (seen ? some : every) = seen;
    }
  return every ? cover::full : some ? cover::partial : cover::none;
}

/// Whether classify tells of random tiles what allows does: "" or the first tile where not. `exact` forbids `partial`
/// where the tile is empty or full, which a pattern may say, but at a cost.
template <class P>
[[nodiscard]] std::string check_classify(P const& pattern, bool exact, int tiles = 4000) {
  random r(1);
  for (int n = 0; n != tiles; ++n) {
    auto const q0 = r.below(60) - 10, k0 = r.below(50);  // queries stand at negative positions if there are many
    lacuna::attention::tile const t{q0, q0 + 1 + r.below(n % 2 == 0 ? 3 : 40), k0,
                                    k0 + 1 + r.below(n % 3 == 0 ? 3 : 40)};
    auto const said = pattern.classify(t);
    auto const is = brute_force(pattern, t);
    if (said == is || (!exact && said == lacuna::attention::cover::partial)) continue;
    std::ostringstream text;
    text << "queries [" << t.q0 << ", " << t.q1 << "), keys [" << t.k0 << ", " << t.k1 << "): classify says "
         << static_cast<int>(said) << ", the pairs say " << static_cast<int>(is);
    return text.str();
  }
  return "";
}

/// A pattern that calls every tile partial: nothing is gained, nothing may change.
template <class P>
struct never_sure {
  P pattern;
  [[nodiscard]] lacuna::attention::cover classify(lacuna::attention::tile) const noexcept {
    return lacuna::attention::cover::partial;
  }
  [[nodiscard]] bool allows(lacuna::index i, lacuna::index j) const noexcept { return pattern.allows(i, j); }
};
template <class P>
never_sure(P) -> never_sure<P>;

/// One row of attention in the precision Wide, and how far a sound computation in the accumulator A may be from it.
///
/// With u the unit roundoff of A, gamma_k = k u / (1 - k u), n the keys that the query sees, T tiles of keys, m the
/// largest logit, and a C library whose exp and log are good to 1 unit in the last place, i.e. 2u:
///  * logit j is dk products and a scale that is itself rounded: |error| <= e_j = gamma_(dk+2) * |scale| sum |q||k|.
///  * Its final weight is a product of exp(logit - top) and of exp(old top - new top), one for each growth of the top.
///    The exponents are differences of equal sign, which add up to logit - m: rounding them costs u (m - s_j) in all.
///    With at most T + 1 calls of exp the weight is off by a factor of 1 + h_j,
///    h_j <= exp(e_j + u (m - s_j)) (1 + gamma_(2T+2)) - 1, the same in numerator and denominator.
///  * A term of the numerator sees at most n + T + 2 further roundings (product, sums, rescales, division), one of the
///    denominator n + T. So with weights p_j that sum up to 1, and o = sum p_j v_j,
///    |error of o| <= [sum p_j h_j |v_j - o| + sum p_j (1 + h_j)(a |v_j| + b |o|)] / (1 - H),
///    a = gamma_(n+T+2), b = gamma_(n+T), H = sum p_j h_j + b (1 + sum p_j h_j); the h_j without o is a null sum.
///  * The log-sum-exp is off by at most -log(1 - H), the rounding of log, and that of the last sum.
/// Underflow adds a few of the smallest numbers of A.
template <class A>
class attention_row {
 public:
  using wide = std::conditional_t<std::same_as<A, double>, long double, double>;

  template <class Q, class K, class P>
  attention_row(Q const& q, K const& k, P const& pattern, lacuna::index i, wide scale) {
    constexpr lacuna::index keys_a_tile = 64;
    auto const unit = precision_of<A>().unit;
    wide worst = 0;
    for (lacuna::index j = 0; j != k.rows(); ++j) {
      if (!pattern.allows(i + k.rows() - q.rows(), j)) continue;
      wide dot = 0, size = 0;
      for (lacuna::index d = 0; d != q.cols(); ++d) {
        auto const product = static_cast<wide>(q(i, d)) * static_cast<wide>(k(j, d));
        dot += product;
        size += std::fabs(product);
      }
      keys_.push_back(j);
      logits_.push_back(dot * scale);
      auto const depth = static_cast<double>(q.cols());
      errors_.push_back(static_cast<wide>(gamma(depth + 2, unit)) * size * std::fabs(scale) + (depth + 1) * tiny());
      worst = std::max(worst, errors_.back());
    }
    if (keys_.empty()) return;
    top_ = *std::max_element(logits_.begin(), logits_.end());
    tiles_ = static_cast<double>((k.rows() + keys_a_tile - 1) / keys_a_tile);
    auto const calls = static_cast<wide>(gamma(2 * tiles_ + 2, unit));
    for (std::size_t n = 0; n != keys_.size(); ++n) {
      auto const distance = top_ - logits_[n] + worst + errors_[n];
      errors_[n] = std::expm1(errors_[n] + static_cast<wide>(unit) * distance) * (1 + calls) + calls;
      logits_[n] = std::exp(logits_[n] - top_);
      mass_ += logits_[n];
    }
    auto const count = static_cast<double>(keys_.size());
    above_ = static_cast<wide>(gamma(count + tiles_ + 2, unit));
    below_ = static_cast<wide>(gamma(count + tiles_, unit));
    wide h = 0;
    for (std::size_t n = 0; n != keys_.size(); ++n) h += logits_[n] / mass_ * errors_[n];
    slack_ = h + below_ * (1 + h);
  }

  template <class V>
  [[nodiscard]] approximate output(V const& v, lacuna::index c) const {
    if (keys_.empty()) return {0, 0};
    wide o = 0, error = 0, largest = 0;
    for (std::size_t n = 0; n != keys_.size(); ++n) o += logits_[n] / mass_ * static_cast<wide>(v(keys_[n], c));
    for (std::size_t n = 0; n != keys_.size(); ++n) {
      auto const p = logits_[n] / mass_;
      auto const value = static_cast<wide>(v(keys_[n], c));
      error += p * errors_[n] * std::fabs(value - o);
      error += p * (1 + errors_[n]) * (above_ * std::fabs(value) + below_ * std::fabs(o));
      largest = std::max(largest, std::fabs(value));
    }
    return bounded(o, error / (1 - slack_) + underflow() * (1 + 2 * largest));
  }

  [[nodiscard]] approximate log_sum_exp() const {
    if (keys_.empty()) return {-std::numeric_limits<long double>::infinity(), 0};
    auto const unit = static_cast<wide>(precision_of<A>().unit);
    auto const log = std::log(mass_), shift = -std::log1p(-slack_);
    auto const error = shift + 2 * unit * (log + shift);
    return bounded(top_ + log, error + unit * (std::fabs(top_ + log) + error) + underflow());
  }

 private:
  [[nodiscard]] static wide tiny() noexcept {
    return static_cast<wide>(std::max(precision_of<A>().tiny, std::numeric_limits<double>::denorm_min()));
  }
  [[nodiscard]] wide underflow() const noexcept {
    return 4 * static_cast<wide>(keys_.size() + 1) * static_cast<wide>(tiles_ + 1) * tiny();
  }
  /// The oracle's own roundings are 2^11 times smaller than A's or less: 1 % is room enough for them.
  [[nodiscard]] approximate bounded(wide value, wide error) const {
    if (!(slack_ < 1)) error = std::numeric_limits<wide>::quiet_NaN();  // no bound: nothing passes
    return {static_cast<long double>(value), 1.01L * static_cast<long double>(error)};
  }

  std::vector<lacuna::index> keys_;  // that the query sees
  std::vector<wide> logits_;         // of those, then their weights against the top
  std::vector<wide> errors_;         // relative, of the weights
  wide top_ = 0, mass_ = 0;
  wide above_ = 0, below_ = 0, slack_ = 0;
  double tiles_ = 0;
};

/// Compares out, and lse where it has elements, with softmax(scale q k^T) v over what the pattern allows, taken in
/// higher precision; A is what the verb accumulates in. Returns "" or the first offence.
template <class A, class Q, class K, class V, class P, class Out>
[[nodiscard]] std::string check_attention(Q const& q, K const& k, V const& v, P const& pattern, Out const& out,
                                          std::vector<A> const& lse = {}, double scale = -1) {
  auto const qs = lacuna::view_of(q);
  auto const ks = lacuna::view_of(k);
  auto const vs = lacuna::view_of(v);
  auto const os = lacuna::view_of(out);
  using output = typename decltype(os)::value_type;
  using wide = typename attention_row<A>::wide;
  auto const factor = scale != -1      ? static_cast<wide>(scale)
                      : qs.cols() == 0 ? wide{1}
                                       : 1 / std::sqrt(static_cast<wide>(qs.cols()));
  detail::offences wrong;
  for (lacuna::index i = 0; i != qs.rows(); ++i) {
    attention_row<A> const row(qs, ks, pattern, i, factor);
    for (lacuna::index c = 0; c != vs.cols(); ++c) {
      auto const expected = detail::rounded<output, A>(row.output(vs, c));
      auto const got = static_cast<double>(os(i, c));
      if (!detail::acceptable<output>(got, expected)) wrong.add(i, c, got, expected);
    }
    if (lse.empty()) continue;
    auto const got = static_cast<double>(lse[static_cast<std::size_t>(i)]);
    if (!detail::acceptable<A>(got, row.log_sum_exp())) wrong.add(i, -1, got, row.log_sum_exp());
  }
  return wrong.message();
}

}  // namespace lacuna_test
