// SPDX-License-Identifier: MIT
#include <lacuna/attention/concat_kv.hpp>
#include <lacuna/attention/dense_kv.hpp>

#include "../support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("concat_kv: the tokens of the second stand behind those of the first") {
  using dense = at::dense_kv<float>;
  STATIC_REQUIRE(at::kv_source<at::concat_kv<dense, dense>>);
  std::vector<float> x(1000);
  auto const part = [&](la::index at, la::index tokens) {
    return dense({x.data() + at, 2, tokens, 3, tokens * 3, 3}, {x.data() + at + 100, 2, tokens, 4, tokens * 4, 4});
  };
  for (la::index const first : {0, 1, 5})
    for (la::index const second : {0, 1, 3}) {
      at::concat_kv const kv(part(0, first), part(500, second));
      CHECK(kv.tokens() == first + second);
      CHECK(kv.heads() == 2);
      CHECK(kv.key_dim() == 3);
      CHECK(kv.value_dim() == 4);
      auto const key = [&](la::index head, la::index t) {
        return t < first ? x.data() + (head * first + t) * 3 : x.data() + 500 + (head * second + t - first) * 3;
      };
      auto const value = [&](la::index head, la::index t) {
        return t < first ? x.data() + 100 + (head * first + t) * 4 : x.data() + 600 + (head * second + t - first) * 4;
      };
      for (la::index head = 0; head != 2; ++head)
        for (la::index begin = 0; begin <= kv.tokens(); ++begin)
          for (la::index count = 0; begin + count <= kv.tokens(); ++count) {
            float const *k[9] = {}, *v[9] = {}, *k2[9] = {}, *v2[9] = {};
            std::int32_t ids[9] = {};
            for (la::index t = 0; t != count; ++t) ids[t] = static_cast<std::int32_t>(begin + (t * 5 + 1) % count);
            kv.key_rows(head, begin, count, k);
            kv.value_rows(head, begin, count, v);
            kv.key_rows(head, ids, count, k2);
            kv.value_rows(head, ids, count, v2);
            for (la::index t = 0; t != count; ++t) {
              REQUIRE(k[t] == key(head, begin + t));
              REQUIRE(v[t] == value(head, begin + t));
              REQUIRE(k2[t] == key(head, ids[t]));
              REQUIRE(v2[t] == value(head, ids[t]));
            }
            REQUIRE((k[count] == nullptr && v[count] == nullptr && k2[count] == nullptr && v2[count] == nullptr));
          }
    }
}

TEST_CASE("concat_kv: rows without gaps are those of a part that says so") {
  std::vector<float> const x(100);
  at::dense_kv<float> const tight({x.data(), 1, 4, 3, 0, 3}, {x.data(), 1, 4, 3, 0, 3});
  at::dense_kv<float> const apart({x.data(), 1, 5, 3, 0, 4}, {x.data(), 1, 5, 3, 0, 3});
  at::concat_kv const before(tight, apart), behind(apart, tight);
  CHECK(before.contiguous(0, 4));
  CHECK_FALSE(before.contiguous(3, 2));
  CHECK_FALSE(before.contiguous(4, 2));
  CHECK(behind.contiguous(5, 4));
  CHECK_FALSE(behind.contiguous(4, 2));
  CHECK_FALSE(behind.contiguous(0, 2));
  CHECK_FALSE(at::concat_kv(tight, tight).contiguous(3, 2));
}

#if LACUNA_EXCEPTIONS
TEST_CASE("concat_kv: parts of different heads or dimensions are an error") {
  std::vector<float> x(1000);
  auto const make = [&](la::index heads, la::index key_dim, la::index value_dim) {
    return [&, heads, key_dim, value_dim] {
      at::dense_kv<float> const a({x.data(), 2, 5, 3, 15, 3}, {x.data(), 2, 5, 4, 20, 4});
      at::dense_kv<float> const b({x.data(), heads, 7, key_dim, 0, 0}, {x.data(), heads, 7, value_dim, 0, 0});
      return at::concat_kv(a, b);
    };
  };
  using lacuna_test::message_of;
  CHECK(message_of<la::shape_error>(make(2, 3, 4)) == "no error");
  CHECK(message_of<la::shape_error>(make(1, 3, 4)) ==
        "concat_kv: the first part has 2 heads of 3 and 4 dimensions, the second 1 of 3 and 4");
  CHECK(message_of<la::shape_error>(make(2, 2, 4)) ==
        "concat_kv: the first part has 2 heads of 3 and 4 dimensions, the second 2 of 2 and 4");
  CHECK(message_of<la::shape_error>(make(2, 3, 5)) ==
        "concat_kv: the first part has 2 heads of 3 and 4 dimensions, the second 2 of 3 and 5");
}
#endif
