// SPDX-License-Identifier: MIT
//
// Memory between two pages that nobody may touch: the net for reads and writes outside a view. Address sanitizers miss
// most masked and gathered accesses of SIMD code; the processor misses none.
#pragma once

#include <lacuna/core/config.hpp>

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

namespace lacuna_test {

/// Which guard page the elements touch: `upper` catches accesses behind the last element, `lower` those before the
/// first.
enum class placement { upper, lower };
inline constexpr placement both_placements[] = {placement::upper, placement::lower};

namespace detail {

/// All mappings that exist, guard pages included: tells a hit guard page from any other crash.
struct mapping {
  unsigned char* base = nullptr;
  std::size_t bytes = 0;
  mapping* previous = nullptr;
  mapping* next = nullptr;
};
inline mapping* all_mappings = nullptr;

inline bool is_mapped_here(void const* address) noexcept {
  auto const at = reinterpret_cast<std::uintptr_t>(address);
  for (auto const* m = all_mappings; m != nullptr; m = m->next)
    if (at - reinterpret_cast<std::uintptr_t>(m->base) < m->bytes) return true;
  return false;
}

inline thread_local sigjmp_buf* volatile jump_target = nullptr;

inline void on_fault(int signal_number, siginfo_t* info, void*) {
  if (jump_target != nullptr && is_mapped_here(info->si_addr)) siglongjmp(*jump_target, 1);
  struct sigaction fallback{};
  fallback.sa_handler = SIG_DFL;  // no guard page of ours: the access is repeated, and ends the program
  sigaction(signal_number, &fallback, nullptr);
}

}  // namespace detail

/// n elements in pages of their own, one unreachable page below and one above. They touch the guard page that `where`
/// names, but for `gap` elements, which serve to try other alignments (placed `upper`, the length alone already varies
/// the alignment of the first element). All other bytes of the pages are 0xFF, a NaN in every floating-point type, so
/// that a read which stays inside the page and is used still shows; `intact` tells whether they were overwritten. The
/// elements themselves are zero. Not for use by several threads at a time.
template <class T>
class guarded {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;

  explicit guarded(lacuna::index n, placement where = placement::upper, lacuna::index gap = 0)
      : size_(n),
        used_(static_cast<std::size_t>(n) * sizeof(T)),
        page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    auto const slack = static_cast<std::size_t>(gap) * sizeof(T);
    inner_ = (used_ + slack + page_ - 1) / page_ * page_;
    if (inner_ == 0) inner_ = page_;
    void* const memory = mmap(nullptr, inner_ + 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    here_.base = static_cast<unsigned char*>(memory);
    here_.bytes = inner_ + 2 * page_;
    std::memset(inner(), 0xFF, inner_);
    offset_ = where == placement::upper ? inner_ - used_ - slack : slack;
    data_ = reinterpret_cast<T*>(inner() + offset_);
    std::memset(inner() + offset_, 0, used_);
    if (mprotect(here_.base, page_, PROT_NONE) != 0 || mprotect(inner() + inner_, page_, PROT_NONE) != 0) std::abort();
    link();
  }
  /// A copy of the elements.
  explicit guarded(std::span<T const> source, placement where = placement::upper, lacuna::index gap = 0)
      : guarded(static_cast<lacuna::index>(source.size()), where, gap) {
    if (!source.empty()) std::memcpy(inner() + offset_, source.data(), source.size_bytes());
  }
  guarded(guarded const&) = delete;
  guarded& operator=(guarded const&) = delete;
  ~guarded() {
    (here_.previous != nullptr ? here_.previous->next : detail::all_mappings) = here_.next;
    if (here_.next != nullptr) here_.next->previous = here_.previous;
    munmap(here_.base, here_.bytes);
  }

  [[nodiscard]] T* data() noexcept { return data_; }
  [[nodiscard]] T const* data() const noexcept { return data_; }
  [[nodiscard]] lacuna::index size() const noexcept { return size_; }
  [[nodiscard]] T& operator[](lacuna::index i) noexcept { return data_[i]; }
  [[nodiscard]] T const& operator[](lacuna::index i) const noexcept { return data_[i]; }
  [[nodiscard]] T* begin() noexcept { return data_; }
  [[nodiscard]] T* end() noexcept { return data_ + size_; }
  [[nodiscard]] T const* begin() const noexcept { return data_; }
  [[nodiscard]] T const* end() const noexcept { return data_ + size_; }
  [[nodiscard]] std::span<T const> span() const noexcept { return {data_, static_cast<std::size_t>(size_)}; }
  [[nodiscard]] std::span<T> span() noexcept { return {data_, static_cast<std::size_t>(size_)}; }

  /// From now on a write to the elements faults as well: for inputs.
  void make_read_only() noexcept {
    if (mprotect(inner(), inner_, PROT_READ) != 0) std::abort();
  }
  void make_writable() noexcept {
    if (mprotect(inner(), inner_, PROT_READ | PROT_WRITE) != 0) std::abort();
  }
  /// True if no byte beside the elements was overwritten.
  [[nodiscard]] bool intact() const noexcept {
    auto const* const bytes = here_.base + page_;
    for (std::size_t i = 0; i != inner_; ++i)
      if ((i < offset_ || i >= offset_ + used_) && bytes[i] != 0xFF) return false;
    return true;
  }

 private:
  [[nodiscard]] unsigned char* inner() noexcept { return here_.base + page_; }
  void link() noexcept {
    here_.next = detail::all_mappings;
    if (here_.next != nullptr) here_.next->previous = &here_;
    detail::all_mappings = &here_;
  }

  lacuna::index size_ = 0;
  std::size_t used_ = 0;   // bytes of the elements
  std::size_t page_ = 0;   // bytes of a page
  std::size_t inner_ = 0;  // bytes of the reachable pages
  std::size_t offset_ = 0;
  T* data_ = nullptr;
  detail::mapping here_;
};

/// Runs f and tells whether it touched a guard page (or wrote to read-only elements) of some `guarded`; f is then left
/// at once, without running destructors, so it must own nothing. Other faults end the program as ever. Meant for
/// kernels that must be caught: a test of a sound kernel calls it directly, and a fault is its failure.
template <class F>
[[nodiscard]] bool faults(F&& f) {
  struct sigaction handler{};
  handler.sa_sigaction = detail::on_fault;
  handler.sa_flags = SA_SIGINFO;
  sigemptyset(&handler.sa_mask);
  static struct sigaction old_segv, old_bus;  // static: locals would be lost by the jump
  sigaction(SIGSEGV, &handler, &old_segv);
  sigaction(SIGBUS, &handler, &old_bus);
  sigjmp_buf target;
  bool const hit = sigsetjmp(target, 1) != 0;
  if (!hit) {
    detail::jump_target = &target;
    // The handler reads what the compiler takes for unused: no access of f may pass the assignments.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::forward<F>(f)();
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  detail::jump_target = nullptr;
  sigaction(SIGSEGV, &old_segv, nullptr);
  sigaction(SIGBUS, &old_bus, nullptr);
  return hit;
}

}  // namespace lacuna_test
