// SPDX-License-Identifier: MIT
//
// Which of n scores a chooser takes: a threshold is found by counting, then one pass lists what is above it.
//
// Bound: 128 K scores of keys, k of them: finding the cut reads all of them twice (range, then counts: one store each
// that hits L1) and a 256th of them again; listing is one load, two comparisons and a compression for each register.
#pragma once

#include <lacuna/attention/select/choosers.hpp>
#include <lacuna/attention/select/score_kind.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/select/exponentials.hpp>
#include <lacuna/kernel/select/score.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The scores of the units that a tile sees some of.
struct scored_units {
  float const* scores = nullptr;
  index count = 0;
  attention::score_kind kind = attention::score_kind::logit;
  float anchor = 0;         ///< highest score of those that are forced, or of all
  float* memory = nullptr;  ///< 3 * (count + 31) floats of workspace
};

/// Where a choice ends: all scores above `score` belong to it, and the first `ties` of those equal to it.
struct score_cut {
  float score = std::numeric_limits<float>::infinity();
  index ties = 0;
};

template <class Arch>
struct choose_units {
  using batch = simd::batch<float, Arch>;
  static constexpr int lanes = static_cast<int>(batch::size);

  /// Writes the places that a chooser takes, rising, and returns how many. Room for units.count and 16 more is
  /// expected: what stands there is overwritten. The scores are neither NaN nor, if masses, negative.
  template <class C>
  static index run(C const& chooser, scored_units const& units, std::int32_t* places) noexcept {
    auto const n = units.count;
    if constexpr (std::same_as<C, attention::top_k>) {
      auto const cut = chooser.k >= n ? everything(n)
                                      : highest(units.scores, nullptr, n, static_cast<double>(chooser.k), units.memory);
      return list(units.scores, n, cut, places);
    } else if constexpr (std::same_as<C, attention::top_p>) {
      return list(units.scores, n, chooser.p >= 1 ? everything(n) : share(units, chooser.p), places);
    } else if constexpr (std::same_as<C, attention::above>) {
      return list(units.scores, n, {chooser.threshold, 0}, places);
    } else if constexpr (std::same_as<C, attention::anchor_diff>) {
      return list(units.scores, n, {units.anchor - chooser.theta, n}, places);
    } else {
      return chooser.choose(std::span<float const>(units.scores, static_cast<std::size_t>(n)), places);
    }
  }

  /// The first place of a score that is NaN, or a mass below 0; -1 if there is none.
  [[nodiscard]] static index first_wrong(float const* scores, index n, attention::score_kind kind) noexcept {
    using bits = simd::batch<std::uint32_t, Arch>;
    batch const least(kind == attention::score_kind::mass ? 0.0f : -std::numeric_limits<float>::infinity());
    for (index i = 0; i < n; i += lanes) {
      auto const [s, some] = load(scores, i, n);
      auto const nan = (simd::bitwise_cast<std::uint32_t>(s) & bits(0x7FFFFFFFu)) > bits(0x7F800000u);
      auto const wrong = (nan.mask() | (s < least).mask()) & some;
      if (wrong != 0) return i + std::countr_zero(wrong);
    }
    return -1;
  }

  /// Writes the places of what belongs to the cut, rising, and returns how many. Room as for `run`.
  static index list(float const* scores, index n, score_cut cut, std::int32_t* places) noexcept {
    using numbers = simd::batch<std::uint32_t, Arch>;
    alignas(numbers) std::uint32_t count[numbers::size];
    for (int l = 0; l != lanes; ++l) count[l] = static_cast<std::uint32_t>(l);
    auto const lane = numbers::load_aligned(count);
    auto* to = reinterpret_cast<std::uint32_t*>(places);
    for (index i = 0; i < n; i += lanes) {
      auto const [s, some] = load(scores, i, n);
      auto chosen = (s > batch(cut.score)).mask() & some;
      if (cut.ties != 0) {
        auto equal = (s == batch(cut.score)).mask() & some;
        for (; equal != 0 && cut.ties != 0; --cut.ties, equal &= equal - 1) chosen |= equal & (~equal + 1);
      }
      if (chosen == 0) continue;
      simd::compress<Arch, std::uint32_t>::store(to, lane + numbers(static_cast<std::uint32_t>(i)), chosen);
      to += std::popcount(chosen);
    }
    return static_cast<index>(to - reinterpret_cast<std::uint32_t*>(places));
  }

