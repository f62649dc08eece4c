// SPDX-License-Identifier: MIT
//
// Scores, line by line, as integers of the same order: what every pattern reads.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/score_view.hpp>
#include <lacuna/prune/sort_key.hpp>

#include <atomic>
#include <concepts>
#include <limits>
#include <type_traits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// The key type of a source's scores.
template <score_source S>
using key_of = sort_key_t<std::remove_cvref_t<decltype(std::declval<S const&>()(index{}, index{}))>>;

/// Lines that are read together: where lines cross the memory order, 16 floats of them are one cache line.
template <score_source S>
inline constexpr index band = S::memory_order == order::row_major ? 1 : 16;

/// Position of a score in the row-major order of the matrix that the caller gave.
template <score_source S>
[[nodiscard]] index place_of(S const& scores, index i, index j) {
  return i * scores.cols() + j;
}
template <score_source S>
[[nodiscard]] index place_of(transposed_scores<S> const& scores, index i, index j) {
  return place_of(scores.source, j, i);
}

/// Throws value_error for the NaN at a place, which counts scores row by row.
template <score_source S>
void reject_place(S const& scores, index place) {
  LACUNA_ASSERT(scores.cols() > 0);  // a score was read
  scores.reject(place / scores.cols(), place % scores.cols());
}
template <score_source S>
void reject_place(transposed_scores<S> const& scores, index place) {
  reject_place(scores.source, place);
}

/// The first NaN, in row-major order, that any worker has met: so the message is the same for every thread count.
class nan_place {
 public:
  LACUNA_INLINE void note(index place) noexcept {
    auto known = first_.load(std::memory_order_relaxed);
    while (place < known && !first_.compare_exchange_weak(known, place, std::memory_order_relaxed)) {
    }
  }
  /// The first place that was noted, -1 if none was.
  [[nodiscard]] LACUNA_INLINE index place() const noexcept {
    auto const known = first_.load(std::memory_order_relaxed);
    return known == none ? -1 : known;
  }
  template <score_source S>
  LACUNA_INLINE void reject_if_any(S const& scores) const {
    auto const place = first_.load(std::memory_order_relaxed);
    if (place != none) reject_place(scores, place);
  }

 private:
  static constexpr index none = std::numeric_limits<index>::max();
  std::atomic<index> first_{none};
};

/// A source that can be asked for a score's line of memory, of so many scores, before they are read.
template <class S>
concept fetches_ahead = score_source<S> && requires(S const& scores, index i) {
  scores.fetch(i, i);
  { S::scores_of_line } -> std::convertible_to<index>;
};

/// Writes f(score) for the scores of lines [first, last) in columns [begin, end) to `out`, lines `stride` apart, in the
/// memory order of the source. False if f cannot take one of them, a NaN in any case.
template <score_source S, class Out, class F>
[[nodiscard]] LACUNA_INLINE bool fill_part(S const& scores, index first, index last, index begin, index end, Out* out,
                                           index stride, F const& f) {
  key_of<S> largest = 0;  // rather than a flag: one operation on a register of scores for three
  auto const take = [&](index i, index j) LACUNA_INLINE_LAMBDA {
    auto const score = scores(i, j);
    auto const size = F::size(score);
    largest = size > largest ? size : largest;
    out[(i - first) * stride + (j - begin)] = f(score);
  };
  if constexpr (S::memory_order == order::row_major) {
    for (index i = first; i != last; ++i)
      for (index j = begin; j < end; ++j) take(i, j);
  } else {
    for (index j = begin; j < end; ++j)
      for (index i = first; i != last; ++i) take(i, j);
  }
  return largest <= infinite_bits<key_of<S>>;
}

/// Asks for the scores of line i in columns [begin, end), if there is such a line. While a row is scored and its
/// weights are chosen, memory brings the next one: in one pair of runs Wanda 2:4 of 4096x4096 took 3.1 instead of 3.4
/// times as long as a stream of W.
template <score_source S>
LACUNA_INLINE void fetch_line(S const& scores, index i, index begin, index end) noexcept {
  if constexpr (fetches_ahead<S>)
    if (i < scores.rows())
      for (index j = begin; j < end; j += S::scores_of_line) scores.fetch(i, j);
}

/// Writes f(score) for whole lines, as fill_part does.
template <score_source S, class Out, class F>
[[nodiscard]] bool fill_lines(S const& scores, index first, index last, Out* out, index stride, F const& f) {
  index const cols = scores.cols();
  if constexpr (S::memory_order == order::row_major) {
    constexpr index piece = 512;
    bool good = true;
    for (index i = first; i != last; ++i)
      for (index begin = 0; begin < cols; begin += piece) {
        index const end = cols - begin < piece ? cols : begin + piece;
        fetch_line(scores, i + 1, begin, end);
        good &= fill_part(scores, i, i + 1, begin, end, out + (i - first) * stride + begin, stride, f);
      }
    return good;
  } else {
    return fill_part(scores, first, last, 0, cols, out, stride, f);
  }
}

