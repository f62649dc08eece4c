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

/// The cut below which lie the k lowest of n keys, 0 <= k <= n, of equal keys the first. Reads the keys once for each
/// of their bytes. Source of the idea: radix selection, e.g. D. Knuth, The Art of Computer Programming 3, 5.2.5.
template <std::unsigned_integral Key>
[[nodiscard]] cut<Key> select_lowest(Key const* keys, index n, index k) noexcept {
  if (k == 0) return {};
  Key prefix = 0;
  for (int shift = 8 * static_cast<int>(sizeof(Key)) - 8; shift >= 0; shift -= 8) {
    digit_counts counts;
    count_digits(keys, n, prefix, shift, counts);
    descend(counts, prefix, k);
  }
  return {prefix, k};
}

/// The same by all workers of an executor; `counts` has room for one table a worker.
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
