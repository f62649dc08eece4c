// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/reach.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace kernel = lacuna::kernel;

TEST_CASE("attend reach: from the first to the last slot that some rows see") {
  std::vector<std::uint64_t> words(64, 0);
  words[3] = 0b1011000;
  words[4] = std::uint64_t{1} << 63;
  words[63] = 1;
  kernel::attend_reaches const reaches{words.data()};
  auto const check = [&](la::index row, la::index rows, la::index count, la::index first, la::index last) {
    auto const r = reaches(row, rows, count);
    CAPTURE(row, rows, count);
    CHECK(r.first == first);
    CHECK(r.last == last);
  };
  check(3, 1, 64, 3, 7);
  check(3, 1, 5, 3, 5);
  check(3, 2, 64, 3, 64);
  check(0, 64, 64, 0, 64);
  check(62, 12, 64, 0, 1);  // a register tile that reaches behind the last row
  CHECK(reaches(5, 6, 64).empty());
  CHECK(reaches(4, 1, 60).empty());

  auto const all = kernel::attend_reaches{}(17, 6, 40);
  CHECK(all.first == 0);
  CHECK(all.last == 40);
}
