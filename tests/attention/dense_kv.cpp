// SPDX-License-Identifier: MIT
#include <lacuna/attention/dense_kv.hpp>

#include "../support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <type_traits>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("dense_kv: addresses of rows, in order or by number") {
  STATIC_REQUIRE(at::kv_source<at::dense_kv<float>>);
  STATIC_REQUIRE(at::kv_source<at::dense_kv<float, double>>);
  std::vector<float> k(2 * 5 * 3);
  std::vector<double> v(2 * 5 * 7);
  at::dense_kv<float, double> const kv({k.data(), 2, 5, 3, 3, 6}, {v.data(), 2, 5, 7, 35, 7});
  CHECK(kv.tokens() == 5);
  CHECK(kv.heads() == 2);
  CHECK(kv.key_dim() == 3);
  CHECK(kv.value_dim() == 7);

  float const* keys[3] = {};
  double const* values[3] = {};
  kv.key_rows(1, 2, 2, keys);
  kv.value_rows(1, 2, 2, values);
  CHECK(keys[0] == k.data() + 3 + 12);
  CHECK(keys[1] == k.data() + 3 + 18);
  CHECK(keys[2] == nullptr);
  CHECK(values[0] == v.data() + 35 + 14);
  CHECK(values[1] == v.data() + 35 + 21);
  CHECK(values[2] == nullptr);

  std::int32_t const ids[] = {4, 0, 4};
  kv.key_rows(0, ids, 3, keys);
  kv.value_rows(0, ids, 3, values);
  for (int n = 0; n != 3; ++n) {
    CHECK(keys[n] == k.data() + ids[n] * 6);
    CHECK(values[n] == v.data() + ids[n] * 7);
  }
  kv.key_rows(0, 5, 0, keys);  // none
  CHECK(keys[0] == k.data() + 24);
}

TEST_CASE("dense_kv: rows without gaps") {
  std::vector<float> const x(100);
  auto const contiguous = [&](la::index key_stride, la::index value_stride) {
    return at::dense_kv<float>({x.data(), 2, 5, 3, 40, key_stride}, {x.data(), 2, 5, 4, 40, value_stride})
        .contiguous(1, 3);
  };
  CHECK(contiguous(3, 4));
  CHECK_FALSE(contiguous(4, 4));
  CHECK_FALSE(contiguous(3, 8));
}

#if LACUNA_EXCEPTIONS
TEST_CASE("dense_kv: keys and values of different counts are an error") {
  std::vector<float> x(100);
  auto const make = [&](la::index heads, la::index tokens) {
    return [&, heads, tokens] {
      return at::dense_kv<float>({x.data(), 2, 5, 3, 3, 6}, {x.data(), heads, tokens, 4, 0, 0});
    };
  };
  CHECK(lacuna_test::message_of<la::shape_error>(make(2, 5)) == "no error");
  CHECK(lacuna_test::message_of<la::shape_error>(make(1, 5)) ==
        "dense_kv: k has 2 heads of 5 tokens, v has 1 heads of 5");
  CHECK(lacuna_test::message_of<la::shape_error>(make(2, 6)) ==
        "dense_kv: k has 2 heads of 5 tokens, v has 2 heads of 6");
}
#endif

TEST_CASE("dense_kv: keys and values that are written to are read as well") {
  std::vector<float> k(2 * 5 * 3);
  std::vector<double> v(2 * 5 * 7);
  at::dense_kv const kv(la::heads_view<float>::tokens_first(k.data(), 2, 5, 3),
                        la::heads_view<double const>::heads_first(v.data(), 2, 5, 7));
  STATIC_REQUIRE(std::is_same_v<decltype(kv), at::dense_kv<float, double> const>);
  float const* key = nullptr;
  double const* value = nullptr;
  kv.key_rows(1, 2, 1, &key);
  kv.value_rows(1, 2, 1, &value);
  CHECK(key == k.data() + 3 + 12);
  CHECK(value == v.data() + 35 + 14);
}
