// SPDX-License-Identifier: MIT
//
// Counts allocations: proves that nothing allocates in steady state.
#pragma once

#include <lacuna/core/config.hpp>

#include <utility>

namespace lacuna_test {

/// Calls of operator new, in all its forms and in every thread, since the program began. allocations.cpp replaces it
/// (not under clang's thread sanitizer, where this stays 0).
[[nodiscard]] lacuna::index allocations() noexcept;

/// Bytes that these calls have asked for.
[[nodiscard]] lacuna::index allocated_bytes() noexcept;

/// Makes the k-th allocation from now on (k >= 1) throw std::bad_alloc, once; 0 calls it off.
void fail_allocation(lacuna::index k) noexcept;

/// How many allocations all threads made while f ran.
template <class F>
[[nodiscard]] lacuna::index allocations_during(F&& f) {
  auto const before = allocations();
  std::forward<F>(f)();
  return allocations() - before;
}

}  // namespace lacuna_test
