// SPDX-License-Identifier: MIT
//
// Processor time of the calling thread. That of the process also counts threads which libraries keep waiting in a loop:
// one of OpenBLAS halves every rate that is measured in the first tenth of a second.
#pragma once

#include <ctime>

namespace lacuna_bench {

/// Seconds that this thread has computed; of the process where the system does not tell.
[[nodiscard]] inline double processor_seconds() {
#if defined(CLOCK_THREAD_CPUTIME_ID)
  std::timespec now{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0)
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
#endif
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

}  // namespace lacuna_bench