template <score_source S>
LACUNA_COLD void note_nans(S const& scores, index first, index last, nan_place& nans) {
  for (index i = first; i != last; ++i)
    for (index j = 0; j != scores.cols(); ++j)
      if (is_nan(scores(i, j))) nans.note(place_of(scores, i, j));
}

/// Calls f(first, last, worker) over the lines [0, lines) so that every range starts at a multiple of `group` lines and
/// holds about 2^15 scores: enough to hide what waking a thread costs.
template <executor E, class F>
void for_lines(E&& exec, index lines, index cols, index group, F&& f) {
  index const groups = ceil_div(lines, group);
  index const grain = (index{1} << 15) / (group * (cols + 1)) + 1;
  exec.for_ranges(groups, grain, [&](index first, index last, index worker) {
    f(first * group, last * group < lines ? last * group : lines, worker);
  });
}

/// Writes integers in the order of the scores with `fill(f)`, which is fill_part or fill_lines. False if a score is
/// NaN. `negative` is set once a score was negative, and then bits are not tried again.
template <class Fill>
[[nodiscard]] LACUNA_INLINE bool fill_keys(bool& negative, Fill const& fill) {
  if (!negative && fill(to_bits{})) return true;
  negative = true;
  return fill(to_key{});
}

/// Calls f(i, keys) once for each line i of the scores, with integers in their order, valid during the call; lines of
/// one group of `group` lines (a multiple of 16) are handled by one worker. Then throws value_error if a score is NaN.
/// Holds one line of keys for each worker, 16 where lines cross the memory order.
template <executor E, score_source S, class F>
void for_each_line(E&& exec, S const& scores, index group, F const& f) {
  index const cols = scores.cols();
  if (scores.rows() == 0 || cols == 0) return;
  index const stride = checked_add(cols, 16, "keys") / 16 * 16;  // workers do not share a cache line
  index const room = checked_multiply(stride, band<S>, "keys");
  buffer<key_of<S>> keys(checked_multiply(room, static_cast<index>(exec.concurrency()), "keys"));
  nan_place nans;
  for_lines(exec, scores.rows(), cols, group, [&](index first, index last, index worker) {
    auto* const mine = keys.data() + worker * room;
    bool negative = false;
    for (index begin = first; begin < last; begin += band<S>) {
      index const end = begin + band<S> < last ? begin + band<S> : last;
      if (!fill_keys(negative, [&](auto to) { return fill_lines(scores, begin, end, mine, stride, to); })) {
        note_nans(scores, begin, end, nans);
        continue;
      }
      for (index i = begin; i != end; ++i) f(i, static_cast<key_of<S> const*>(mine + (i - begin) * stride));
    }
  });
  nans.reject_if_any(scores);
}

/// Calls f(i, j, keys, n) for pieces of rows, keys being integers in the order of the n scores from row i, column j on:
/// `piece` of them, but for the last piece of a row. All pieces of a row are one worker's. Then throws value_error if a
/// score is NaN. Holds one piece for each worker. Weights that are chosen while they are in L1 come faster than row by
/// row: a row of 4096 norms fills two thirds of it.
template <executor E, score_source S, class F>
void for_each_piece(E&& exec, S const& scores, index piece, F const& f) {
  static_assert(S::memory_order == order::row_major, "lacuna: pieces are read along rows");
  index const cols = scores.cols();
  if (scores.rows() == 0 || cols == 0) return;
  index const room = checked_add(piece, 16, "keys") / 16 * 16;  // workers do not share a cache line
  buffer<key_of<S>> keys(checked_multiply(room, static_cast<index>(exec.concurrency()), "keys"));
  nan_place nans;
  for_lines(exec, scores.rows(), cols, 16, [&](index first, index last, index worker) {
    auto* const mine = keys.data() + worker * room;
    bool negative = false;
    for (index i = first; i != last; ++i)
      for (index j = 0; j < cols; j += piece) {
        index const end = cols - j < piece ? cols : j + piece;
        fetch_line(scores, i + 1, j, end);
        if (!fill_keys(negative, [&](auto to) { return fill_part(scores, i, i + 1, j, end, mine, piece, to); })) {
          note_nans(scores, i, i + 1, nans);
          break;
        }
        f(i, j, static_cast<key_of<S> const*>(mine), end - j);
      }
  });
  nans.reject_if_any(scores);
}

/// Writes f(score) for all scores, row by row without gaps. Throws value_error if a score is NaN.
template <executor E, score_source S, class Out, class F>
void fill_whole(E&& exec, S const& scores, Out* out, F const& f) {
  index const cols = scores.cols();
  nan_place nans;
  for_lines(exec, scores.rows(), cols, 16, [&](index first, index last, index) {
    for (index begin = first; begin < last; begin += band<S>) {
      index const end = begin + band<S> < last ? begin + band<S> : last;
      if (!fill_lines(scores, begin, end, out + begin * cols, cols, f)) note_nans(scores, begin, end, nans);
    }
  });
  nans.reject_if_any(scores);
}

}  // namespace lacuna::detail::inline LACUNA_ISA
