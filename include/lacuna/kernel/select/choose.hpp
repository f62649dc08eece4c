// SPDX-License-Identifier: MIT
//
// Which of n scores a chooser takes: a cut, then one pass that lists what is above it.
//
// Bound: the cut's (kernel/select/cut.hpp); listing is one load, two comparisons and a compression for each register.
//
// What both take: kernel/select/cut.hpp.
#pragma once

#include <lacuna/attention/select/choosers.hpp>
#include <lacuna/attention/select/score_kind.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/select/cut.hpp>
#include <lacuna/kernel/select/exponentials.hpp>
#include <lacuna/simd/bits_as.hpp>
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

/// What each of attention/select/choosers.hpp takes.
template <class Arch>
struct choose_units {
  using batch = simd::batch<float, Arch>;
  using cuts = cut_scores<Arch>;
  static constexpr int lanes = static_cast<int>(batch::size);

  /// Writes the places that a chooser takes, rising, and returns how many. Room for units.count and 16 more is
  /// expected: what stands there is overwritten. The scores are neither NaN nor, if masses, negative.
  template <class C>
  static index run(C const& chooser, scored_units const& units, std::int32_t* places) noexcept {
    auto const n = units.count;
    if constexpr (std::same_as<C, attention::top_k>) {
      auto const cut = chooser.k >= n
                           ? cuts::everything(n)
                           : cuts::highest(units.scores, nullptr, n, static_cast<double>(chooser.k), units.memory);
      return list(units.scores, n, cut, places);
    } else if constexpr (std::same_as<C, attention::top_p>) {
      return list(units.scores, n, chooser.p >= 1 ? cuts::everything(n) : share(units, chooser.p), places);
    } else if constexpr (std::same_as<C, attention::above>) {
      return list(units.scores, n, {chooser.threshold, 0}, places);
    } else if constexpr (std::same_as<C, attention::anchor_diff>) {
      bool const all = chooser.theta == std::numeric_limits<float>::infinity();  // also of an anchor of infinity
      return list(units.scores, n, all ? cuts::everything(n) : score_cut{units.anchor - chooser.theta, n}, places);
    } else {
      return chooser.choose(std::span<float const>(units.scores, static_cast<std::size_t>(n)), places);
    }
  }

  /// The first place of a score that is NaN, or a mass below 0; -1 if there is none.
  [[nodiscard]] static index first_wrong(float const* scores, index n, attention::score_kind kind) noexcept {
    using bits = simd::batch<std::uint32_t, Arch>;
    batch const least(kind == attention::score_kind::mass ? 0.0f : -std::numeric_limits<float>::infinity());
    for (index i = 0; i < n; i += lanes) {
      auto const [s, some] = cuts::load(scores, i, n);
      auto const nan = (simd::bits_as<std::uint32_t>(s) & bits(0x7FFFFFFFu)) > bits(0x7F800000u);
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
      auto const [s, some] = cuts::load(scores, i, n);
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

 private:
  /// The cut of a share p < 1 of the mass.
  [[nodiscard]] static score_cut share(scored_units const& units, double p) noexcept {
    auto const n = units.count;
    if (n == 0 || !(p > 0)) return {};
    float const* weights = units.scores;
    if (units.kind == attention::score_kind::logit) {
      float const top = cuts::range(units.scores, n).highest;
      if (top - top == 0)
        exponentials<Arch>(units.scores, n, top, units.memory);
      else  // infinite: nothing else counts
        for (index i = 0; i != n; ++i) units.memory[i] = units.scores[i] == top ? 1.0f : 0.0f;
      weights = units.memory;
    }
    double sum[4] = {};
    for (index i = 0; i != n; ++i) sum[i % 4] += static_cast<double>(weights[i]);
    return cuts::highest(units.scores, weights, n, p * (sum[0] + sum[1] + (sum[2] + sum[3])),
                         units.memory + cuts::filled(n));
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
