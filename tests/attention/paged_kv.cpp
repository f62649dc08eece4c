// SPDX-License-Identifier: MIT
#include <lacuna/attention/paged_kv.hpp>

#include "../support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

namespace {

/// Compares all ways to ask for rows with where they should be.
template <class S, class K, class V>
void check_rows(S const& kv, K const& key, V const& value) {
  for (la::index head = 0; head != kv.heads(); ++head)
    for (la::index first = 0; first <= kv.tokens(); ++first)
      for (la::index count = 0; first + count <= kv.tokens(); ++count) {
        std::vector<float const*> k(static_cast<std::size_t>(count) + 1), v(k);
        std::vector<float const*> k2(k), v2(k);
        std::vector<std::int32_t> ids;
        for (la::index t = 0; t != count; ++t) ids.push_back(static_cast<std::int32_t>(first + t * 7 % count));
        kv.key_rows(head, first, count, k.data());
        kv.value_rows(head, first, count, v.data());
        kv.key_rows(head, ids.data(), count, k2.data());
        kv.value_rows(head, ids.data(), count, v2.data());
        for (std::size_t t = 0; t != ids.size(); ++t) {
          REQUIRE(k[t] == key(head, first + static_cast<la::index>(t)));
          REQUIRE(v[t] == value(head, first + static_cast<la::index>(t)));
          REQUIRE(k2[t] == key(head, ids[t]));
          REQUIRE(v2[t] == value(head, ids[t]));
        }
        REQUIRE(k.back() == nullptr);
        REQUIRE(v.back() == nullptr);
        REQUIRE(k2.back() == nullptr);
        REQUIRE(v2.back() == nullptr);
      }
}

}  // namespace

TEST_CASE("paged_kv: tokens stand in the blocks that the table names, whatever the strides") {
  STATIC_REQUIRE(at::kv_source<at::paged_kv<float>>);
  STATIC_REQUIRE(at::kv_source<at::paged_kv<float, double>>);
  std::vector<float> pool(1000);
  std::int32_t const table[] = {3, 0, 3, 4, 77};  // the last is behind the tokens, the third is the first again
  auto const k = at::paged_view<float const>::packed(pool.data(), 5, 2, 4, 3);
  at::paged_view<float const> const v{pool.data() + 500, 5, 2, 4, 2, 70, 2, 11};  // blocks x block x heads x dim, gaps
  at::paged_kv<float> const kv(k, v, table, 13);
  CHECK(kv.tokens() == 13);
  CHECK(kv.heads() == 2);
  CHECK(kv.key_dim() == 3);
  CHECK(kv.value_dim() == 2);
  check_rows(
      kv, [&](la::index head, la::index t) { return pool.data() + table[t / 4] * 24 + head * 12 + t % 4 * 3; },
      [&](la::index head, la::index t) { return pool.data() + 500 + table[t / 4] * 70 + head * 2 + t % 4 * 11; });
  // A block that is larger than any list of ids can name.
  auto const whole = at::paged_view<float const>{pool.data(), 1, 1, la::index{1} << 32, 3, 0, 0, 3};
  at::paged_kv<float> const one(whole, whole, std::span<std::int32_t const>(table + 1, 1), 9);
  auto const row = [&](la::index, la::index t) { return pool.data() + t * 3; };
  check_rows(one, row, row);
  at::paged_kv<float> const none({}, {}, {}, 0);
  check_rows(none, [](la::index, la::index) { return nullptr; }, [](la::index, la::index) { return nullptr; });
}

TEST_CASE("paged_kv: rows of a block without gaps") {
  std::vector<float> const pool(1000);
  std::int32_t const table[] = {1, 2, 0};
  auto const tight = at::paged_view<float const>::packed(pool.data(), 3, 2, 4, 3);
  auto apart = tight;
  apart.token_stride = 5;
  at::paged_kv<float> const kv(tight, tight, table, 11);
  for (la::index first = 0; first != 11; ++first)
    for (la::index count = 1; first + count <= 11; ++count)
      CHECK(kv.contiguous(first, count) == (first / 4 == (first + count - 1) / 4));
  CHECK_FALSE(at::paged_kv<float>(apart, tight, table, 11).contiguous(0, 2));
  CHECK_FALSE(at::paged_kv<float>(tight, apart, table, 11).contiguous(0, 2));
}

#if LACUNA_EXCEPTIONS
TEST_CASE("paged_kv: a page that is missing or does not exist is an error") {
  std::vector<float> pool(1000);
  auto const view = [&](la::index blocks, la::index heads, la::index block) {
    return at::paged_view<float const>::packed(pool.data(), blocks, heads, block, 3);
  };
  std::vector<std::int32_t> table{0, 4, 2};
  auto const make = [&](at::paged_view<float const> k, at::paged_view<float const> v, la::index tokens) {
    return [&table, k, v, tokens] { return at::paged_kv<float>(k, v, table, tokens); };
  };
  using lacuna_test::message_of;
  auto const good = view(5, 2, 4);
  CHECK(message_of<la::shape_error>(make(good, good, 12)) == "no error");
  CHECK(message_of<la::shape_error>(make(good, good, 13)) ==
        "paged_kv: 13 tokens stand in 4 blocks of 4, the table has 3 entries");
  CHECK(message_of<la::shape_error>(make(good, view(4, 2, 4), 12)) ==
        "paged_kv: k has 5 blocks of 2x4 tokens, v has 4 of 2x4");
  CHECK(message_of<la::shape_error>(make(good, view(5, 1, 4), 12)) ==
        "paged_kv: k has 5 blocks of 2x4 tokens, v has 5 of 1x4");
  CHECK(message_of<la::shape_error>(make(good, view(5, 2, 8), 12)) ==
        "paged_kv: k has 5 blocks of 2x4 tokens, v has 5 of 2x8");
  CHECK(message_of<la::shape_error>(make(good, good, -1)) ==
        "paged_kv: -1 tokens in blocks of 4, expected none below 0, in blocks of 1 or more");
  CHECK(message_of<la::shape_error>(make(view(5, 2, 0), view(5, 2, 0), 1)) ==
        "paged_kv: 1 tokens in blocks of 0, expected none below 0, in blocks of 1 or more");
  table[1] = 5;
  CHECK(message_of<la::value_error>(make(good, good, 12)) ==
        "paged_kv: entry 1 of the table is block 5, expected 0 <= block < 5");
  CHECK(message_of<la::value_error>(make(good, good, 4)) == "no error");
  table[1] = -1;
  CHECK(message_of<la::value_error>(make(good, good, 5)) ==
        "paged_kv: entry 1 of the table is block -1, expected 0 <= block < 5");
}
#endif

TEST_CASE("paged_kv: a pool that is written to is read as well") {
  std::vector<float> k(2 * 4 * 3), v(2 * 4 * 5);
  std::vector<std::int32_t> const table{1, 0};
  auto const keys = at::paged_view<float>::packed(k.data(), 2, 1, 4, 3);
  auto const values = at::paged_view<float>::packed(v.data(), 2, 1, 4, 5);
  at::paged_kv const kv(keys, values, table, 7);
  STATIC_REQUIRE(std::is_same_v<decltype(kv), at::paged_kv<float> const>);
  STATIC_REQUIRE(!std::is_convertible_v<at::paged_view<float const>, at::paged_view<float>>);
  check_rows(
      kv, [&](la::index, la::index t) { return k.data() + table[static_cast<std::size_t>(t / 4)] * 12 + t % 4 * 3; },
      [&](la::index, la::index t) { return v.data() + table[static_cast<std::size_t>(t / 4)] * 20 + t % 4 * 5; });
}
