// SPDX-License-Identifier: MIT
//
// The k lowest of n keys, by counting digits: O(n), and the same answer whoever counts.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>

#include <concepts>

namespace lacuna::detail::inline LACUNA_ISA {

/// Where the lowest keys end: all below `key` belong to them, and the first `ties` of those equal to it.
template <std::unsigned_integral Key>
struct cut {
  Key key = 0;
  index ties = 0;
};

/// How many keys have each value of one 8-bit digit.
struct digit_counts {
  index count[256] = {};
};

/// Adds, for each key that agrees with `prefix` above the digit at `shift`, one to the count of that digit.
template <std::unsigned_integral Key>
LACUNA_INLINE void count_digits(Key const* keys, index n, Key prefix, int shift, digit_counts& counts) {
  constexpr int top = 8 * static_cast<int>(sizeof(Key)) - 8;
  if (shift == top) {
    for (index i = 0; i != n; ++i) ++counts.count[keys[i] >> top];
  } else {
    for (index i = 0; i != n; ++i)
      if ((keys[i] >> shift) >> 8 == prefix) ++counts.count[(keys[i] >> shift) & 0xFFu];
  }
}

/// Extends the prefix by the digit in which the k-th lowest of the counted keys lies, and makes k its rank there.
template <std::unsigned_integral Key>
LACUNA_INLINE void descend(digit_counts const& counts, Key& prefix, index& k) noexcept {
  unsigned digit = 0;
  while (k > counts.count[digit]) k -= counts.count[digit++];
  prefix = static_cast<Key>(static_cast<Key>(prefix << 8) | digit);
}

/// Keys that bisect_lowest is faster for: a table of digits costs as much as counting some hundred keys 32 times, many
/// at a time.
inline constexpr index few_keys = 512;

/// A cut, bit by bit: a key below which there are k, or the largest below which there are fewer.
template <std::unsigned_integral Key>
[[nodiscard]] cut<Key> bisect_lowest(Key const* keys, index n, index k) noexcept {
  Key key = 0;
  index below = 0;  // keys that are lower
  for (Key bit = static_cast<Key>(Key{1} << (8 * sizeof(Key) - 1)); bit != 0; bit >>= 1) {
    Key const middle = key | bit;
    Key count[16] = {};
    index i = 0;
    for (; i + 16 <= n; i += 16)
      for (int l = 0; l != 16; ++l) count[l] += static_cast<Key>(keys[i + l] < middle);
    for (; i != n; ++i) count[0] += static_cast<Key>(keys[i] < middle);
    Key sum = 0;
    for (int l = 0; l != 16; ++l) sum += count[l];
    if (static_cast<index>(sum) > k) continue;
    if (static_cast<index>(sum) == k) return {middle, 0};
    key = middle;
    below = static_cast<index>(sum);
  }
  return {key, k - below};
}

/// A cut below which lie the k lowest of n keys, 0 <= k <= n, of equal keys the first; it need not be a key. Reads the
/// keys once for each of their bytes, or bits if they are few. Source of the idea: radix selection, e.g. D. Knuth, The
/// Art of Computer Programming 3, 5.2.5.
template <std::unsigned_integral Key>
[[nodiscard]] cut<Key> select_lowest(Key const* keys, index n, index k) noexcept {
  if (k == 0) return {};
  if (n <= few_keys) return bisect_lowest(keys, n, k);
  Key prefix = 0;
  for (int shift = 8 * static_cast<int>(sizeof(Key)) - 8; shift >= 0; shift -= 8) {
    digit_counts counts;
    count_digits(keys, n, prefix, shift, counts);
    descend(counts, prefix, k);
    Key const next = static_cast<Key>(prefix + 1);  // where all with this prefix belong to the lowest
    if (k == counts.count[prefix & 0xFFu] && static_cast<Key>(next << shift) >> shift == next)
      return {next << shift, 0};
  }
  return {prefix, k};
}

/// The same by all workers of an executor, the cut being the k-th lowest key; `counts` has room for one table a worker.
template <std::unsigned_integral Key, executor E>
[[nodiscard]] cut<Key> select_lowest(E&& exec, Key const* keys, index n, index k, digit_counts* counts) {
  if (k == 0) return {};
  constexpr index grain = index{1} << 16;
  Key prefix = 0;
  for (int shift = 8 * static_cast<int>(sizeof(Key)) - 8; shift >= 0; shift -= 8) {
    for (index worker = 0; worker != exec.concurrency(); ++worker) counts[worker] = {};
    exec.for_ranges(n, grain, [&](index first, index last, index worker) {
      count_digits(keys + first, last - first, prefix, shift, counts[worker]);
    });
    for (index worker = 1; worker < exec.concurrency(); ++worker)
      for (int digit = 0; digit != 256; ++digit) counts[0].count[digit] += counts[worker].count[digit];
    descend(counts[0], prefix, k);
  }
  return {prefix, k};
}

}  // namespace lacuna::detail::inline LACUNA_ISA
