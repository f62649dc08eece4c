// SPDX-License-Identifier: MIT
//
// OpenMP as an executor.
#pragma once

#if !defined(_OPENMP)
#error "lacuna: <lacuna/interop/openmp.hpp> needs OpenMP: compile with -fopenmp (CMake: link lacuna::openmp)"
#endif

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <omp.h>

#include <algorithm>
#include <exception>
#include <limits>

namespace lacuna {

/// Works in a team of OpenMP threads, which the runtime keeps from call to call; worker is omp_get_thread_num(). Free
/// threads take the next range of `grain` elements. Inside a parallel region of the caller the team is what OpenMP
/// allows there, by default the calling thread alone. The first exception a range throws ends the call and is rethrown
/// to its caller.
class openmp {
 public:
  /// At most n workers, the caller included; 0 means as many as omp_get_max_threads() says at each call. Throws
  /// value_error if n is negative or no int.
  LACUNA_INLINE explicit openmp(index n = 0) : threads_(static_cast<int>(n)) {
    if (n < 0 || n > std::numeric_limits<int>::max())
      detail::fail<value_error>("openmp: the count is ", n, ", expected 0 to ", std::numeric_limits<int>::max());
  }

  /// Number of workers, the caller included.
  [[nodiscard]] LACUNA_INLINE index concurrency() const noexcept {
    return threads_ != 0 ? threads_ : std::max(1, omp_get_max_threads());
  }

  /// See the concept executor.
  template <class F>
  LACUNA_INLINE void for_ranges(index n, index grain, F&& f) const {
    grain = std::max<index>(grain, 1);
    if (n <= 0) return;
    index const chunks = detail::ceil_div(n, grain);
    auto const team = static_cast<int>(std::min(concurrency(), chunks));
    if (team == 1) {
      f(index{0}, n, index{0});
      return;
    }
    share(chunks, team, [&](index chunk, index worker) {
      index const first = chunk * grain;
      f(first, n - first < grain ? n : first + grain, worker);
    });
  }

 private:
  /// Calls work(chunk, worker) for each chunk. An exception may not leave an OpenMP region, so it is carried around it.
  template <class Work>
  LACUNA_INLINE static void share(index chunks, int team, Work const& work) {
#if LACUNA_EXCEPTIONS
    std::exception_ptr exception;
    int failed = 0;
#pragma omp parallel for schedule(dynamic, 1) num_threads(team) shared(exception, failed)
    for (index chunk = 0; chunk < chunks; ++chunk) {
      int skip = 0;
#pragma omp atomic read
      skip = failed;
      if (skip != 0) continue;  // what is not yet begun is not begun any more
      try {
        work(chunk, static_cast<index>(omp_get_thread_num()));
      } catch (...) {
#pragma omp critical(lacuna_first_exception)
        if (!exception) exception = std::current_exception();
#pragma omp atomic write
        failed = 1;
      }
    }
    if (exception) std::rethrow_exception(exception);
#else
#pragma omp parallel for schedule(dynamic, 1) num_threads(team)
    for (index chunk = 0; chunk < chunks; ++chunk) work(chunk, static_cast<index>(omp_get_thread_num()));
#endif
  }

  int threads_;
};

}  // namespace lacuna
