// SPDX-License-Identifier: MIT
//
// Whether to try fewer sizes: under an emulator a sweep takes some 26 times as long, under sanitizers without
// optimisation 13.
#pragma once

#include <cstdlib>

namespace lacuna_test {

/// True in executables built for another processor (the build defines LACUNA_TEST_QUICK) and where the environment sets
/// LACUNA_TEST_QUICK.
[[nodiscard]] inline bool quick() noexcept {
#if defined(LACUNA_TEST_QUICK)
  return true;
#else
  return std::getenv("LACUNA_TEST_QUICK") != nullptr;
#endif
}

}  // namespace lacuna_test
