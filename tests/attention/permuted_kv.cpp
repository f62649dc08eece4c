// SPDX-License-Identifier: MIT
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/attention/permuted_kv.hpp>

#include "../support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("permuted_kv: token t is that of number ids[t]") {
  using dense = at::dense_kv<float>;
  STATIC_REQUIRE(at::kv_source<at::permuted_kv<dense>>);
  std::vector<float> x(1000);
  dense const source({x.data(), 2, 6, 3, 18, 3}, {x.data() + 500, 2, 6, 4, 4, 8});
  std::vector<std::int32_t> const ids{5, 0, 3, 3, 1, 4, 2};
  at::permuted_kv const kv(source, ids);
  CHECK(kv.tokens() == 7);
  CHECK(kv.heads() == 2);
  CHECK(kv.key_dim() == 3);
  CHECK(kv.value_dim() == 4);
  for (la::index head = 0; head != 2; ++head)
    for (la::index first = 0; first <= 7; ++first)
      for (la::index count = 0; first + count <= 7; ++count) {
        float const *k[9] = {}, *v[9] = {}, *k2[9] = {}, *v2[9] = {};
        std::int32_t list[9] = {};
        for (la::index t = 0; t != count; ++t) list[t] = static_cast<std::int32_t>(first + (t * 5 + 1) % count);
        kv.key_rows(head, first, count, k);
        kv.value_rows(head, first, count, v);
        kv.key_rows(head, list, count, k2);
        kv.value_rows(head, list, count, v2);
        for (la::index t = 0; t != count; ++t) {
          auto const id = ids[static_cast<std::size_t>(first + t)], other = ids[static_cast<std::size_t>(list[t])];
          REQUIRE(k[t] == x.data() + head * 18 + id * 3);
          REQUIRE(v[t] == x.data() + 500 + head * 4 + id * 8);
          REQUIRE(k2[t] == x.data() + head * 18 + other * 3);
          REQUIRE(v2[t] == x.data() + 500 + head * 4 + other * 8);
        }
        REQUIRE((k[count] == nullptr && v[count] == nullptr && k2[count] == nullptr && v2[count] == nullptr));
      }
}

TEST_CASE("permuted_kv: tokens that follow each other stand anywhere") {
  std::vector<float> const x(100);
  at::dense_kv<float> const source({x.data(), 1, 6, 3, 18, 3}, {x.data(), 1, 6, 3, 18, 3});
  std::vector<std::int32_t> const ids{2, 0};
  CHECK(at::contiguous_rows(source, 0, 2));
  CHECK_FALSE(at::contiguous_rows(at::permuted_kv(source, ids), 0, 2));
}

#if LACUNA_EXCEPTIONS
TEST_CASE("permuted_kv: an id of no token is an error") {
  std::vector<float> x(100);
  auto const make = [&](std::int32_t id) {
    return [&, id] {
      std::int32_t const ids[] = {0, id};
      return at::permuted_kv(at::dense_kv<float>({x.data(), 1, 6, 3, 18, 3}, {x.data(), 1, 6, 3, 18, 3}), ids);
    };
  };
  using lacuna_test::message_of;
  CHECK(message_of<la::value_error>(make(5)) == "no error");
  CHECK(message_of<la::value_error>(make(6)) == "permuted_kv: id 1 is token 6, expected 0 <= token < 6");
  CHECK(message_of<la::value_error>(make(-1)) == "permuted_kv: id 1 is token -1, expected 0 <= token < 6");
}
#endif