  /// The fewest scores, highest first, of equal ones the first, whose weights reach `target`: 1 each, or weights[i],
  /// which are equal where scores are and never negative. Everything if all of them do not reach it. memory has room
  /// for n floats, 2 n with weights. O(n): the highest 256th of the range that holds the cut is looked at again, until
  /// a few are left.
  [[nodiscard]] static score_cut highest(float const* scores, float const* weights, index n, double target,
                                         float* memory) noexcept {
    if (!(target > 0)) return {};
    float* const kept_weights = memory + filled(n);
    for (;;) {  // target: what is left to reach below all that was counted
      if (n <= few) return among_few(scores, weights, n, target);
      auto const [low, high] = range(scores, n);
      if (low == high) return {high, ties(weights != nullptr ? static_cast<double>(weights[0]) : 1, n, target)};
      float const factor = 255 / (high - low);
      // The range is beyond floats, or below what has an inverse.
      if (!(factor > 0 && factor <= std::numeric_limits<float>::max())) return by_bits(scores, weights, n, target);
      bins const into{low, factor};
      auto const bin =
          weights != nullptr ? bin_by_weight(scores, weights, n, into, target) : bin_by_count(scores, n, into, target);
      n = keep(scores, weights, n, into, bin, memory, kept_weights);
      scores = memory;
      if (weights != nullptr) weights = kept_weights;
    }
  }

 private:
  static constexpr index few = 32;

  struct some_scores {
    batch scores;
    simd::lane_bits bits;
  };
  [[nodiscard]] LACUNA_INLINE static some_scores load(float const* scores, index i, index n) noexcept {
    if (n - i >= lanes) return {batch::load_unaligned(scores + i), simd::first_lanes(lanes)};
    return {simd::masked<Arch, float>::load(scores + i, simd::first_lanes(n - i)), simd::first_lanes(n - i)};
  }

  [[nodiscard]] static score_cut everything(index n) noexcept { return {-std::numeric_limits<float>::infinity(), n}; }

  /// The cut of a share p < 1 of the mass.
  [[nodiscard]] static score_cut share(scored_units const& units, double p) noexcept {
    auto const n = units.count;
    if (n == 0 || !(p > 0)) return {};
    float const* weights = units.scores;
    if (units.kind == attention::score_kind::logit) {
      float const top = range(units.scores, n).second;
      if (top - top == 0)
        exponentials<Arch>(units.scores, n, top, units.memory);
      else  // infinite: nothing else counts
        for (index i = 0; i != n; ++i) units.memory[i] = units.scores[i] == top ? 1.0f : 0.0f;
      weights = units.memory;
    }
    double sum[4] = {};
    for (index i = 0; i != n; ++i) sum[i % 4] += static_cast<double>(weights[i]);
    return highest(units.scores, weights, n, p * (sum[0] + sum[1] + (sum[2] + sum[3])), units.memory + filled(n));
  }

  struct ends {
    float first;
    float second;
  };
  /// The lowest and the highest of n > 0 scores.
  [[nodiscard]] static ends range(float const* scores, index n) noexcept {
    batch low(scores[0]), high(scores[0]);
    for (index i = 0; i < n; i += lanes) {
      auto const [s, some] = load(scores, i, n);
      auto const known = n - i >= lanes ? s : simd::choose_lanes<float, Arch>(some, s, batch(scores[0]));
      low = simd::min(low, known);
      high = simd::max(high, known);
    }
    return {simd::reduce_min(low), simd::reduce_max(high)};
  }

  using integers = simd::batch<std::int32_t, Arch>;
  static_assert(integers::size == batch::size);

  /// 256 bins over the range of the scores, which grow with the score: 0 for the lowest, 255 for the highest.
  struct bins {
    float low;
    float factor;
    [[nodiscard]] LACUNA_INLINE integers of(float const* scores, index i, index n) const noexcept {
      auto s = load(scores, i, n).scores;
      if (n - i < lanes) s = simd::choose_lanes<float, Arch>(simd::first_lanes(n - i), s, batch(low));
      return simd::nearbyint_as_int((s - batch(low)) * batch(factor));
    }
  };

