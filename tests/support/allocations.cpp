// SPDX-License-Identifier: MIT
//
// Replaces operator new and delete by counting ones.
#include "allocations.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

std::atomic<lacuna::index> count{0};
std::atomic<lacuna::index> asked_for{0};
std::atomic<lacuna::index> until_failure{0};

[[maybe_unused]] bool is_to_fail() noexcept {
  return until_failure.load(std::memory_order_relaxed) > 0 &&
         until_failure.fetch_sub(1, std::memory_order_relaxed) == 1;
}

[[maybe_unused]] void* counted(std::size_t size, std::size_t alignment) {
  count.fetch_add(1, std::memory_order_relaxed);
  asked_for.fetch_add(static_cast<lacuna::index>(size), std::memory_order_relaxed);
  if (is_to_fail()) throw std::bad_alloc();
  if (size >> 40 != 0) throw std::bad_alloc();  // sanitizers end the program instead
  // aligned_alloc wants a multiple of the alignment.
  auto const rounded = (size + (size == 0) + alignment - 1) / alignment * alignment;
  void* const memory = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? std::malloc(size + (size == 0))
                                                                     : std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0xCD, std::min<std::size_t>(size, 1 << 20));  // new memory is zero too often by chance
  return memory;
}

}  // namespace

namespace lacuna_test {

lacuna::index allocations() noexcept { return count.load(std::memory_order_relaxed); }
lacuna::index allocated_bytes() noexcept { return asked_for.load(std::memory_order_relaxed); }
void fail_allocation(lacuna::index k) noexcept { until_failure.store(k, std::memory_order_relaxed); }
lacuna::index allocations_to_go() noexcept {
  auto const left = until_failure.load(std::memory_order_relaxed);
  return left < 0 ? 0 : left;
}

}  // namespace lacuna_test

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LACUNA_TEST_NO_COUNT
#endif
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define LACUNA_TEST_NO_REALLOC
#endif
#endif
#if defined(__GLIBC__) && !defined(LACUNA_TEST_NO_REALLOC) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
extern "C" void* __libc_realloc(void* memory, std::size_t size) noexcept;
extern "C" void* realloc(void* memory, std::size_t size) noexcept {
  return is_to_fail() ? nullptr : __libc_realloc(memory, size);
}
#endif
#if !defined(LACUNA_TEST_NO_COUNT)  // the thread sanitizer of clang insists on its own
// All forms, though the library's would call these: a sanitizer's library would otherwise be linked in for the missing
// ones and define the others a second time.
namespace {

void* counted_or_null(std::size_t size, std::size_t alignment) noexcept {
  try {
    return counted(size, alignment);
  } catch (std::bad_alloc const&) {
    return nullptr;
  }
}
constexpr std::size_t bytes(std::align_val_t a) { return static_cast<std::size_t>(a); }

}  // namespace

using none = std::nothrow_t;
void* operator new(std::size_t n) { return counted(n, 1); }
void* operator new[](std::size_t n) { return counted(n, 1); }
void* operator new(std::size_t n, std::align_val_t a) { return counted(n, bytes(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return counted(n, bytes(a)); }
void* operator new(std::size_t n, none const&) noexcept { return counted_or_null(n, 1); }
void* operator new[](std::size_t n, none const&) noexcept { return counted_or_null(n, 1); }
void* operator new(std::size_t n, std::align_val_t a, none const&) noexcept { return counted_or_null(n, bytes(a)); }
void* operator new[](std::size_t n, std::align_val_t a, none const&) noexcept { return counted_or_null(n, bytes(a)); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, none const&) noexcept { std::free(p); }
void operator delete[](void* p, none const&) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t, none const&) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t, none const&) noexcept { std::free(p); }
#endif
