// SPDX-License-Identifier: MIT
//
// Counts allocations: proves that nothing allocates in steady state.
#pragma once

#include <lacuna/core/config.hpp>

#include <new>
#include <utility>

namespace lacuna_test {

/// Calls of operator new, in all its forms and in every thread, since the program began. allocations.cpp replaces it
/// (not under clang's thread sanitizer, where this stays 0).
[[nodiscard]] lacuna::index allocations() noexcept;

/// Bytes that these calls have asked for.
[[nodiscard]] lacuna::index allocated_bytes() noexcept;

/// Makes the k-th allocation from now on (k >= 1) throw std::bad_alloc, once; 0 calls it off. With glibc, and without
/// a sanitizer, calls of realloc count as well, of which lacuna::growing makes some: such a one returns null.
void fail_allocation(lacuna::index k) noexcept;

/// How many allocations there will be up to the one that fails; 0 if it has failed, or was called off.
[[nodiscard]] lacuna::index allocations_to_go() noexcept;

/// How many allocations all threads made while f ran.
template <class F>
[[nodiscard]] lacuna::index allocations_during(F&& f) {
  auto const before = allocations();
  std::forward<F>(f)();
  return allocations() - before;
}

/// Calls f again and again, with the first allocation failing, the second, and so on, until none does. Each time but
/// the last it has to throw std::bad_alloc. Returns how many those were; -1 if f returned though an allocation had
/// failed.
template <class F>
[[nodiscard]] lacuna::index failing_allocations(F&& f) {
  for (lacuna::index k = 1;; ++k) {
    bool thrown = false;
    fail_allocation(k);
    try {
      f();
    } catch (std::bad_alloc const&) {
      thrown = true;
    }
    bool const failed = allocations_to_go() == 0;
    fail_allocation(0);
    if (failed != thrown) return -1;
    if (!thrown) return k - 1;
  }
}

}  // namespace lacuna_test
