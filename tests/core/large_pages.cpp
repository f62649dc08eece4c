// SPDX-License-Identifier: MIT
#include <lacuna/core/buffer.hpp>
#include <lacuna/core/large_pages.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>
#include <new>
#include <sstream>
#include <string>

namespace {

namespace la = lacuna;
using la::detail::alignment_of;
using la::detail::large_page;

[[nodiscard]] std::uintptr_t address(void const* memory) { return reinterpret_cast<std::uintptr_t>(memory); }

/// What Linux says about the memory that `memory` is part of, " hg " being the wish for large pages; empty where it
/// does not say, or has none to give.
[[nodiscard]] std::string flags_of(void const* memory) {
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled")) return {};
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t first = 0, last = 0;
    char dash = 0;
    if (words >> std::hex >> first >> dash >> last && dash == '-')
      inside = first <= address(memory) && address(memory) < last;
    if (inside && line.rfind("VmFlags:", 0) == 0) return line + " ";
  }
  return {};
}

TEST_CASE("large_pages: two of them and more are aligned to one, less to a cache line") {
  CHECK(alignment_of(0) == 64);
  CHECK(alignment_of(2 * large_page - 1) == 64);
  CHECK(alignment_of(2 * large_page) == large_page);
  CHECK(alignment_of(std::numeric_limits<std::size_t>::max()) == large_page);
}

TEST_CASE("large_pages: memory is aligned and zero, whatever was there before, on either side of the limit") {
  for (auto const bytes :
       {std::size_t{1}, std::size_t{100000}, 2 * large_page - 1, 2 * large_page, 3 * large_page + 1}) {
    CAPTURE(bytes);
    for (int turn = 0; turn != 3; ++turn) {
      auto* const memory = static_cast<unsigned char*>(la::detail::allocate_zeroed(bytes));
      CHECK(address(memory) % alignment_of(bytes) == 0);
      CHECK(std::all_of(memory, memory + bytes, [](unsigned char byte) { return byte == 0; }));
      std::memset(memory, 0xCD, bytes);
      la::detail::deallocate(memory, bytes);
    }
  }
}

TEST_CASE("large_pages: the system is asked for them, from the first to the last that is whole") {
  std::size_t const bytes = 3 * large_page + 5;
  auto* const memory = static_cast<unsigned char*>(la::detail::allocate_zeroed(bytes));
  auto const first = flags_of(memory), last = flags_of(memory + 3 * large_page - 1);
  CHECK((first.empty() || first.find(" hg ") != std::string::npos));
  CHECK((last.empty() || last.find(" hg ") != std::string::npos));
  la::detail::deallocate(memory, bytes);
}

TEST_CASE("large_pages: a buffer of megabytes begins on one, is zero to the end of its tail, and can be copied") {
  la::buffer<float> a(2 * static_cast<la::index>(large_page) / 4);
  CHECK(address(a.data()) % large_page == 0);
  auto const* const bytes = reinterpret_cast<unsigned char const*>(a.data());
  CHECK(std::all_of(bytes, bytes + a.bytes() + 64, [](unsigned char byte) { return byte == 0; }));
  a[a.size() - 1] = 3;
  auto const b = a;
  CHECK((b.data() != a.data() && address(b.data()) % large_page == 0 && b[b.size() - 1] == 3));
  la::buffer<float> const small(2 * static_cast<la::index>(large_page) / 4 - 17);  // and the tail: one float too few
  CHECK(small.size() == a.size() - 17);
}

TEST_CASE("large_pages: too much is bad_alloc") {
  CHECK_THROWS_AS(la::detail::allocate_zeroed(std::numeric_limits<std::size_t>::max() / 4), std::bad_alloc);
}

}  // namespace
