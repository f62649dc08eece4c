// SPDX-License-Identifier: MIT
//
// Memory for large arrays, on large pages where the system has them.
//
// A page of 4 KB is zeroed and mapped when it is first touched, and each needs an entry of the processor's tables: for
// an array of tens of megabytes that is most of the time of writing it once. Linux backs memory with pages of 2 MB if
// the program asks for them (`madvise`, which is how most distributions set it up) and the memory is aligned to 2 MB.
// Packing 4096x4096 floats on small pages and on large ones, W too, one run of each: vnm 4x2:4 24.0 and 14.5 ms, nm
// 2:4 26.4 and 22.4, bitmap at 80 % 22.4 and 18.5.
#pragma once

#include <lacuna/core/config.hpp>

#include <cstddef>
#include <cstring>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace lacuna::detail {

/// Bytes of a large page: of x86-64, and of Arm with small pages of 4 KB.
inline constexpr std::size_t large_page = std::size_t{1} << 21;

/// Alignment of so many bytes: that of a large page from two of them on, else of a cache line and the widest register.
/// Less than two would waste more of the address space than there is to gain.
[[nodiscard]] LACUNA_INLINE constexpr std::size_t alignment_of(std::size_t bytes) noexcept {
  return bytes < 2 * large_page ? 64 : large_page;
}

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// Asks the system for large pages where memory that begins on one fills them; the rest stays on small ones, so that no
/// memory is wasted. A wish: nothing is different but the time that it takes, and elsewhere than on Linux not even
/// that.
inline void prefer_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  static_cast<void>(::madvise(memory, bytes / large_page * large_page, MADV_HUGEPAGE));
#endif
}

/// Memory aligned to alignment_of(bytes), of which nobody has said what it holds. Throws std::bad_alloc.
[[nodiscard]] inline void* allocate(std::size_t bytes) {
  auto const alignment = alignment_of(bytes);
  void* const memory = ::operator new(bytes, std::align_val_t{alignment});
  if (alignment == large_page) prefer_large_pages(memory, bytes);
  return memory;
}

/// The same, zeroed.
[[nodiscard]] inline void* allocate_zeroed(std::size_t bytes) {
  void* const memory = allocate(bytes);
  std::memset(memory, 0, bytes);
  return memory;
}

/// Gives back what one of them gave for as many bytes.
LACUNA_INLINE void deallocate(void* memory, std::size_t bytes) noexcept {
  ::operator delete(memory, std::align_val_t{alignment_of(bytes)});
}

}  // namespace lacuna::detail::inline LACUNA_ISA
