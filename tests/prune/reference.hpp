// SPDX-License-Identifier: MIT
//
// Pruning as the rule reads: everything sorted, and nothing clever.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/scope.hpp>

#include "support/random.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace lacuna_test {

struct place {
  lacuna::index row;
  lacuna::index col;
};

/// Drops the `count` lowest of the candidates, which come in index order.
template <class Score>
void drop_lowest(std::vector<place> const& candidates, std::size_t count, Score const& score, lacuna::mask& keep) {
  // Candidates that are equal keep their order. (No std::stable_sort: with libstdc++ 12 clang 19 warns inside it.)
  std::vector<std::size_t> order(candidates.size());
  for (std::size_t k = 0; k != order.size(); ++k) order[k] = k;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    auto const x = score(candidates[a].row, candidates[a].col);
    auto const y = score(candidates[b].row, candidates[b].col);
    return x < y || (x == y && a < b);
  });
  for (std::size_t k = 0; k != count; ++k) keep.set(candidates[order[k]].row, candidates[order[k]].col, false);
}

[[nodiscard]] inline std::size_t floor_of(std::vector<place> const& candidates, double sparsity) {
  return static_cast<std::size_t>(std::floor(static_cast<double>(candidates.size()) * sparsity));
}

/// What stays of rows x cols candidates.
template <class Score>
[[nodiscard]] lacuna::mask reference_mask(lacuna::index rows, lacuna::index cols, Score const& score, double sparsity,
                                          lacuna::scope scope) {
  lacuna::mask keep(rows, cols, true);
  std::vector<place> candidates;
  if (scope == lacuna::per_column) {
    for (lacuna::index j = 0; j != cols; ++j) {
      candidates.clear();
      for (lacuna::index i = 0; i != rows; ++i) candidates.push_back({i, j});
      drop_lowest(candidates, floor_of(candidates, sparsity), score, keep);
    }
    return keep;
  }
  for (lacuna::index i = 0; i != rows; ++i) {
    if (scope == lacuna::per_row) candidates.clear();
    for (lacuna::index j = 0; j != cols; ++j) candidates.push_back({i, j});
    if (scope == lacuna::per_row) drop_lowest(candidates, floor_of(candidates, sparsity), score, keep);
  }
  if (scope == lacuna::whole) drop_lowest(candidates, floor_of(candidates, sparsity), score, keep);
  return keep;
}

/// The same of blocks, by the sum of their scores in double, row by row.
[[nodiscard]] inline lacuna::mask reference_blocks(lacuna::dense<float> const& s, lacuna::index height,
                                                   lacuna::index width, double sparsity, lacuna::scope scope) {
  auto const sum = [&](lacuna::index bi, lacuna::index bj) {
    double total = 0;
    for (lacuna::index i = bi * height; i < std::min(s.rows(), bi * height + height); ++i)
      for (lacuna::index j = bj * width; j < std::min(s.cols(), bj * width + width); ++j)
        total += static_cast<double>(s(i, j));
    return total;
  };
  auto const blocks =
      reference_mask((s.rows() + height - 1) / height, (s.cols() + width - 1) / width, sum, sparsity, scope);
  lacuna::mask keep(s.rows(), s.cols());
  for (lacuna::index i = 0; i != s.rows(); ++i)
    for (lacuna::index j = 0; j != s.cols(); ++j) keep.set(i, j, blocks(i / height, j / width));
  return keep;
}

/// The same of groups of m along rows, of which `kept` stay.
[[nodiscard]] inline lacuna::mask reference_n_of_m(lacuna::dense<float> const& s, lacuna::index kept, lacuna::index m) {
  lacuna::mask keep(s.rows(), s.cols(), true);
  for (lacuna::index i = 0; i != s.rows(); ++i)
    for (lacuna::index first = 0; first < s.cols(); first += m) {
      auto const last = std::min(s.cols(), first + m);
      std::vector<place> group;
      for (lacuna::index j = first; j != last; ++j) group.push_back({i, j});
      auto const count = static_cast<std::size_t>(std::max<lacuna::index>(0, last - first - kept));
      drop_lowest(group, count, [&](lacuna::index r, lacuna::index c) { return s(r, c); }, keep);
    }
  return keep;
}

