// SPDX-License-Identifier: MIT
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/attend/decode_ahead.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace la = lacuna;

namespace {

/// f for rows that are read in order, and for others, whatever the machine.
template <class F>
void for_both(F const& f) {
  f(std::true_type{});
  f(std::false_type{});
}

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
  template <bool InOrder, int N>
  la::index row(la::index from, la::index j, la::index block = 16) const {
    la::kernel::decode_ahead<float, 32, InOrder> const ahead(now, now.key, from, block, next, next.key, 128);
    return (ahead.template rows<N>(j).row[N - 1] - numbers.data()) / 128;
  }
};

}  // namespace

TEST_CASE("decode_ahead: rows of streams 6 KB ahead, or the next block, in this tile and the next") {
  for_both([](auto order) {
    constexpr bool in_order = decltype(order)::value;
    tiles t;
    t.next.count = 64;
    t.next.streams = true;
    la::index const ahead = in_order ? 8 : 12;
    CHECK(t.row<in_order, 1>(0, 0, 8) == ahead);
    CHECK(t.row<in_order, 4>(16, 4, 8) == 23 + ahead);
    CHECK(t.row<in_order, 1>(48, 15 - ahead, 8) == 63);
    CHECK(t.row<in_order, 1>(48, 16 - ahead, 8) == 64);
    CHECK(t.row<in_order, 4>(48, 12, 8) == 63 + ahead);
    CHECK(t.row<in_order, 1>(48, 4) == (in_order ? 68 : 64));  // blocks of 16
  });
}

TEST_CASE("decode_ahead: narrow rows 4 KB ahead where they are read in order, wide ones a block") {
  tiles t;
  t.next.count = 64;
  t.next.streams = true;
  auto const ahead = [&](la::index block, la::index dim) {
    la::kernel::decode_ahead<float, 32, true> const a(t.now, t.now.key, 0, block, t.next, t.next.key, dim);
    return (a.rows<1>(0).row[0] - t.numbers.data()) / 128;
  };
  CHECK(ahead(16, 64) == 16);
  CHECK(ahead(16, 32) == 32);
  CHECK(ahead(16, 1) == 32);
  CHECK(ahead(16, 0) == 16);
  CHECK(ahead(8, 1000) == 8);
  CHECK(ahead(8, 114) == 8);   // 8 rows of 456 bytes are 4 KB, rounded down
  CHECK(ahead(8, 113) == 16);  // 9 of 452, of which 8 are whole blocks
  CHECK(ahead(8, 60) == 24);
  CHECK(ahead(16, 60) == 32);
  CHECK(ahead(8, 40) == 32);
}

TEST_CASE("decode_ahead: rows of whole tiles by the address of the first") {
  for (int which = 0; which != 4; ++which) {
    tiles t;
    t.next.count = 64;
    t.now.streams = t.next.streams = true;
    t.now.whole = which % 2 != 0;
    t.next.whole = which / 2 != 0;
    for (la::index j = 1; j != 64; ++j) {
      if (t.now.whole) t.now.key[j] = nullptr;
      if (t.next.whole) t.next.key[j] = nullptr;
    }
    CHECK(t.row<true, 1>(16, 3, 8) == 27);
    CHECK(t.row<true, 4>(48, 0, 8) == 59);
    CHECK(t.row<true, 1>(56, 3, 8) == 67);
    CHECK(t.row<true, 4>(48, 12) == 79);
    t.next.count = 0;
    CHECK(t.row<true, 1>(56, 3, 8) == 59);
  }
}

namespace {

struct kind {
  bool whole = false;
  float const* row = nullptr;
  template <class T, int Width>
  void operator()(la::kernel::decode_block_ahead<T, Width> const& a) {
    whole = true;
    row = a.template rows<1>(3).row;
  }
  template <class T, int Width, bool InOrder>
  void operator()(la::kernel::decode_ahead<T, Width, InOrder> const& a) {
    row = a.template rows<1>(3).row[0];
  }
};

}  // namespace

TEST_CASE("decode_ahead: a block whose rows stand one behind the other is asked for as a whole, in order") {
  for_both([](auto order) {
    constexpr bool in_order = decltype(order)::value;
    tiles t;
    t.next.count = 64;
    t.next.streams = true;
    auto const asked = [&](la::index from) {
      kind k;
      la::kernel::decode_ahead<float, 32, in_order>(t.now, t.now.key, from, 8, t.next, t.next.key, 128)
          .simplest([&](auto const& a) { k(a); });
      return k;
    };
    CHECK(asked(16).whole == in_order);
    CHECK(asked(16).row == t.now.key[in_order ? 27 : 31]);
    CHECK(asked(56).whole == in_order);
    CHECK(asked(56).row == t.next.key[in_order ? 3 : 7]);
    std::swap(t.now.key[0], t.now.key[31]);
    CHECK_FALSE(asked(16).whole);
    CHECK(asked(24).whole == in_order);
  });
}

namespace {

/// Asks for what two rows of sums after two others ask for, pair by pair, tiles of 4 pairs, then of one: each line
/// once, in order.
template <class T, int Width, int Parts>
void check_pieces(la::index dim, la::index count) {
  la::kernel::decode_block_ahead<T, Width> const ahead(nullptr, dim);
  la::index next = 0;
  auto const pass = [&](auto pairs, auto const& share, la::index column) {
    constexpr int n = decltype(pairs)::value;
    constexpr la::index bytes = Width * static_cast<la::index>(sizeof(T)) / Parts;
    for (la::index j = 0; j != count; ++j)
      for (la::index m = 0; m != n; ++m) {
        auto const lines = share.template piece<n>(j, column);
        if (!lines.any(m)) continue;
        REQUIRE(lines.first(m) == next);
        next += (std::max(bytes >= 64 ? bytes : n * bytes, la::index{64}) + 63) / 64 * 64;
      }
  };
  for (la::index part = 0; part != Parts; ++part) {
    la::kernel::decode_share<decltype(ahead), Parts> const share(ahead, part, count);
    la::index column = 0;
    for (; dim - column >= 4 * Width; column += 4 * Width) pass(std::integral_constant<int, 4>{}, share, column);
    for (; dim != column; column += Width) pass(std::integral_constant<int, 1>{}, share, column);
  }
  CHECK(next == count * dim * static_cast<la::index>(sizeof(T)));
}

}  // namespace

TEST_CASE("decode_share: each line of a block once, in the order of addresses, whatever the order of reading") {
  check_pieces<float, 32, 1>(64, 16);
  check_pieces<float, 32, 2>(128, 8);
  check_pieces<float, 32, 2>(192, 8);
  check_pieces<float, 16, 2>(96, 8);
  check_pieces<la::bf16, 32, 1>(64, 16);
  check_pieces<la::bf16, 32, 2>(160, 16);
  check_pieces<la::bf16, 16, 2>(128, 16);
  check_pieces<la::bf16, 16, 1>(80, 16);
}

TEST_CASE("decode_ahead: rows that are read in order are asked for from their first line to their last") {
  la::index next = 0;
  for (la::index column = 0; column != 128; column += 32)
    for (la::index c = 0; c != 4; ++c, next += 32 * 4)
      CHECK(la::kernel::decode_block_ahead<float, 32>::asked<4>::in_order(c, column) == next);
  CHECK(next == 4 * 128 * 4);
  using asked = la::kernel::decode_block_ahead<float, 32>::asked<4>;
  STATIC_REQUIRE(asked::spaced);
  next = 0;
  for (la::index column = 0; column != 128; column += 32)
    for (la::index c = 0; c != 4; ++c)
      for (la::index half = 0; half != 2; ++half, next += 64) CHECK(asked::in_order(c, column, half) == next);
  CHECK(la::kernel::decode_block_ahead<la::bf16, 8>::asked<1>::in_order(0, 24) == 48);
  la::kernel::decode_block_ahead<float, 32> const ahead(nullptr, 100);
  CHECK(reinterpret_cast<std::uintptr_t>(ahead.from(8).rows<4>(4).row) == 12 * 100 * 4);
}

TEST_CASE("decode_ahead: rows that stand apart a tile ahead or 16 rows, the last of a short tile more than once") {
  for_both([](auto order) {
    constexpr bool in_order = decltype(order)::value;
    tiles t;
    t.next.count = 40;
    la::index const ahead = in_order ? 16 : 64;
    CHECK(t.row<in_order, 1>(0, 0) == ahead);
    CHECK(t.row<in_order, 1>(48, 3) == std::min<la::index>(64 + 39, 51 + ahead));
    CHECK(t.row<in_order, 4>(16, 8) == 27 + ahead);
    t.next.count = 5;
    CHECK(t.row<in_order, 4>(48, 4) == 64 + 4);
    CHECK(t.row<in_order, 1>(48, 15) == 64 + 4);
  });
}

TEST_CASE("decode_ahead: no row behind the last tile") {
  for_both([](auto order) {
    constexpr bool in_order = decltype(order)::value;
    tiles t;
    t.now.streams = true;
    t.next.count = 0;
    t.next.streams = false;
    CHECK(t.row<in_order, 1>(0, 7) == (in_order ? 23 : 19));
    CHECK(t.row<in_order, 1>(48, 4) == 52);
    CHECK(t.row<in_order, 4>(48, 12) == 63);
    t.now.streams = false;  // rows that stand apart are asked for one by one, at their distance
    CHECK(t.row<in_order, 1>(0, 7) == (in_order ? 23 : 19));
    CHECK(t.row<in_order, 1>(48, 4) == 52);
  });
}

TEST_CASE("decode_ahead: behind a short tile the next, and no row of neither") {
  for_both([](auto order) {
    constexpr bool in_order = decltype(order)::value;
    tiles t;
    t.now.streams = true;
    t.now.count = 20;
    for (la::index j = 32; j != 64; ++j) t.now.key[j] = nullptr;  // as many as are not filled
    t.next.count = 0;
    t.next.streams = false;
    CHECK(t.row<in_order, 1>(16, 3) == (in_order ? 19 : 31));
    CHECK(t.row<in_order, 1>(16, 4) == 20);
    CHECK(t.row<in_order, 4>(16, 12) == 31);
    t.next.count = 64;
    t.next.streams = true;
    CHECK(t.row<in_order, 1>(16, 3) == (in_order ? 67 : 31));
    CHECK(t.row<in_order, 1>(16, 4) == (in_order ? 68 : 64));
    CHECK(t.row<in_order, 4>(16, 12) == (in_order ? 79 : 75));
  });
}

TEST_CASE("decode_ahead: the first group asks for rows, the others for none") {
  for_both([](auto order) {
    constexpr bool in_order = decltype(order)::value;
    tiles t;
    t.next.count = 64;
    t.next.streams = true;
    la::kernel::decode_ahead<float, 32, in_order> const ahead(t.now, t.now.key, 0, 16, t.next, t.next.key, 128);
    CHECK(la::kernel::ahead_from(std::true_type{}, 16, ahead).template rows<1>(3).row[0] ==
          t.now.key[in_order ? 35 : 31]);
    auto const none = la::kernel::ahead_from(std::false_type{}, 16, ahead);
    STATIC_REQUIRE(std::is_same_v<decltype(none), la::kernel::nothing_ahead const>);
    STATIC_REQUIRE(std::is_same_v<decltype(none.template rows<4>(3)), la::kernel::nothing_ahead>);
    STATIC_REQUIRE(
        std::is_same_v<decltype(la::kernel::ahead_from(std::true_type{}, 0, none)), la::kernel::nothing_ahead>);
  });
}
