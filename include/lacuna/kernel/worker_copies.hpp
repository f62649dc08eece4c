// SPDX-License-Identifier: MIT
//
// Workspace that all workers of a call read: one copy, or one for each.
//
// A cache line that one core has written costs another some 50 ns to read: 32 KB of packed X, which take a core 2 us to
// write, take the other one 15 us to fetch, as long as a whole product of 512x512 with 8 tokens.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/scratch.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// `size` elements of S for `workers` workers, kept by the calling thread. Up to 64 KB, and with more than one worker,
/// each has its own copy and fills it when it takes its first range; a larger one is shared, and filled before.
template <class S>
class worker_copies {
 public:
  /// Starts a call. `what` names the workspace in an error.
  worker_copies(index size, index workers, char const* what)
      : own_(workers > 1 && size <= most), size_((size + line - 1) / line * line) {
    auto const each = detail::checked_multiply(size_ + (own_ ? line : 0), own_ ? workers : 1, what);
    data_ = scratch<S, workspace::activations>(each);
    if (own_)
      for (index w = 0; w != workers; ++w) filled(w) = S{0};
  }

  /// Whether each worker fills its own.
  [[nodiscard]] bool own() const noexcept { return own_; }
  /// The shared one.
  [[nodiscard]] S* shared() const noexcept { return data_; }
  /// The one that a worker reads. fill(S*) is called once for each worker that has its own.
  template <class Fill>
  [[nodiscard]] S* of(index worker, Fill const& fill) const {
    if (!own_) return data_;
    auto* const mine = data_ + worker * (size_ + line);
    if (filled(worker) == S{0}) {
      fill(mine);
      filled(worker) = S{1};
    }
    return mine;
  }

 private:
  static constexpr index most = 65536 / static_cast<index>(sizeof(S));
  static constexpr index line = 64 / static_cast<index>(sizeof(S));  // elements of a cache line

  /// Behind the copy, in a line of its own.
  [[nodiscard]] S& filled(index worker) const noexcept { return data_[worker * (size_ + line) + size_]; }

  bool own_;
  index size_;
  S* data_ = nullptr;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
