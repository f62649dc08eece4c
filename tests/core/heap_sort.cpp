// SPDX-License-Identifier: MIT
#include <lacuna/core/heap_sort.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <vector>

namespace {

TEST_CASE("heap_sort: as the standard library sorts, with and without equal items") {
  for (auto const seed : lacuna_test::seeds(300)) {
    lacuna_test::random r(seed);
    std::vector<lacuna::index> items(static_cast<std::size_t>(r.below(seed % 3 == 0 ? 5 : 200)));
    for (auto& item : items) item = r.below(seed % 2 == 0 ? 10 : 100000);
    auto expected = items;
    std::sort(expected.begin(), expected.end());
    lacuna::detail::heap_sort(items.data(), static_cast<lacuna::index>(items.size()),
                              [](lacuna::index a, lacuna::index b) { return a < b; });
    CAPTURE(seed);
    REQUIRE(items == expected);
  }
}

}  // namespace
