// SPDX-License-Identifier: MIT
//
// Sorting in place. (Not std::sort: <algorithm> has ten thousand lines in C++20, as many as all of pruning, and what it
// instantiates may be shared by objects built for different processors.)
#pragma once

#include <lacuna/core/config.hpp>

#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// Lets item `hole` of a heap of n sink to its place.
template <class T, class Less>
void sink(T* items, index hole, index n, Less const& less) {
  for (index child = 2 * hole + 1; child < n; hole = child, child = 2 * hole + 1) {
    if (child + 1 < n && less(items[child], items[child + 1])) ++child;
    if (!less(items[hole], items[child])) return;
    std::swap(items[hole], items[child]);
  }
}

/// Sorts n items so that none is less than one before it; equal ones stand in no order. O(n log n) at worst. Source: J.
/// Williams, "Algorithm 232: Heapsort", 1964.
template <class T, class Less>
void heap_sort(T* items, index n, Less const& less) {
  for (index k = n / 2; k-- > 0;) sink(items, k, n, less);
  for (index end = n; end-- > 1;) {
    std::swap(items[0], items[end]);
    sink(items, 0, end, less);
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA
