// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/run.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <vector>

namespace la = lacuna;
namespace kernel = lacuna::kernel;

TEST_CASE("attend run: the parts of all units cover every query of every head once, however ranges are cut") {
  struct size {
    la::index queries, heads, kv_heads, tile, dim;
  };
  for (auto const& [queries, heads, kv_heads, tile, dim] :
       {size{100, 4, 2, 64, 64}, size{1, 8, 1, 64, 128}, size{300, 6, 6, 16, 64}, size{257, 12, 2, 200, 128},
        size{64, 64, 1, 64, 64}, size{70, 2, 1, 64, 4000}, size{0, 2, 1, 64, 64}}) {
    la::attention::shape const s{queries, 500, heads, kv_heads};
    auto const units = kernel::attend_units::of<float>(s, tile, dim, dim);
    auto const pairs = [](la::index head, la::index most) { return head % 2 == 0 ? std::min<la::index>(most, 2) : 1; };
    for (la::index const grain : {la::index{1}, units.count()}) {
      std::vector<int> seen(static_cast<std::size_t>(queries * heads));
      for (la::index first = 0; first < units.count(); first += grain) {
        kernel::attend_parts parts(s, units, tile, first, std::min(first + grain, units.count()), pairs);
        kernel::attend_part part;
        while (parts(part)) {
          CHECK(part.heads * part.queries <= 256);
          CHECK(part.kv_head == part.head / s.group());
          CHECK((part.head + part.heads - 1) / s.group() == part.kv_head);
          CHECK(part.query / tile == part.tile);
          CHECK((part.query + part.queries - 1) / tile == part.tile);
          for (la::index h = part.head; h != part.head + part.heads; ++h)
            for (la::index q = part.query; q != part.query + part.queries; ++q)
              ++seen[static_cast<std::size_t>(h * queries + q)];
        }
      }
      CHECK(std::all_of(seen.begin(), seen.end(), [](int n) { return n == 1; }));
    }
  }
}
