// SPDX-License-Identifier: MIT
#include <lacuna/core/growing.hpp>

#include <catch2/catch_test_macros.hpp>

#include <span>
#include <utility>
#include <vector>

namespace la = lacuna;

TEST_CASE("growing: holds what was appended, one by one or several at once") {
  la::growing<int> g;
  std::vector<int> expected;
  CHECK(g.empty());
  for (int n = 0; n != 300; ++n) {
    g.push_back(n);
    expected.push_back(n);
    if (n % 50 == 7) {
      std::vector<int> const more(static_cast<std::size_t>(n), -n);
      g.append(more);
      expected.insert(expected.end(), more.begin(), more.end());
    }
    REQUIRE(g.size() == static_cast<la::index>(expected.size()));
    REQUIRE(g[g.size() - 1] == expected.back());
  }
  for (la::index i = 0; i != g.size(); ++i) REQUIRE(g[i] == expected[static_cast<std::size_t>(i)]);
  g.append({});
  CHECK(g.size() == static_cast<la::index>(expected.size()));
  CHECK(g.span().size() == expected.size());
  CHECK(g.span().data() == g.data());
}

TEST_CASE("growing: is copied, moved, filled and cut off") {
  la::growing<float> a(3, 2.5f);
  CHECK(a.size() == 3);
  CHECK(a[2] == 2.5f);
  la::growing<float> b = a;
  b[0] = 1;
  CHECK(a[0] == 2.5f);
  b.shrink(1);
  CHECK(b.size() == 1);
  b.push_back(7);
  CHECK(b[1] == 7);
  la::growing<float> c = std::move(b);
  CHECK(c.size() == 2);
  CHECK(b.size() == 0);  // NOLINT(bugprone-use-after-move)
  b.push_back(4);
  CHECK(b[0] == 4);
  a = c;
  CHECK(a.size() == 2);
  CHECK(a[1] == 7);
  la::growing<float> const from(std::span<float const>(c.span()));
  CHECK(from.size() == 2);
}

TEST_CASE("growing: reserved room is not allocated again") {
  la::growing<int> g;
  g.reserve(100);
  auto const* const place = g.data();
  for (int n = 0; n != 100; ++n) g.push_back(n);
  CHECK(g.data() == place);
}
