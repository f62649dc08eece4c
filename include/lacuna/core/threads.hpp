// SPDX-License-Identifier: MIT
//
// The kept thread pool: an executor.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>

namespace lacuna {
namespace detail {

/// Neighbouring ranges that one worker takes before it helps others, on a cache line of its own.
struct alignas(64) pool_share {
  std::atomic<index> next{0};  // first element not yet taken
  index end = 0;
};

/// One for_ranges call. It lives on the caller's stack and is linked into the pool's list while it has ranges to give.
/// A worker begins with the share of its number, the same one in every call of the same size: what it read and wrote
/// there last time, weights and results, is still in its caches.
struct pool_job {
  static constexpr index most_shares = 16;

  void (*run)(void* f, index first, index last, index worker) = nullptr;
  void* f = nullptr;
  index chunk = 0;
  index workers = 0;             // how many may join
  index joined = 1;              // the caller; guarded by the pool's mutex
  std::atomic<index> inside{0};  // helpers at work; written under the pool's mutex
  std::exception_ptr exception;  // the first one; guarded by the pool's mutex
  pool_job* later = nullptr;
  index share_count = 0;
  pool_share shares[most_shares];

  LACUNA_INLINE void share_out(index n) noexcept {
    index const chunks = ceil_div(n, chunk);
    share_count = std::min(workers, most_shares);
    index const each = chunks / share_count, more = chunks % share_count;
    index first = 0;
    for (index s = 0; s != share_count; ++s) {
      shares[s].next.store(first, std::memory_order_relaxed);
      first = s + 1 == share_count ? n : first + (each + (s < more)) * chunk;
      shares[s].end = first;
    }
  }
  [[nodiscard]] LACUNA_INLINE bool any_left() const noexcept {
    for (index s = 0; s != share_count; ++s)
      if (shares[s].next.load(std::memory_order_relaxed) < shares[s].end) return true;
    return false;
  }
  LACUNA_INLINE void take_all() noexcept {
    for (index s = 0; s != share_count; ++s) shares[s].next.store(shares[s].end, std::memory_order_relaxed);
  }
};

/// What a pool and its helpers share. `mutex` guards all but `posted`.
struct pool_state {
  std::mutex mutex;
  std::condition_variable wake;  // helpers wait for a job
  std::condition_variable done;  // callers wait for their helpers
  pool_job* jobs = nullptr;      // oldest first
  std::atomic<index> posted{0};  // jobs so far: what idle helpers look at before they sleep
  bool stop = false;
};

}  // namespace detail

namespace detail::inline LACUNA_ISA {

/// Waits up to 50 us for `condition`, without sleeping. A sleeping thread takes that long to wake, which is as much as
/// a layer's product takes; products follow each other faster than that, so helpers are found awake. Whom another
/// thread waits for may want this processor, which is why it is offered now and then; not each time, for that takes a
/// third of a microsecond, which whoever is waited for would wait, too.
template <class Condition>
inline void linger(Condition const& condition) {
  auto const end = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
  do {
    for (int look = 0; look != 512; ++look)
      if (condition()) return;
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < end);
}

/// Runs ranges of a job, those of the worker's own share first, until none is left. The first exception is kept for the
/// caller, and ends the job.
inline void take_ranges(pool_state& pool, pool_job& job, index worker) {
#if LACUNA_EXCEPTIONS
  try {
#endif
    for (index s = 0; s != job.share_count; ++s) {
      auto& share = job.shares[(worker + s) % job.share_count];
      while (share.next.load(std::memory_order_relaxed) < share.end) {
        index const first = share.next.fetch_add(job.chunk, std::memory_order_relaxed);
        if (first >= share.end) break;
        job.run(job.f, first, std::min(share.end, first + job.chunk), worker);
      }
    }
#if LACUNA_EXCEPTIONS
  } catch (...) {
    job.take_all();  // what is not yet begun is not begun any more
    std::lock_guard const lock(pool.mutex);
    if (!job.exception) job.exception = std::current_exception();
  }
#else
  static_cast<void>(pool);
#endif
}

/// The oldest job that has ranges left and room for a worker, or null. Call it with the pool locked.
inline pool_job* joinable(pool_state& pool) {
  for (auto* job = pool.jobs; job != nullptr; job = job->later)
    if (job->joined < job->workers && job->any_left()) return job;
  return nullptr;
}

/// The life of a helper: joins job after job until the pool stops.
inline void help(pool_state& pool, index worker) {
  std::unique_lock lock(pool.mutex);
  for (;;) {
    pool_job* job = pool.stop ? nullptr : joinable(pool);
    if (job == nullptr) {
      auto const seen = pool.posted.load(std::memory_order_relaxed);
      lock.unlock();
      linger([&] { return pool.posted.load(std::memory_order_relaxed) != seen; });
      lock.lock();
    }
    pool.wake.wait(lock, [&] { return pool.stop || (job = joinable(pool)) != nullptr; });
    if (job == nullptr) return;
    ++job->joined;
    job->inside.fetch_add(1, std::memory_order_relaxed);
    lock.unlock();
    take_ranges(pool, *job, worker);
    lock.lock();
    if (job->inside.fetch_sub(1, std::memory_order_release) == 1) pool.done.notify_all();
  }
}

/// What a helper thread runs. A type of this namespace, so that the templates of std::thread name it.
struct helper_loop {
  pool_state* pool;
  index worker;
  void operator()() const { help(*pool, worker); }
};

/// Posts a job, works at it as worker 0, and returns when every helper has left it.
inline void run_job(pool_state& pool, pool_job& job) {
  {
    std::lock_guard const lock(pool.mutex);
    auto** end = &pool.jobs;
    while (*end != nullptr) end = &(*end)->later;
    *end = &job;
    pool.posted.fetch_add(1, std::memory_order_relaxed);
  }
  pool.wake.notify_all();
  take_ranges(pool, job, 0);
  std::unique_lock lock(pool.mutex);
  auto** link = &pool.jobs;
  while (*link != &job) link = &(*link)->later;
  *link = job.later;
  lock.unlock();
  // A helper touches the job for the last time when it leaves: nobody has to be locked out from one that all have left.
  auto const left = [&] { return job.inside.load(std::memory_order_acquire) == 0; };
  linger(left);
  if (!left()) {
    lock.lock();
    pool.done.wait(lock, left);
    lock.unlock();
  }
#if LACUNA_EXCEPTIONS
  if (job.exception) std::rethrow_exception(job.exception);
#endif
}

}  // namespace detail::inline LACUNA_ISA

/// A pool of n - 1 kept threads and the caller. Calls from several threads, and calls from inside a range, share the
/// pool: each caller works on its own call, helpers join the oldest that has work left, so none waits for another's. A
/// call neither allocates nor starts threads. The first exception a range throws ends the call and is rethrown to its
/// caller.
class threads {
 public:
  /// n workers, the caller included; 0 means one for each hardware thread. Throws value_error if n is negative,
  /// std::system_error if a thread can't be started.
  LACUNA_INLINE explicit threads(index n = 0) : state_(new detail::pool_state) {
    if (n < 0) detail::fail<value_error>("threads: the count is ", n, ", expected 0 or more");
    if (n == 0) n = std::max<index>(1, static_cast<index>(std::thread::hardware_concurrency()));
    helpers_.reset(new std::thread[static_cast<std::size_t>(n - 1)]);
#if LACUNA_EXCEPTIONS
    try {
#endif
      for (; helper_count_ != n - 1; ++helper_count_)
        helpers_[static_cast<std::size_t>(helper_count_)] =
            std::thread(detail::helper_loop{state_.get(), helper_count_ + 1});
#if LACUNA_EXCEPTIONS
    } catch (...) {
      stop();
      throw;
    }
#endif
  }
  threads(threads const&) = delete;
  threads& operator=(threads const&) = delete;
  LACUNA_INLINE ~threads() { stop(); }

