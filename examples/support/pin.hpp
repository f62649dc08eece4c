// SPDX-License-Identifier: MIT
//
// Keeps a measurement on one processor.
#pragma once

#if defined(__linux__)
#include <sched.h>

#include <cstddef>
#endif

namespace demo {

/// Binds the calling thread, and those it starts from now on, to the processor it runs on; returns that, or -1 where
/// the system offers no such thing.
inline int pin_to_one_processor() {
#if defined(__linux__)
  int const here = ::sched_getcpu();
  if (here >= 0 && here < CPU_SETSIZE) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(here), &one);
    if (::sched_setaffinity(0, sizeof one, &one) == 0) return here;
  }
#endif
  return -1;
}

}  // namespace demo
