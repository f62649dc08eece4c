// SPDX-License-Identifier: MIT
//
// oneTBB as an executor.
#pragma once

#if !__has_include(<tbb/task_arena.h>)
#error "lacuna: <lacuna/interop/tbb.hpp> needs oneTBB (CMake: link lacuna::tbb)"
#endif

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <limits>

namespace lacuna {

/// Works in an arena of oneTBB's threads, which share the processors with whatever else the program gives to TBB;
/// worker is the place of a thread in the arena. Free threads take the next range of `grain` elements. A thread that
/// waits for a call takes ranges of that call alone, so calls may be nested, and several threads may call at once. The
/// first exception a range throws ends the call and is rethrown to its caller. Copies have arenas of their own. A call
/// takes its tasks from TBB's own pools of memory, which keep what they have and may grow at any call.
class tbb {
 public:
  /// At most n workers, the caller included; 0 means as many as TBB uses by itself. Throws value_error if n is negative
  /// or no int.
  LACUNA_INLINE explicit tbb(index n = 0) : arena_(checked(n)) {}

  /// Number of workers, the caller included.
  [[nodiscard]] LACUNA_INLINE index concurrency() const { return arena_.max_concurrency(); }

  /// See the concept executor.
  template <class F>
  LACUNA_INLINE void for_ranges(index n, index grain, F&& f) const {
    grain = std::max<index>(grain, 1);
    if (n <= 0) return;
    index const chunks = detail::ceil_div(n, grain);
    if (chunks == 1 || concurrency() == 1) {
      f(index{0}, n, index{0});
      return;
    }
    auto const work = [&](::tbb::blocked_range<index> const& some) {
      auto const worker = static_cast<index>(::tbb::this_task_arena::current_thread_index());
      for (index chunk = some.begin(); chunk != some.end(); ++chunk) {
        index const first = chunk * grain;
        f(first, n - first < grain ? n : first + grain, worker);
      }
    };
    arena_.execute([&] {
      ::tbb::this_task_arena::isolate(
          [&] { ::tbb::parallel_for(::tbb::blocked_range<index>(0, chunks, 1), work, ::tbb::simple_partitioner()); });
    });
  }

 private:
  [[nodiscard]] LACUNA_INLINE static int checked(index n) {
    if (n < 0 || n > std::numeric_limits<int>::max())
      detail::fail<value_error>("tbb: the count is ", n, ", expected 0 to ", std::numeric_limits<int>::max());
    return n == 0 ? ::tbb::task_arena::automatic : static_cast<int>(n);
  }

  mutable ::tbb::task_arena arena_;  // it starts itself at the first call, whichever thread makes it
};

}  // namespace lacuna