  /// The bin that holds the cut; the target loses what is above. Counts stand in four tables, in turns: scores that are
  /// alike would wait for each other.
  [[nodiscard]] static int bin_by_count(float const* scores, index n, bins into, double& target) noexcept {
    int const tables = n >= 1024 ? 4 : 1;
    std::uint32_t count[4][256];
    for (int t = 0; t != tables; ++t)
      for (auto& c : count[t]) c = 0;
    for (index i = 0; i < n; i += lanes) {
      alignas(integers) std::int32_t bin[integers::size];
      into.of(scores, i, n).store_aligned(bin);
      auto const some = static_cast<int>(n - i < lanes ? n - i : lanes);
      for (int l = 0; l != some; ++l) ++count[l & (tables - 1)][bin[l]];
    }
    for (int b = 255;; --b) {
      double here = 0;
      for (int t = 0; t != tables; ++t) here += static_cast<double>(count[t][b]);
      if (b == 0 || here >= target) return b;
      target -= here;
    }
  }
  [[nodiscard]] static int bin_by_weight(float const* scores, float const* weights, index n, bins into,
                                         double& target) noexcept {
    double weight[256] = {};
    for (index i = 0; i < n; i += lanes) {
      alignas(integers) std::int32_t bin[integers::size];
      into.of(scores, i, n).store_aligned(bin);
      auto const some = static_cast<int>(n - i < lanes ? n - i : lanes);
      for (int l = 0; l != some; ++l) weight[bin[l]] += static_cast<double>(weights[i + l]);
    }
    int b = 255;
    for (; b > 0 && weight[b] < target; --b) target -= weight[b];
    return b;
  }

  /// Moves the scores of a bin, and their weights, together, and returns how many. They may come from where they go.
  static index keep(float const* scores, float const* weights, index n, bins into, int bin, float* to,
                    float* weights_to) noexcept {
    index left = 0;
    for (index i = 0; i < n; i += lanes) {
      auto const [s, some] = load(scores, i, n);
      auto const here = (into.of(scores, i, n) == integers(bin)).mask() & some;
      if (here == 0) continue;
      if (weights != nullptr) simd::compress<Arch, float>::store(weights_to + left, load(weights, i, n).scores, here);
      simd::compress<Arch, float>::store(to + left, s, here);
      left += std::popcount(here);
    }
    return left;
  }

  /// Numbers of a line of n with room for a register behind them.
  [[nodiscard]] static constexpr index filled(index n) noexcept { return (n + 31) / 16 * 16; }

  /// How many of n equal scores of that weight reach the target.
  [[nodiscard]] static index ties(double weight, index n, double target) noexcept {
    double const wanted = target / weight;
    if (!(wanted < static_cast<double>(n))) return n;
    auto const whole = static_cast<index>(wanted);
    return whole + (static_cast<double>(whole) < wanted ? 1 : 0);
  }

  /// The same as highest for a few scores: sorted.
  [[nodiscard]] static score_cut among_few(float const* scores, float const* weights, index n, double target) noexcept {
    float score[few];
    double weight[few];
    for (index i = 0; i != n; ++i) {
      auto at = i;
      for (; at > 0 && score[at - 1] < scores[i]; --at) {
        score[at] = score[at - 1];
        weight[at] = weight[at - 1];
      }
      score[at] = scores[i];
      weight[at] = weights != nullptr ? static_cast<double>(weights[i]) : 1;
    }
    score_cut cut;
    for (index i = 0; i != n; ++i) {
      cut.ties = i > 0 && score[i] == cut.score ? cut.ties + 1 : 1;
      cut.score = score[i];
      target -= weight[i];
      if (!(target > 0)) break;
    }
    return cut;
  }

  /// An integer that grows with the score, and back.
  [[nodiscard]] LACUNA_INLINE static std::uint32_t key(float score) noexcept {
    auto const bits = __builtin_bit_cast(std::uint32_t, score + 0.0f);
    return (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
  }
  [[nodiscard]] LACUNA_INLINE static float score_of(std::uint32_t key) noexcept {
    return __builtin_bit_cast(float, (key >> 31) != 0 ? key & 0x7FFFFFFFu : ~key);
  }

  /// The same as highest for any range of scores: the cut is found bit by bit, 32 passes.
  [[nodiscard]] static score_cut by_bits(float const* scores, float const* weights, index n, double target) noexcept {
    auto const weight_from = [&](std::uint32_t least) {
      double sum = 0;
      for (index i = 0; i != n; ++i)
        if (key(scores[i]) >= least) sum += weights != nullptr ? static_cast<double>(weights[i]) : 1;
      return sum;
    };
    std::uint32_t cut = 0;
    for (std::uint32_t bit = 0x80000000u; bit != 0; bit >>= 1)
      if (weight_from(cut | bit) >= target) cut |= bit;
    if (cut == 0) return everything(n);  // all of them do not reach it
    double each = 1, over = 0;
    for (index i = 0; i != n; ++i) {
      double const w = weights != nullptr ? static_cast<double>(weights[i]) : 1;
      if (key(scores[i]) > cut) over += w;
      if (key(scores[i]) == cut) each = w;
    }
    return {score_of(cut), ties(each, n, target - over)};
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
