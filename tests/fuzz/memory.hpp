// SPDX-License-Identifier: MIT
//
// Watches how much memory a call takes, through the hooks of the sanitizers' allocator.
#pragma once

#include <lacuna/core/config.hpp>

#include <sanitizer/allocator_interface.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace lacuna_fuzz {

inline std::atomic<lacuna::index> live{0};
inline std::atomic<lacuna::index> peak{0};

inline void count_malloc(void const volatile*, std::size_t size) {
  auto const now = live += static_cast<lacuna::index>(size);
  if (now > peak) peak = now;
}

inline void count_free(void const volatile* memory) {
  if (memory != nullptr)
    live -= static_cast<lacuna::index>(__sanitizer_get_allocated_size(const_cast<void const*>(memory)));
}

/// Installs the hooks, once: a second pair would count twice.
inline void install_hooks() {
  static int const installed = __sanitizer_install_malloc_and_free_hooks(count_malloc, count_free);
  if (installed == 0) std::abort();
}

/// What f() took at its highest, in bytes beyond what was in use before.
template <class F>
lacuna::index peak_during(F&& f) {
  install_hooks();
  lacuna::index const before = live;
  peak = before;
  f();
  return peak - before;
}

/// Ends the run unless the loader kept the promise of io_limits: 1 MiB and 1024 bytes for each byte of text. The text
/// itself stands outside; 4 KiB more are for the strings of an error and the ends of buffers.
inline void check_peak(lacuna::index bytes, std::size_t text_bytes) {
  auto const allowed = (lacuna::index{1} << 20) + 1024 * static_cast<lacuna::index>(text_bytes) + 4096;
  if (bytes <= allowed) return;
  std::fprintf(stderr, "%td bytes of memory for a text of %zu, allowed are %td\n", bytes, text_bytes, allowed);
  std::abort();
}

}  // namespace lacuna_fuzz
