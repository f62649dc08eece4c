// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune/select_lowest.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using lacuna::index;
using lacuna::detail::digit_counts;
using lacuna::detail::select_lowest;

template <class Key>
std::vector<Key> random_keys(lacuna_test::random& r, index n, std::uint64_t different) {
  std::vector<Key> keys;
  for (index i = 0; i != n; ++i)
    keys.push_back(different == 0 ? static_cast<Key>(r.bits()) : static_cast<Key>(r.bits() % different));
  return keys;
}

template <class Key>
void check_every_k(std::vector<Key> const& keys) {
  auto sorted = keys;
  std::sort(sorted.begin(), sorted.end());
  auto const n = static_cast<index>(keys.size());
  for (index k = 1; k <= n; ++k) {
    auto const cut = select_lowest(keys.data(), n, k);
    auto const below = std::lower_bound(sorted.begin(), sorted.end(), cut.key) - sorted.begin();
    auto const equal = std::upper_bound(sorted.begin(), sorted.end(), cut.key) - sorted.begin() - below;
    REQUIRE(below + cut.ties == k);
    REQUIRE(cut.ties >= 0);
    REQUIRE(cut.ties <= equal);
  }
}

TEST_CASE("select_lowest: every k of random keys, few and many of them different") {
  lacuna_test::random r(2);
  for (index const n : {1, 2, 3, 10, 100, 512, 513})
    for (std::uint64_t const different : {0u, 1u, 2u, 300u, 70000u}) {
      check_every_k(random_keys<std::uint32_t>(r, n, different));
      check_every_k(random_keys<std::uint64_t>(r, n, different));
    }
}

TEST_CASE("select_lowest: the ends of the range of keys") {
  check_every_k(std::vector<std::uint32_t>{0, 0, std::numeric_limits<std::uint32_t>::max(), 1, 0x80000000u});
  check_every_k(std::vector<std::uint64_t>{std::numeric_limits<std::uint64_t>::max(), 0, 0x8000000000000000u});
}

TEST_CASE("select_lowest: none of none") {
  std::uint32_t const key = 7;
  CHECK(select_lowest(&key, 0, 0).ties == 0);
  auto const cut = select_lowest(&key, 1, 0);
  CHECK(cut.key == 0);
  CHECK(cut.ties == 0);
}

TEST_CASE("select_lowest: threads find what one finds") {
  lacuna_test::random r(3);
  index const n = 300007;  // some ranges of 2^16
  for (std::uint64_t const different : {0u, 5u}) {
    auto const keys = random_keys<std::uint32_t>(r, n, different);
    for (index const workers : {1, 2, 3, 7}) {
      lacuna::threads pool{workers};
      std::vector<digit_counts> counts(static_cast<std::size_t>(workers));
      for (index const k : {index{0}, index{1}, n / 2, n - 1, n}) {
        auto const many = select_lowest(pool, keys.data(), n, k, counts.data());
        auto sorted = keys;
        std::nth_element(sorted.begin(), sorted.begin() + std::max<index>(k - 1, 0), sorted.end());
        auto const kth = k == 0 ? 0 : sorted[static_cast<std::size_t>(k - 1)];
        CHECK(many.key == kth);
        CHECK(many.ties == k - std::count_if(keys.begin(), keys.end(), [&](auto key) { return key < kth; }));
      }
    }
  }
}

}  // namespace