  /// Number of workers, the caller included.
  [[nodiscard]] LACUNA_INLINE index concurrency() const noexcept { return helper_count_ + 1; }

  /// See the concept executor. Ranges hold grain elements; each worker takes those of its share, then others'.
  template <class F>
  LACUNA_INLINE void for_ranges(index n, index grain, F&& f) {
    grain = std::max<index>(grain, 1);
    if (n <= 0) return;
    if (concurrency() == 1 || n <= grain) {
      f(index{0}, n, index{0});
      return;
    }
    detail::pool_job job;
    job.run = [](void* g, index first, index last, index worker) {
      (*static_cast<std::remove_reference_t<F>*>(g))(first, last, worker);
    };
    job.f = const_cast<void*>(static_cast<void const*>(std::addressof(f)));
    job.chunk = grain;
    job.workers = std::min(concurrency(), detail::ceil_div(n, grain));
    job.share_out(n);
    detail::run_job(*state_, job);
  }

 private:
  LACUNA_INLINE void stop() noexcept {
    {
      std::lock_guard const lock(state_->mutex);
      state_->stop = true;
    }
    state_->wake.notify_all();
    for (index i = 0; i != helper_count_; ++i) helpers_[static_cast<std::size_t>(i)].join();
  }

  std::unique_ptr<detail::pool_state> state_;
  std::unique_ptr<std::thread[]> helpers_;
  index helper_count_ = 0;
};

}  // namespace lacuna
