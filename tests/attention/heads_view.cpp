// SPDX-License-Identifier: MIT
#include <lacuna/attention/heads_view.hpp>

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <type_traits>
#include <vector>

namespace la = lacuna;

TEST_CASE("heads_view: both usual orders of heads and tokens are views of one array") {
  std::vector<int> numbers(2 * 3 * 4);
  for (std::size_t n = 0; n != numbers.size(); ++n) numbers[n] = static_cast<int>(n);
  auto const tokens_first = la::heads_view<int>::tokens_first(numbers.data(), 2, 3, 4);
  auto const heads_first = la::heads_view<int>::heads_first(numbers.data(), 2, 3, 4);
  for (la::index h = 0; h != 2; ++h)
    for (la::index t = 0; t != 3; ++t)
      for (la::index d = 0; d != 4; ++d) {
        CHECK(tokens_first.row(h, t)[d] == t * 8 + h * 4 + d);
        CHECK(heads_first.row(h, t)[d] == h * 12 + t * 4 + d);
        CHECK(tokens_first.head(h)(t, d) == tokens_first.row(h, t)[d]);
        CHECK(heads_first.head(h)(t, d) == heads_first.row(h, t)[d]);
      }
  CHECK(tokens_first.head(1).rows() == 3);
  CHECK(tokens_first.head(1).cols() == 4);
  tokens_first.row(1, 2)[3] = -1;
  CHECK(numbers[2 * 8 + 4 + 3] == -1);
}

TEST_CASE("heads_view: it can be made read-only, and not the other way") {
  STATIC_REQUIRE(std::convertible_to<la::heads_view<float>, la::heads_view<float const>>);
  STATIC_REQUIRE(!std::convertible_to<la::heads_view<float const>, la::heads_view<float>>);
  STATIC_REQUIRE(std::same_as<la::heads_view<float const>::value_type, float>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<la::heads_view<float>>);
  float one[6] = {};
  la::heads_view<float> const writable{one, 1, 2, 3, 6, 3};
  la::heads_view<float const> const readable = writable;
  CHECK(readable.data == one);
  CHECK(readable.heads == 1);
  CHECK(readable.tokens == 2);
  CHECK(readable.dim == 3);
  CHECK(readable.head_stride == 6);
  CHECK(readable.token_stride == 3);
  CHECK(la::heads_view<float>{}.heads == 0);
}
