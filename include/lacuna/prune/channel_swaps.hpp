// SPDX-License-Identifier: MIT
//
// What N:M keeps of columns in groups, and what swapping two of them would add.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/prune/concepts.hpp>

#include <limits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// The sum of a column pair's larger elements, in eight sums fixed by position: they overlap and may be one register.
[[nodiscard]] inline double sum_of_larger(float const* x, float const* limit, index n) noexcept {
  double sums[8] = {};
  index i = 0;
  for (; i + 8 <= n; i += 8)
    for (index k = 0; k != 8; ++k) sums[k] += static_cast<double>(x[i + k] > limit[i + k] ? x[i + k] : limit[i + k]);
  for (index k = 0; i + k != n; ++k) sums[k] += static_cast<double>(x[i + k] > limit[i + k] ? x[i + k] : limit[i + k]);
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/// Columns of scores in an order, which cuts them into groups of m. For each place there is its limit in each row: the
/// Keep-th highest score of the others of its group. A group keeps the sum of its Keep - 1 highest others and the
/// larger of the limit and the column itself, so a swap changes only that last term.
class channel_swaps {
 public:
  template <score_source S>
  channel_swaps(S const& scores, int keep, int m)
      : rows_(scores.rows()),
        cols_(scores.cols()),
        keep_(keep),
        m_(m),
        values_(checked_multiply(scores.rows(), scores.cols(), "channel_permutation")),
        limits_(values_.size()),
        own_(scores.cols()),
        gains_(scores.cols()),
        order_(scores.cols()) {
    constexpr auto largest = std::numeric_limits<float>::max();
    for (index i = 0; i != rows_; ++i)
      for (index j = 0; j != cols_; ++j) {
        auto const score = static_cast<float>(scores(i, j));
        if (!(score >= -largest && score <= largest))
          fail<value_error>("channel_permutation: the score in row ", i, ", column ", j, " is ", score,
                            ", expected a finite one");
        values_[j * rows_ + i] = score;
      }
    for (index j = 0; j != cols_; ++j) order_[j] = j;
  }

  [[nodiscard]] buffer<index> const& order() const noexcept { return order_; }
  [[nodiscard]] double sum(index column) const noexcept {
    double sum = 0;
    for (index i = 0; i != rows_; ++i) sum += static_cast<double>(column_of(column)[i]);
    return sum;
  }

  /// Takes another order.
  template <executor E>
  void reorder(E&& exec, buffer<index> const& order) {
    order_ = order;
    exec.for_ranges(ceil_div(cols_, m_), 1, [&](index first, index last, index) {
      for (index group = first; group != last; ++group) find_limits(group);
    });
  }

  /// The sum of what all groups keep.
  template <executor E>
  [[nodiscard]] double retained(E&& exec) {
    index const groups = ceil_div(cols_, m_);
    exec.for_ranges(groups, 1, [&](index first, index last, index) {
      for (index group = first; group != last; ++group) gains_[group] = retained_by(group);
    });
    double sum = 0;
    for (index group = 0; group != groups; ++group) sum += gains_[group];
    return sum;
  }

  /// Goes through all places and swaps each with the one of a later group that gains most. False if nothing gained.
  template <executor E>
  [[nodiscard]] bool improve(E&& exec) {
    bool any = false;
    for (index p = 0; p != cols_; ++p) {
      index const first = (p / m_ + 1) * m_;  // pairs of earlier groups were seen from there
      if (first >= cols_) break;
      exec.for_ranges(cols_ - first, (index{1} << 14) / (rows_ + 1) + 1, [&](index from, index to, index) {
        for (index q = first + from; q != first + to; ++q) gains_[q] = gain(p, q);
      });
      index best = first;
      for (index q = first; q != cols_; ++q)
        if (gains_[q] > gains_[best]) best = q;
      // Beyond rounding, so that the sum really grows and there is an end.
      double const scale = absolute(own_[p]) + absolute(own_[best]);
      if (!(gains_[best] > 1e-10 * scale)) continue;
      std::swap(order_[p], order_[best]);
      find_limits(p / m_);
      find_limits(best / m_);
      any = true;
    }
    return any;
  }

 private:
  [[nodiscard]] LACUNA_INLINE static double absolute(double x) noexcept { return x < 0 ? -x : x; }
  [[nodiscard]] LACUNA_INLINE float const* column_of(index column) const noexcept {
    return values_.data() + column * rows_;
  }
  [[nodiscard]] LACUNA_INLINE float const* limits_of(index place) const noexcept {
    return limits_.data() + place * rows_;
  }
  [[nodiscard]] LACUNA_INLINE index end_of(index group) const noexcept {
    return cols_ - group * m_ < m_ ? cols_ : (group + 1) * m_;
  }

  [[nodiscard]] double gain(index p, index q) const noexcept {
    return sum_of_larger(column_of(order_[q]), limits_of(p), rows_) - own_[p] +
           (sum_of_larger(column_of(order_[p]), limits_of(q), rows_) - own_[q]);
  }

  /// The `rank`-th highest, from 1, of the places of a group in row i, place `without` left out; -infinity if there are
  /// fewer.
  [[nodiscard]] float ranked(index group, index i, int rank, index without) const noexcept {
    for (index a = group * m_; a != end_of(group); ++a) {
      if (a == without) continue;
      int above = 0;
      for (index b = group * m_; b != end_of(group); ++b) {
        if (b == a || b == without) continue;
        auto const x = column_of(order_[a])[i];
        auto const y = column_of(order_[b])[i];
        above += y > x || (y == x && b < a);
      }
      if (above == rank - 1) return column_of(order_[a])[i];
    }
    return -std::numeric_limits<float>::infinity();
  }

  void find_limits(index group) noexcept {
    for (index p = group * m_; p != end_of(group); ++p) {
      for (index i = 0; i != rows_; ++i) limits_[p * rows_ + i] = ranked(group, i, keep_, p);
      own_[p] = sum_of_larger(column_of(order_[p]), limits_of(p), rows_);
    }
  }

  [[nodiscard]] double retained_by(index group) const noexcept {
    double sum = 0;
    for (index i = 0; i != rows_; ++i)
      for (int rank = 1; rank <= keep_ && rank <= end_of(group) - group * m_; ++rank)
        sum += static_cast<double>(ranked(group, i, rank, -1));
    return sum;
  }

  index rows_;
  index cols_;
  int keep_;
  int m_;
  buffer<float> values_;  // column by column, in the order that was given
  buffer<float> limits_;  // place by place
  buffer<double> own_;    // for each place the sum of the larger of column and limit
  buffer<double> gains_;
  buffer<index> order_;
};

}  // namespace lacuna::detail::inline LACUNA_ISA
