// SPDX-License-Identifier: MIT
#include <lacuna/core/shared_array.hpp>

#include <catch2/catch_test_macros.hpp>

#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace la = lacuna;

TEST_CASE("shared_array: copies share the memory, which goes with the last") {
  std::vector<int> const source{3, 1, 4};
  la::shared_array<int> copy;
  CHECK(copy.empty());
  CHECK(copy.data() == nullptr);
  {
    la::shared_array<int> const a{std::span<int const>(source)};
    copy = a;
    CHECK(copy.data() == a.data());
    CHECK(a.data() != source.data());
  }
  REQUIRE(copy.size() == 3);
  CHECK(copy[2] == 4);
  CHECK(copy.span()[1] == 1);
  auto const moved = std::move(copy);
  CHECK(moved.size() == 3);
  CHECK(copy.data() == moved.data());  // NOLINT(bugprone-use-after-move): moving is copying
  copy = moved;
  copy = {};
  CHECK(moved[0] == 3);
}

TEST_CASE("shared_array: owners in several threads") {
  la::shared_array<double> const a{la::growing<double>(100, 2.5)};
  std::vector<std::thread> threads;
  for (int t = 0; t != 3; ++t)
    threads.emplace_back([a] {
      for (int n = 0; n != 2000; ++n) {
        auto b = a;
        auto const c = b;
        b = c;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(a[99] == 2.5);
}
