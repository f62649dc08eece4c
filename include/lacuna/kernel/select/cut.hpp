// SPDX-License-Identifier: MIT
//
// Where the highest of n scores end: the cut that so many of them, or so much of their weight, lie above.
//
// Bound: 128 K scores of keys: finding the cut reads all of them twice (range, then counts: one store each that hits
// L1) and a 256th of them again.
//
// Zen 5: the cut and the list of 2048 of 32768 scores of keys take some 40 us together, 5 cycles a score, by what 24
// cuts more add to choosing for 32 heads.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>

#include <bit>
#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Where a choice ends: all scores above `score` belong to it, and the first `ties` of those equal to it.
struct score_cut {
  float score = std::numeric_limits<float>::infinity();
  index ties = 0;
};

/// A register of a line of scores, of which the lanes in `bits` are there.
template <class Arch>
struct some_scores {
  simd::batch<float, Arch> scores;
  simd::lane_bits bits;
};

/// The highest of a line of n scores, none of which is NaN.
template <class Arch>
struct cut_scores {
  using batch = simd::batch<float, Arch>;
  static constexpr int lanes = static_cast<int>(batch::size);

  /// Scores from place i on.
  [[nodiscard]] LACUNA_INLINE static some_scores<Arch> load(float const* scores, index i, index n) noexcept {
    if (n - i >= lanes) return {batch::load_unaligned(scores + i), simd::first_lanes(lanes)};
    return {simd::masked<Arch, float>::load(scores + i, simd::first_lanes(n - i)), simd::first_lanes(n - i)};
  }

  /// All n scores.
  [[nodiscard]] static score_cut everything(index n) noexcept { return {-std::numeric_limits<float>::infinity(), n}; }

  struct ends {
    float lowest;
    float highest;
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

  /// Numbers of a line of n with room for a register behind them.
  [[nodiscard]] static constexpr index filled(index n) noexcept { return (n + 31) / 16 * 16; }

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
