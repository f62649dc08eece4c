// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/patterns.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::check_pattern;

namespace {

/// A pattern with the two members that it needs, and a count of its calls.
template <class P>
struct plain {
  P p;
  mutable int asked = 0;
  [[nodiscard]] at::cover classify(at::tile t) const {
    ++asked;
    return p.classify(t);
  }
  [[nodiscard]] bool allows(la::index i, la::index j) const { return p.allows(i, j); }
};

/// Two of three keys, and another third for each query.
struct thirds {
  [[nodiscard]] static at::cover classify(at::tile) { return at::cover::partial; }
  [[nodiscard]] static bool allows(la::index i, la::index j) { return (i + j) % 3 != 0; }
};

struct seen {
  la::index first, last;
  at::cover how;
  bool operator==(seen const&) const = default;
};

template <class P>
std::vector<seen> runs_of(P const& p, at::tile t) {
  std::vector<seen> all;
  auto collect = [&](la::index first, la::index last, at::cover how, float) { all.push_back({first, last, how}); };
  at::runs(p, t, collect);
  return all;
}

}  // namespace

TEST_CASE("runs: a pattern without them is asked tile by tile, and key by key for a single query") {
  CHECK(check_pattern(plain<at::causal>{{}}, false) == "");
  CHECK(check_pattern(plain<at::window>{{30, 5}}, false) == "");
  CHECK(check_pattern(lacuna_test::never_sure{at::window{3}}, false) == "");
  CHECK(check_pattern(thirds{}, false) == "");
  CHECK(runs_of(plain<at::window>{{100}}, {1000, 1001, 3, 2000}) ==
        std::vector<seen>{{901, 960, at::cover::full}, {960, 1001, at::cover::full}});
}

TEST_CASE("runs: a pattern that is not sure ends its partial runs at multiples of 64") {
  CHECK(
      runs_of(lacuna_test::never_sure{at::causal{}}, {10, 12, 70, 200}) ==
      std::vector<seen>{{70, 128, at::cover::partial}, {128, 192, at::cover::partial}, {192, 200, at::cover::partial}});
}

TEST_CASE("runs: a tile of a million keys takes some calls of classify, not thousands") {
  plain<at::window> const p{{256}};
  auto const found = runs_of(p, {500000, 500064, 0, 1 << 20});
  CHECK(found.front().first == 499712);
  CHECK(found.back().last == 500096);
  CHECK(p.asked < 80);
}

TEST_CASE("runs: an empty tile has none") {
  CHECK(runs_of(at::causal{}, {5, 5, 0, 9}).empty());
  CHECK(runs_of(at::causal{}, {5, 6, 3, 3}).empty());
}

TEST_CASE("run_sink: anything callable is one") {
  int calls = 0;
  auto count = [&](la::index first, la::index last, at::cover how, float bias) {
    CHECK((first == 2 && last == 5 && how == at::cover::partial && bias == 0.5f));
    ++calls;
  };
  at::run_sink const sink(count);
  at::run_sink const copy = sink;
  copy(2, 5, at::cover::partial, 0.5f);
  CHECK(calls == 1);
}

TEST_CASE("run_sink: keys apart come one by one, neighbours together, unless they are wanted at once") {
  std::int32_t const ids[] = {3, 5, 6, 7, 9};
  std::vector<seen> all;
  auto collect = [&](la::index first, la::index last, at::cover how, float bias) {
    CHECK(bias == 1.5f);
    all.push_back({first, last, how});
  };
  at::run_sink(collect).keys(ids, 5, at::cover::partial, 1.5f);
  CHECK(all == std::vector<seen>{{3, 4, at::cover::partial}, {5, 8, at::cover::partial}, {9, 10, at::cover::partial}});

  struct lists {
    la::index count = 0;
    void operator()(la::index, la::index, at::cover, float) { count = -1000; }
    void keys(std::int32_t const*, la::index n, at::cover, float) { count += n; }
  } whole;
  at::run_sink const sink(whole);
  sink.keys(ids, 5, at::cover::full);
  sink.keys(ids, 0, at::cover::full);
  CHECK(whole.count == 5);
}
