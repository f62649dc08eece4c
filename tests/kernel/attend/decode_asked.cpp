// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/kernel/attend/decode_asked.hpp>

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

namespace {

/// Every other key, or by head every third.
struct combs {
  [[nodiscard]] at::cover classify(at::tile) const noexcept { return at::cover::partial; }
  [[nodiscard]] bool allows(la::index, la::index j, la::index head) const noexcept { return j % (2 + head / 2) == 0; }
};

template <class P>
void check(P const& pattern, at::shape s) {
  la::kernel::decode_asked<P> const asked(pattern, s);
  REQUIRE(asked.complete());
  auto const& plan = asked.view();
  for (la::index h = 0; h != s.heads; ++h)
    for (la::index i = 0; i != s.queries; ++i) {
      std::vector<int> seen(static_cast<std::size_t>(s.keys));
      auto const position = s.first_position() + i;
      for (auto const& run : plan.runs_of(plan.row(h, 0)))
        for (la::index j = run.first; j != run.first + run.count; ++j)
          if (!run.partial || plan.mask.word(plan.mask.pattern, position, j, 1, h) != 0)
            ++seen[static_cast<std::size_t>(j)];
      for (la::index j = 0; j != s.keys; ++j)
        REQUIRE(seen[static_cast<std::size_t>(j)] == (at::allows(pattern, position, j, h) ? 1 : 0));
    }
}

}  // namespace

TEST_CASE("decode_asked: runs and mask are what the pattern allows") {
  for (la::index const queries : {0, 1, 3})
    for (la::index const keys : {0, 1, 64, 300}) {
      check(at::causal{}, {queries, keys, 4, 2});
      check(at::causal{} & (at::sink{5} | at::window{70}), {queries, keys, 2, 1});
      check(combs{}, {queries, keys, 6, 2});
    }
}

TEST_CASE("decode_asked: says so where there are too many runs") {
  CHECK(la::kernel::decode_asked<combs>(combs{}, {1, 4000, 2, 1}).complete());
  CHECK(!la::kernel::decode_asked<combs>(combs{}, {1, 9000, 2, 1}).complete());
}