/// The same of groups of m along bands of `height` rows, by the sum of their scores in double, from the first row on.
[[nodiscard]] inline lacuna::mask reference_v_n_of_m(lacuna::dense<float> const& s, lacuna::index height,
                                                     lacuna::index kept, lacuna::index m) {
  auto const sum = [&](lacuna::index band, lacuna::index j) {
    double total = 0;
    for (lacuna::index i = band * height; i < std::min(s.rows(), (band + 1) * height); ++i)
      total += static_cast<double>(s(i, j));
    return total;
  };
  lacuna::mask keep(s.rows(), s.cols(), true);
  lacuna::mask bands((s.rows() + height - 1) / height, s.cols(), true);
  for (lacuna::index b = 0; b != bands.rows(); ++b)
    for (lacuna::index first = 0; first < s.cols(); first += m) {
      auto const last = std::min(s.cols(), first + m);
      std::vector<place> group;
      for (lacuna::index j = first; j != last; ++j) group.push_back({b, j});
      drop_lowest(group, static_cast<std::size_t>(std::max<lacuna::index>(0, last - first - kept)), sum, bands);
    }
  for (lacuna::index i = 0; i != s.rows(); ++i)
    for (lacuna::index j = 0; j != s.cols(); ++j) keep.set(i, j, bands(i / height, j));
  return keep;
}

/// Scores that are hard to select from: all different, a handful of values, zeros of both signs and infinities (of one
/// sign where a sum must exist), numbers that are close, all equal, all bit patterns.
enum class kind { different, few, edges, positive_edges, close, equal, bits };
inline constexpr kind all_kinds[] = {kind::different, kind::few,   kind::edges, kind::positive_edges,
                                     kind::close,     kind::equal, kind::bits};

[[nodiscard]] inline float hard_score(random& r, kind k) {
  constexpr auto inf = std::numeric_limits<float>::infinity();
  constexpr auto tiny = std::numeric_limits<float>::denorm_min();
  constexpr auto max = std::numeric_limits<float>::max();
  constexpr float edges[] = {inf, 0.0f, -0.0f, tiny, max, 1.0f, -inf, -tiny, -max, -1.0f};
  switch (k) {
    case kind::different:
      return static_cast<float>(r.heavy());
    case kind::few:
      return static_cast<float>(r.below(3)) - 1.0f;
    case kind::edges:
      return edges[r.below(10)];
    case kind::positive_edges:
      return edges[r.below(6)];
    case kind::close:
      return 1.0f + static_cast<float>(r.below(5)) * 0x1p-23f;
    case kind::equal:
      return 0.25f;
    case kind::bits:
      break;
  }
  for (;;) {
    auto const x = std::bit_cast<float>(static_cast<std::uint32_t>(r.bits()));
    if (!std::isnan(x)) return x;
  }
}

template <lacuna::order Order = lacuna::order::row_major>
[[nodiscard]] lacuna::dense<float, Order> hard_scores(random& r, lacuna::index rows, lacuna::index cols, kind k) {
  lacuna::dense<float, Order> s(rows, cols);
  for (lacuna::index i = 0; i != rows; ++i)
    for (lacuna::index j = 0; j != cols; ++j) s(i, j) = hard_score(r, k);
  return s;
}

/// Rows of digits, "01000111 01010110": 1 is kept.
[[nodiscard]] inline std::string text_of(lacuna::mask const& keep) {
  std::string text;
  for (lacuna::index i = 0; i != keep.rows(); ++i) {
    if (i != 0) text += ' ';
    for (lacuna::index j = 0; j != keep.cols(); ++j) text += keep(i, j) ? '1' : '0';
  }
  return text;
}

/// A matrix from its rows.
template <class T = float>
[[nodiscard]] lacuna::dense<T> matrix_of(std::vector<std::vector<double>> const& rows) {
  lacuna::dense<T> m(static_cast<lacuna::index>(rows.size()),
                     rows.empty() ? 0 : static_cast<lacuna::index>(rows[0].size()));
  for (lacuna::index i = 0; i != m.rows(); ++i)
    for (lacuna::index j = 0; j != m.cols(); ++j)
      m(i, j) = T(rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]);
  return m;
}

template <lacuna::scalar T>
[[nodiscard]] lacuna::dense<T, lacuna::order::col_major> col_major_copy(lacuna::dense<T> const& m) {
  lacuna::dense<T, lacuna::order::col_major> copy(m.rows(), m.cols());
  for (lacuna::index i = 0; i != m.rows(); ++i)
    for (lacuna::index j = 0; j != m.cols(); ++j) copy(i, j) = m(i, j);
  return copy;
}

}  // namespace lacuna_test
