// SPDX-License-Identifier: MIT
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/attend/decode_ahead.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <type_traits>
#include <vector>

namespace la = lacuna;

namespace {

struct tiles {
  std::vector<float> numbers = std::vector<float>(128 * 128);
  la::kernel::decode_slots<float, float> now, next;
  tiles() {
    now.count = 64;
    for (la::index j = 0; j != 64; ++j) {
      now.key[j] = numbers.data() + j * 128;
      next.key[j] = numbers.data() + (64 + j) * 128;
    }
  }
  /// The row that is asked for while row j is read, or the last one that is where they are four.
  template <int N>
  la::index row(la::index from, la::index j) const {
    la::kernel::decode_ahead<float, 32> const ahead(now, now.key, from, next, next.key, 128);
    return (ahead.rows<N>(j).row[N - 1] - numbers.data()) / 128;
  }
};

}  // namespace

TEST_CASE("decode_ahead: rows of streams 6 KB ahead, in this tile and the next") {
  tiles t;
  t.next.count = 64;
  t.next.streams = true;
  CHECK(t.row<1>(0, 0) == 12);
  CHECK(t.row<4>(16, 4) == 35);
  CHECK(t.row<1>(48, 3) == 63);
  CHECK(t.row<1>(48, 4) == 64);
  CHECK(t.row<4>(48, 12) == 75);
}

TEST_CASE("decode_ahead: rows that are read in order are asked for from their first line to their last") {
  la::index next = 0;
  for (la::index column = 0; column != 128; column += 32)
    for (la::index c = 0; c != 4; ++c, next += 32 * 4)
      CHECK(la::kernel::decode_ahead<float, 32>::asked<4>::in_order(c, column) == next);
  CHECK(next == 4 * 128 * 4);
  CHECK(la::kernel::decode_ahead<la::bf16, 8>::asked<1>::in_order(0, 24) == 48);
}

TEST_CASE("decode_ahead: rows that stand apart a tile ahead or 16 rows, the last of a short tile more than once") {
  tiles t;
  t.next.count = 40;
  la::index const ahead = la::kernel::decode_in_order ? 16 : 64;
  CHECK(t.row<1>(0, 0) == ahead);
  CHECK(t.row<1>(48, 3) == std::min<la::index>(64 + 39, 51 + ahead));
  CHECK(t.row<4>(16, 8) == 27 + ahead);
  t.next.count = 5;
  CHECK(t.row<4>(48, 4) == 64 + 4);
  CHECK(t.row<1>(48, 15) == 64 + 4);
}

TEST_CASE("decode_ahead: no row behind the last tile") {
  tiles t;
  t.now.streams = true;
  t.next.count = 0;
  t.next.streams = false;
  CHECK(t.row<1>(0, 7) == 19);
  CHECK(t.row<1>(48, 4) == 52);
  CHECK(t.row<4>(48, 12) == 63);
  t.now.streams = false;  // rows that stand apart are asked for one by one, at their distance
  CHECK(t.row<1>(0, 7) == (la::kernel::decode_in_order ? 23 : 19));
  CHECK(t.row<1>(48, 4) == 52);
}

TEST_CASE("decode_ahead: behind a short tile the next, and no row of neither") {
  tiles t;
  t.now.streams = true;
  t.now.count = 20;
  for (la::index j = 32; j != 64; ++j) t.now.key[j] = nullptr;  // as many as are not filled
  t.next.count = 0;
  t.next.streams = false;
  CHECK(t.row<1>(16, 3) == 31);
  CHECK(t.row<1>(16, 4) == 20);
  CHECK(t.row<4>(16, 12) == 31);
  t.next.count = 64;
  t.next.streams = true;
  CHECK(t.row<1>(16, 3) == 31);
  CHECK(t.row<1>(16, 4) == 64);
  CHECK(t.row<4>(16, 12) == 75);
}

TEST_CASE("decode_ahead: the first group asks for rows, the others for none") {
  tiles t;
  t.next.count = 64;
  t.next.streams = true;
  la::kernel::decode_ahead<float, 32> const ahead(t.now, t.now.key, 0, t.next, t.next.key, 128);
  CHECK(la::kernel::ahead_from(std::true_type{}, 16, ahead).rows<1>(3).row[0] == t.now.key[31]);
  auto const none = la::kernel::ahead_from(std::false_type{}, 16, ahead);
  STATIC_REQUIRE(std::is_same_v<decltype(none), la::kernel::nothing_ahead const>);
  STATIC_REQUIRE(std::is_same_v<decltype(none.rows<4>(3)), la::kernel::nothing_ahead>);
  STATIC_REQUIRE(
      std::is_same_v<decltype(la::kernel::ahead_from(std::true_type{}, 0, none)), la::kernel::nothing_ahead>);
}
