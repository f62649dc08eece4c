// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/tile.hpp>

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;

namespace {

template <int Long>
void check_lines() {
  for (la::index n = 0; n <= 64; ++n) {
    la::index end = 0;
    la::kernel::for_each_lines<Long>(n, [&](la::index first, auto lines) {
      CHECK(first == end);
      CHECK(first < n);
      end = first + decltype(lines)::value;
    });
    CAPTURE(Long, n);
    CHECK(end >= n);
    CHECK(end < n + la::kernel::attend_tile::spare);
    if (n % 4 == 0 && (Long == 6 || n % 12 == 0 || n == 64)) CHECK(end == n);  // nothing in vain
  }
}

}  // namespace

TEST_CASE("attend tiles: lines are cut without gaps, and almost without waste") {
  check_lines<6>();
  la::index tiles = 0;
  la::kernel::for_each_lines<6>(64, [&](la::index, auto) { ++tiles; });
  CHECK(tiles == 11);
  check_lines<8>();
  check_lines<12>();
}

TEST_CASE("attend tiles: strips cover whole registers, the widest first") {
  for (la::index n = 0; n <= 24; ++n) {
    la::index end = 0;
    int last = 4;
    la::kernel::for_each_strip<4>(n * 8, 8, [&](la::index first, auto registers) {
      constexpr int count = decltype(registers)::value;
      CHECK(first == end);
      CHECK(count <= last);
      last = count;
      end = first + count * 8;
    });
    CHECK(end == n * 8);
  }
  CHECK(la::kernel::attend_rounded(17, 16) == 32);
  CHECK(la::kernel::attend_rounded(0, 16) == 0);
}
