// SPDX-License-Identifier: MIT
//
// Patterns asked in every way they can be: tiles, words and runs against pairs.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>

#include "attention.hpp"
#include "random.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace lacuna_test {

/// A random tile near the origin: few queries or many, from negative positions on, of one of `heads` heads.
[[nodiscard]] inline lacuna::attention::tile random_tile(random& r, lacuna::index heads) {
  auto const q0 = r.below(220) - 20, k0 = r.below(180);
  auto const rows = r.chance(0.3) ? 1 : 1 + r.below(r.chance(0.5) ? 4 : 70);
  auto const keys = r.chance(0.1) ? 1 : 1 + r.below(r.chance(0.3) ? 8 : 200);
  return {q0, q0 + rows, k0, k0 + keys, r.below(heads)};
}

[[nodiscard]] inline std::string text_of(lacuna::attention::tile t) {
  std::ostringstream text;
  text << "head " << t.head << ", queries [" << t.q0 << ", " << t.q1 << "), keys [" << t.k0 << ", " << t.k1 << "): ";
  return text.str();
}

/// What the pairs of a tile say of each key, in the order of keys.
template <class P>
[[nodiscard]] std::vector<lacuna::attention::cover> covers_of_keys(P const& pattern, lacuna::attention::tile t) {
  std::vector<lacuna::attention::cover> covers;
  for (auto j = t.k0; j != t.k1; ++j) covers.push_back(brute_force(pattern, {t.q0, t.q1, j, j + 1, t.head}));
  return covers;
}

/// What they say of all keys together.
[[nodiscard]] inline lacuna::attention::cover cover_of(std::vector<lacuna::attention::cover> const& keys) {
  using lacuna::attention::cover;
  auto const are = [&](cover c) { return std::count(keys.begin(), keys.end(), c) == std::ssize(keys); };
  return are(cover::full) ? cover::full : are(cover::none) ? cover::none : cover::partial;
}

/// Whether classify, words and runs of random tiles say what allows says: "" or the first offence. `exact` allows
/// `partial` only for keys, and for tiles, that some queries see and some do not. And whether a pattern that was moved
/// from says the same still.
template <class P>
[[nodiscard]] std::string check_pattern(P const& pattern, bool exact, int tiles = 600, lacuna::index heads = 1) {
  using lacuna::attention::cover;
  random r(1);
  auto left = pattern;
  [[maybe_unused]] auto const taken = std::move(left);
  for (int n = 0; n != tiles; ++n) {
    auto const t = random_tile(r, heads);
    auto const expected = covers_of_keys(pattern, t);
    auto const whole = cover_of(expected);
    if (left.classify(t) != pattern.classify(t)) return text_of(t) + "what was moved from says otherwise";
    if (auto const said = pattern.classify(t); said != whole && (exact || said != cover::partial))
      return text_of(t) + "classify says " + std::to_string(static_cast<int>(said)) + ", the pairs say " +
             std::to_string(static_cast<int>(whole));

    std::string wrong;
    std::vector<cover> found(expected.size(), cover::none);
    lacuna::index next = t.k0;
    auto collect = [&](lacuna::index first, lacuna::index last, cover how, float) {
      std::ostringstream run;
      run << "run [" << first << ", " << last << ") of cover " << static_cast<int>(how) << ": ";
      if (!wrong.empty()) return;
      if (first < next || first >= last || last > t.k1 || how == cover::none) {
        wrong = text_of(t) + run.str() + "expected one that begins at " + std::to_string(next) + " or later";
        return;
      }
      for (auto j = first; j != last; ++j) found[static_cast<std::size_t>(j - t.k0)] = how;
      next = last;
    };
    lacuna::attention::runs(pattern, t, collect);
    if (!wrong.empty()) return wrong;
    for (std::size_t k = 0; k != expected.size(); ++k)
      if (found[k] != expected[k] && (exact || found[k] != cover::partial))
        return text_of(t) + "the runs say " + std::to_string(static_cast<int>(found[k])) + " of key " +
               std::to_string(t.k0 + static_cast<lacuna::index>(k)) + ", the pairs say " +
               std::to_string(static_cast<int>(expected[k]));

    auto const i = t.q0, count = t.k1 - t.k0 < 64 ? t.k1 - t.k0 : 1 + r.below(64);
    std::uint64_t word = 0;
    for (lacuna::index b = 0; b != count; ++b)
      word |= std::uint64_t{lacuna::attention::allows(pattern, i, t.k0 + b, t.head)} << b;
    if (auto const said = lacuna::attention::allowed_word(pattern, i, t.k0, count, t.head); said != word) {
      std::ostringstream text;
      text << text_of(t) << "the word of " << count << " keys is " << std::hex << said << ", the pairs say " << word;
      return text.str();
    }
  }
  return "";
}

/// Any pattern as one type, so that many need one instantiation of what is tested with them.
struct any_pattern {
  std::function<lacuna::attention::cover(lacuna::attention::tile)> classify_;
  std::function<bool(lacuna::index, lacuna::index, lacuna::index)> allows_;
  std::function<std::uint64_t(lacuna::index, lacuna::index, lacuna::index, lacuna::index)> word_;
  std::function<void(lacuna::attention::tile, lacuna::attention::run_sink)> runs_;
  std::function<bool(lacuna::index, lacuna::index)> alike_;
  std::function<void(lacuna::attention::shape)> validate_;

  template <class P>
  explicit any_pattern(P const& p)
      : classify_([p](lacuna::attention::tile t) { return p.classify(t); }),
        allows_([p](auto i, auto j, auto head) { return lacuna::attention::allows(p, i, j, head); }),
        word_([p](auto i, auto j, auto n, auto head) { return lacuna::attention::allowed_word(p, i, j, n, head); }),
        runs_([p](lacuna::attention::tile t, lacuna::attention::run_sink to) { lacuna::attention::runs(p, t, to); }),
        alike_([p](auto g, auto h) { return lacuna::attention::alike(p, g, h); }),
        validate_([p](lacuna::attention::shape s) { lacuna::attention::validate(p, s); }) {}
  any_pattern(any_pattern const&) = default;
  any_pattern& operator=(any_pattern const&) = default;
  ~any_pattern() = default;

  [[nodiscard]] lacuna::attention::cover classify(lacuna::attention::tile t) const { return classify_(t); }
  [[nodiscard]] bool allows(lacuna::index i, lacuna::index j, lacuna::index head) const { return allows_(i, j, head); }
  [[nodiscard]] std::uint64_t word(lacuna::index i, lacuna::index j, lacuna::index n, lacuna::index head) const {
    return word_(i, j, n, head);
  }
  void runs(lacuna::attention::tile t, lacuna::attention::run_sink to) const { runs_(t, to); }
  [[nodiscard]] bool alike(lacuna::index g, lacuna::index h) const { return alike_(g, h); }
  void validate(lacuna::attention::shape s) const { validate_(s); }
};

}  // namespace lacuna_test
