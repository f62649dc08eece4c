// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/run.hpp>
#include <lacuna/simd/arch.hpp>

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

TEST_CASE("attend run: no worker gets more than its share of few rows") {
  struct size {
    la::index queries, heads, kv_heads, tile, most, workers;
  };
  for (auto const& of :
       {size{64, 1, 1, 64, 64, 2}, size{64, 1, 1, 64, 64, 4}, size{32, 1, 1, 32, 64, 2}, size{96, 1, 1, 96, 64, 2},
        size{192, 1, 1, 192, 64, 2}, size{320, 1, 1, 320, 64, 2}, size{64, 3, 3, 64, 64, 2}, size{20, 4, 1, 20, 64, 2},
        size{64, 32, 1, 64, 64, 2}, size{64, 32, 1, 64, 64, 4}, size{64, 12, 3, 32, 32, 2}, size{24, 71, 1, 24, 64, 3},
        size{128, 2, 2, 128, 128, 4}}) {
    auto const [queries, heads, kv_heads, tile, most, workers] = of;
    kernel::attend_call<float> call;
    call.shape = {queries, 8192, heads, kv_heads};
    call.keys.dim = call.values.dim = call.value_dim = 64;
    auto const units = kernel::attend_units_of<la::simd::default_arch>(call, tile, most, workers);
    std::vector<la::index> rows(static_cast<std::size_t>(workers));  // each takes the next unit when it is done
    for (la::index u = 0; u != units.count(); ++u) {
      auto const all = [](la::index, la::index at_most) { return at_most; };
      kernel::attend_parts parts(call.shape, units, tile, u, u + 1, all);
      auto const next = std::min_element(rows.begin(), rows.end());
      kernel::attend_part part;
      while (parts(part)) *next += part.heads * part.queries;
    }
    CAPTURE(queries, heads, kv_heads, workers, units.count());
    CHECK(*std::max_element(rows.begin(), rows.end()) * workers * 100 <= queries * heads * 107);

    auto const same = [&](kernel::attend_units const& u) {
      auto const alone = kernel::attend_units::of<float>(call.shape, of.tile, 64, 64, of.most);
      return u.step == alone.step && u.heads == alone.heads && u.count() == alone.count();
    };
    CHECK(same(kernel::attend_units_of<la::simd::default_arch>(call, tile, most, 1)));
    call.settled = 0.5f;  // a policy asks about rows that go together
    CHECK(same(kernel::attend_units_of<la::simd::default_arch>(call, tile, most, workers)));
  }
}
