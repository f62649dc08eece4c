// SPDX-License-Identifier: MIT
//
// How much each layer of a network gives up, so that all of them together give up a share.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/prepare.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/score_view.hpp>

#include <cmath>
#include <span>
#include <utility>

namespace lacuna {

/// What an allocator knows of a layer: its weights, outputs x inputs, and how much it matters, where it asks.
struct layer {
  index rows = 0;
  index cols = 0;
  double importance = 0;
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

[[nodiscard]] LACUNA_INLINE double elements_of(layer const& l) noexcept {
  return static_cast<double>(l.rows) * static_cast<double>(l.cols);
}

inline void require_layers(std::span<layer const> layers, double sparsity, char const* name) {
  require_fraction(sparsity, name);
  for (std::size_t l = 0; l != layers.size(); ++l) {
    auto const& one = layers[l];
    if (one.rows < 0 || one.cols < 0)
      fail<shape_error>(name, ": layer ", l, " is ", one.rows, "x", one.cols, ", expected counts of 0 or more");
    if (!(one.importance - one.importance == 0))
      fail<value_error>(name, ": the importance of layer ", l, " is ", one.importance, ", expected a finite one");
  }
}

/// Shares min(1, factor * raw) of the elements of each layer that add up to `share` of all: a layer that would exceed 1
/// stays at 1, and the factor is found again for the others. At most as many rounds as layers.
[[nodiscard]] inline buffer<double> capped_shares(std::span<layer const> layers, buffer<double> const& raw,
                                                  double share) {
  auto const n = static_cast<index>(layers.size());
  buffer<double> out(n);
  buffer<unsigned char> full(n);
  for (bool changed = true; changed;) {
    double wanted = 0, room = 0;
    for (index l = 0; l != n; ++l) {
      auto const elements = elements_of(layers[static_cast<std::size_t>(l)]);
      wanted += share * elements - (full[l] != 0 ? elements : 0.0);
      if (full[l] == 0) room += raw[l] * elements;
    }
    double const factor = room > 0 && wanted > 0 ? wanted / room : 0.0;
    changed = false;
    for (index l = 0; l != n; ++l) {
      if (full[l] == 0 && factor * raw[l] > 1) {
        full[l] = 1;
        changed = true;
      }
      out[l] = full[l] != 0 ? 1.0 : factor * raw[l];
    }
  }
  return out;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// The sparsity of each layer: the same for all.
[[nodiscard]] inline buffer<double> allocate_uniform(std::span<layer const> layers, double sparsity) {
  detail::require_layers(layers, sparsity, "allocate_uniform");
  buffer<double> out(static_cast<index>(layers.size()));
  for (auto& s : out) s = sparsity;
  return out;
}

/// Densities proportional to (rows + cols) / (rows * cols), so that large layers give up more; a layer that would keep
/// more than all keeps all, and the others make up for it. The sparsity of all weights together is the one asked for.
/// Source: the Erdos-Renyi graphs of D. Mocanu et al., 2018, as U. Evci et al. use them, "Rigging the Lottery", 2020.
[[nodiscard]] inline buffer<double> allocate_erk(std::span<layer const> layers, double sparsity) {
  detail::require_layers(layers, sparsity, "allocate_erk");
  buffer<double> raw(static_cast<index>(layers.size()));
  for (std::size_t l = 0; l != layers.size(); ++l) {
    double const elements = detail::elements_of(layers[l]);
    double const sum = static_cast<double>(layers[l].rows) + static_cast<double>(layers[l].cols);
    raw[static_cast<index>(l)] = elements > 0 ? sum / elements : 0.0;
  }
  auto out = detail::capped_shares(layers, raw, 1 - sparsity);
  bool equal = true;
  for (auto const r : raw) equal = equal && r == raw[0];
  for (auto& s : out) s = equal ? sparsity : 1 - s;  // 1 - (1 - sparsity) may be less, and one drop less
  return out;
}

/// Densities that grow with the importance of a layer, its share of outlying scores (outlier_share), spread linearly
/// over a range of 2 lambda about 1 - sparsity. The mean over the layers is the one asked for: layers count alike,
/// whatever their size. Where a density would leave [0, 1] it stays at the end, and all others are shifted. All equal
/// importance gives the same sparsity to all. Source: L. Yin et al., "Outlier Weighed Layerwise Sparsity (OWL)", ICML
/// 2024, with lambda = 0.08.
[[nodiscard]] inline buffer<double> allocate_owl(std::span<layer const> layers, double sparsity, double lambda = 0.08) {
  detail::require_layers(layers, sparsity, "allocate_owl");
  if (!(lambda >= 0 && lambda <= 1)) detail::fail<value_error>("allocate_owl: lambda is ", lambda, ", expected 0 to 1");
  auto const n = static_cast<index>(layers.size());
  buffer<double> out(n);
  if (n == 0) return out;
  double low = layers[0].importance, high = low;
  for (auto const& l : layers) {
    low = l.importance < low ? l.importance : low;
    high = l.importance > high ? l.importance : high;
  }
  if (!(high > low)) {
    for (auto& s : out) s = sparsity;
    return out;
  }
  buffer<double> density(n);
  for (index l = 0; l != n; ++l)
    density[l] = (layers[static_cast<std::size_t>(l)].importance - low) / (high - low) * 2 * lambda;
  // The mean of the shifted and clamped densities grows with the shift: halve until doubles are used up.
  auto const mean = [&](double shift) {
    double sum = 0;
    for (index l = 0; l != n; ++l) {
      double const d = density[l] + shift;
      out[l] = 1 - (d < 0 ? 0.0 : d > 1 ? 1.0 : d);
      sum += 1 - out[l];
    }
    return sum / static_cast<double>(n);
  };
  double from = -2 * lambda, to = 1;
  for (int step = 0; step != 100; ++step) {
    double const middle = (from + to) / 2;
    (mean(middle) < 1 - sparsity ? from : to) = middle;
  }
  static_cast<void>(mean(to));
  return out;
}

/// What layers drop is proportional to softmax(-importance / temperature) for each weight; a layer that would drop more
/// than all drops all, and the others make up for it. The sparsity of all weights together is the one asked for; a high
/// temperature makes it uniform. Source of the idea: the softmax allocation of StructPrune, 2025, of which this is the
/// simplest form. Throws value_error unless the temperature is positive.
[[nodiscard]] inline buffer<double> allocate_softmax(std::span<layer const> layers, double sparsity,
                                                     double temperature = 1) {
  detail::require_layers(layers, sparsity, "allocate_softmax");
  if (!(temperature > 0))
    detail::fail<value_error>("allocate_softmax: the temperature is ", temperature, ", expected more than 0");
  auto const n = static_cast<index>(layers.size());
  buffer<double> raw(n);
  if (n == 0) return raw;
  double low = layers[0].importance;
  for (auto const& l : layers) low = l.importance < low ? l.importance : low;
  for (index l = 0; l != n; ++l) {
    // Never quite zero: the budget is met even if it takes the most important layer.
    double const x = std::exp((low - layers[static_cast<std::size_t>(l)].importance) / temperature);
    raw[l] = x > 1e-200 ? x : 1e-200;
  }
  return detail::capped_shares(layers, raw, sparsity);
}

/// The share of scores that exceed `times` their mean: the importance that allocate_owl asks for, with Wanda's scores
/// and times 5 or more. 0 of no weights. Throws value_error, naming the place, if a score is NaN. The same bits for
/// every executor.
template <executor E, dense_matrix W, criterion C>
[[nodiscard]] double outlier_share(E&& exec, W const& w, C rule, double times = 5) {
  detail::prepare(rule, w);
  auto const scores = detail::scores_of(w, rule, "outlier_share");
  index const rows = scores.rows();
  index const cols = scores.cols();
  if (rows == 0 || cols == 0) return 0;
  buffer<double> sums(rows);
  buffer<index> above(rows);
  detail::nan_place nans;
  detail::for_lines(exec, rows, cols, 1, [&](index first, index last, index) {
    for (index i = first; i != last; ++i) {
      bool bad = false;
      for (index j = 0; j != cols; ++j) {
        auto const score = scores(i, j);
        bad |= detail::is_nan(score);
        sums[i] += static_cast<double>(score);
      }
      if (bad) detail::note_nans(scores, i, i + 1, nans);
    }
  });
  nans.reject_if_any(scores);
  double sum = 0;
  for (auto const s : sums) sum += s;
  double const limit = times * (sum / static_cast<double>(rows) / static_cast<double>(cols));
  detail::for_lines(exec, rows, cols, 1, [&](index first, index last, index) {
    for (index i = first; i != last; ++i)
      for (index j = 0; j != cols; ++j) above[i] += static_cast<double>(scores(i, j)) > limit;
  });
  index count = 0;
  for (auto const n : above) count += n;
  return static_cast<double>(count) / static_cast<double>(rows) / static_cast<double>(cols);
}
template <dense_matrix W, criterion C>
[[nodiscard]] double outlier_share(W const& w, C rule, double times = 5) {
  return outlier_share(serial{}, w, std::move(rule), times);
}

}  // namespace lacuna::inline LACUNA_ISA
