// SPDX-License-Identifier: MIT
//
// Replaces operator new and delete by counting ones. The nothrow and array forms of the library call these.
#include "allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<lacuna::index> count{0};
std::atomic<lacuna::index> until_failure{0};

void* counted(std::size_t size, std::size_t alignment) {
  count.fetch_add(1, std::memory_order_relaxed);
  if (until_failure.load(std::memory_order_relaxed) > 0 && until_failure.fetch_sub(1, std::memory_order_relaxed) == 1)
    throw std::bad_alloc();
  if (size > static_cast<std::size_t>(PTRDIFF_MAX)) throw std::bad_alloc();
  // aligned_alloc wants a multiple of the alignment.
  auto const rounded = (size + (size == 0) + alignment - 1) / alignment * alignment;
  void* const memory = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? std::malloc(size + (size == 0))
                                                                     : std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

namespace lacuna_test {

lacuna::index allocations() noexcept { return count.load(std::memory_order_relaxed); }
void fail_allocation(lacuna::index k) noexcept { until_failure.store(k, std::memory_order_relaxed); }

}  // namespace lacuna_test

void* operator new(std::size_t size) { return counted(size, 1); }
void* operator new[](std::size_t size) { return counted(size, 1); }
void* operator new(std::size_t size, std::align_val_t a) { return counted(size, static_cast<std::size_t>(a)); }
void* operator new[](std::size_t size, std::align_val_t a) { return counted(size, static_cast<std::size_t>(a)); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
