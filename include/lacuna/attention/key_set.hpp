// SPDX-License-Identifier: MIT
//
// A set of integers: which keys, or which distances between query and key, a pattern names.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/first_where.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/core/heap_sort.hpp>
#include <lacuna/core/shared_array.hpp>

#include <cstdint>
#include <utility>

namespace lacuna::attention {

/// Integers [first, last).
struct interval {
  index first = 0;
  index last = 0;
};

}  // namespace lacuna::attention

namespace lacuna::detail::inline LACUNA_ISA {

/// Intervals in rising order that neither touch nor overlap, of intervals in any order; none of them may be empty.
inline growing<attention::interval> merged_intervals(growing<attention::interval> x) {
  bool sorted = true;
  for (index n = 1; n < x.size(); ++n) sorted &= x[n - 1].first <= x[n].first;
  if (!sorted)
    heap_sort(x.data(), x.size(),
              [](attention::interval const& a, attention::interval const& b) { return a.first < b.first; });
  index kept = 0;
  for (index n = 0; n != x.size(); ++n) {
    if (kept == 0 || x[n].first > x[kept - 1].last)
      x[kept++] = x[n];
    else if (x[n].last > x[kept - 1].last)
      x[kept - 1].last = x[n].last;
  }
  x.shrink(kept);
  return x;
}

/// A bit for each integer from the first to the last, or none where that takes more than 8 MB.
inline growing<std::uint64_t> bits_of_intervals(growing<attention::interval> const& x) {
  constexpr index most = index{1} << 26;
  if (x.empty() || x[x.size() - 1].last - x[0].first > most) return {};
  index const from = x[0].first, count = x[x.size() - 1].last - from;
  growing<std::uint64_t> bits((count + 63) / 64);
  for (auto const& i : x.span())
    for (index b = i.first - from, end = i.last - from; b < end;) {
      index const word = b / 64 * 64;
      bits[b / 64] |= bits_between(b - word, end - word);
      b = word + 64;
    }
  return bits;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention {

/// A set of integers as intervals and, where they lie within 2^26, as bits: membership, 64 at once, and what lies
/// between two ends. Copies share the memory.
class key_set {
 public:
  LACUNA_INLINE key_set() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE key_set(key_set const&) noexcept = default;
  LACUNA_INLINE key_set(key_set&&) noexcept = default;
  LACUNA_INLINE key_set& operator=(key_set const&) noexcept = default;
  LACUNA_INLINE key_set& operator=(key_set&&) noexcept = default;
  LACUNA_INLINE ~key_set() = default;
  /// From intervals in any order, none empty. O(n log n), O(n) where they rise, and a bit for all from first to last.
  LACUNA_INLINE explicit key_set(growing<interval> intervals) {
    auto merged = detail::merged_intervals(std::move(intervals));
    bits_ = shared_array<std::uint64_t>(detail::bits_of_intervals(merged));
    intervals_ = shared_array<interval>(std::move(merged));
  }

  [[nodiscard]] LACUNA_INLINE shared_array<interval> const& intervals() const noexcept { return intervals_; }

  /// Index of the first interval that ends behind x. O(log n).
  [[nodiscard]] LACUNA_INLINE index find(index x) const noexcept {
    return lacuna::detail::first_where(0, intervals_.size(),
                                       [&](index n) LACUNA_INLINE_LAMBDA { return intervals_[n].last > x; });
  }
  /// How much of [from, to), which is not empty, is in the set.
  [[nodiscard]] LACUNA_INLINE cover cover_of(index from, index to) const noexcept {
    index const n = find(from);
    if (n == intervals_.size() || intervals_[n].first >= to) return cover::none;
    return intervals_[n].first <= from && intervals_[n].last >= to ? cover::full : cover::partial;
  }
  [[nodiscard]] LACUNA_INLINE bool contains(index x) const noexcept { return word(x, 1) != 0; }
  /// Bit b tells whether from + b is in the set, for b < count <= 64. O(1) with bits, else O(log n + intervals).
  [[nodiscard]] LACUNA_INLINE std::uint64_t word(index from, index count) const noexcept {
    if (intervals_.empty()) return 0;
    index const at = from - intervals_[0].first, size = bits_.size() * 64;
    if (size == 0) return word_of_intervals(from, count);
    if (at <= -64 || at >= size) return 0;
    if (at < 0) return bits_[0] << -at & detail::bits_below(count);
    index const shift = at % 64;
    auto word = bits_[at / 64] >> shift;
    if (shift != 0 && at + 64 < size) word |= bits_[at / 64 + 1] << (64 - shift);
    return word & detail::bits_below(count);
  }

 private:
  [[nodiscard]] LACUNA_INLINE std::uint64_t word_of_intervals(index from, index count) const noexcept {
    std::uint64_t word = 0;
    for (index n = find(from); n != intervals_.size() && intervals_[n].first < from + count; ++n) {
      index const first = intervals_[n].first < from ? 0 : intervals_[n].first - from;
      word |= detail::bits_between(first, intervals_[n].last - from < count ? intervals_[n].last - from : count);
    }
    return word;
  }

  shared_array<interval> intervals_;
  shared_array<std::uint64_t> bits_;
};

}  // namespace lacuna::attention
