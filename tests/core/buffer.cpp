// SPDX-License-Identifier: MIT
#include <lacuna/core/buffer.hpp>

#include "support/allocations.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace la = lacuna;

TEMPLATE_TEST_CASE("buffer: elements are zero, aligned to 64 bytes, with 64 readable zero bytes behind", "",
                   std::int8_t, float, double, std::uint64_t) {
  for (auto const n : lacuna_test::sizes) {
    CAPTURE(n);
    la::buffer<TestType> b(n);
    CHECK(b.size() == n);
    CHECK(b.bytes() == n * static_cast<la::index>(sizeof(TestType)));
    CHECK(b.end() - b.begin() == n);
    CHECK(b.span().size() == static_cast<std::size_t>(n));
    if (n == 0) continue;
    CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % 64 == 0);
    auto const* const bytes = reinterpret_cast<unsigned char const*>(b.data());
    CHECK(std::all_of(bytes, bytes + b.bytes() + 64, [](unsigned char byte) { return byte == 0; }));
  }
}

TEST_CASE("buffer: of elements that the caller is to write only what is behind them is zero") {
  for (la::index const n : {0, 1, 7, 100, 2 << 20}) {
    la::buffer<float> b(n, la::detail::unwritten);
    CHECK(b.size() == n);
    if (n == 0) continue;
    b[n - 1] = 3;
    auto const* const bytes = reinterpret_cast<unsigned char const*>(b.end());
    CHECK(std::all_of(bytes, bytes + 64, [](unsigned char byte) { return byte == 0; }));
    auto const copy = b;
    auto const* const behind = reinterpret_cast<unsigned char const*>(copy.end());
    CHECK((copy[n - 1] == 3 && std::all_of(behind, behind + 64, [](unsigned char byte) { return byte == 0; })));
  }
}

TEST_CASE("buffer: nothing is allocated for no elements") {
  CHECK(lacuna_test::allocations_during([] { la::buffer<float> b(0); }) == 0);
  CHECK(lacuna_test::allocations_during([] { la::buffer<float> b; }) == 0);
  la::buffer<float> const b;
  CHECK(b.data() == nullptr);
  CHECK(b.begin() == b.end());
}

TEST_CASE("buffer: a copy is another piece of memory with the same elements") {
  std::array<int, 3> const source{1, 2, 3};
  la::buffer<int> a{std::span<int const>(source)};
  auto b = a;
  b[1] = 7;
  CHECK(std::equal(a.begin(), a.end(), source.begin()));
  CHECK(b[1] == 7);
  CHECK(a.data() != b.data());
  a = b;
  CHECK(a[1] == 7);
  CHECK(a.data() != b.data());
  auto const& self = a;
  a = self;
  CHECK(a[1] == 7);
  CHECK(la::buffer<int>{std::span<int const>()}.size() == 0);
}

TEST_CASE("buffer: moving hands the memory over and leaves the source empty") {
  la::buffer<int> a(5);
  a[4] = 9;
  auto const* const memory = a.data();
  la::index allocated = 0;
  la::buffer<int> c(2);
  allocated = lacuna_test::allocations_during([&] {
    la::buffer<int> b(std::move(a));
    c = std::move(b);
  });
  CHECK(allocated == 0);
  CHECK(c.data() == memory);
  CHECK(c.size() == 5);
  CHECK(c[4] == 9);
  CHECK(a.size() == 0);  // NOLINT(bugprone-use-after-move): what is left is the subject
  CHECK(a.data() == nullptr);
  static_assert(std::is_nothrow_move_constructible_v<la::buffer<int>>);
}

TEST_CASE("buffer: a size in bytes that does not fit is a format_error, one that is too large bad_alloc") {
  constexpr auto largest = std::numeric_limits<la::index>::max();
  CHECK_THROWS_AS(la::buffer<double>(largest / 8 + 1), la::format_error);
  CHECK_THROWS_AS(la::buffer<double>(largest / 8), la::format_error);  // the tail no longer fits
  CHECK_THROWS_AS(la::buffer<char>(largest), la::format_error);
  CHECK_THROWS_AS(la::buffer<char>(largest - 64), std::bad_alloc);
}

TEST_CASE("buffer: a failed allocation leaves the target of an assignment as it was") {
  la::buffer<int> a(3);
  a[0] = 5;
  la::buffer<int> const b(4);
  lacuna_test::fail_allocation(1);
  CHECK_THROWS_AS(a = b, std::bad_alloc);
  lacuna_test::fail_allocation(0);
  CHECK(a.size() == 3);
  CHECK(a[0] == 5);
}
