// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/attention.hpp"

#include <catch2/catch_test_macros.hpp>

#include <concepts>

namespace at = lacuna::attention;

namespace {

using at::operator&, at::operator|, at::operator~;  // for patterns from elsewhere

/// Keys of the same parity as the query: no tile but the smallest is anything but partial.
struct checkered {
  [[nodiscard]] static at::cover classify(at::tile) noexcept { return at::cover::partial; }
  [[nodiscard]] static bool allows(lacuna::index i, lacuna::index j) noexcept { return (i - j) % 2 == 0; }
};

template <class A, class B>
void check_all_of(A const& a, B const& b) {
  for (lacuna::index i = -5; i != 40; ++i)
    for (lacuna::index j = 0; j != 40; ++j) {
      bool const x = a.allows(i, j), y = b.allows(i, j);
      bool const same = (a & b).allows(i, j) == (x && y) && (a | b).allows(i, j) == (x || y) &&
                        (~a).allows(i, j) == !x && (~(a & ~b)).allows(i, j) == !(x && !y);
      if (!same) FAIL("query " << i << ", key " << j);
    }
  CHECK(lacuna_test::check_classify(a & b, false, 800) == "");
  CHECK(lacuna_test::check_classify(a | b, false, 800) == "");
  CHECK(lacuna_test::check_classify(~a, false, 800) == "");
  CHECK(lacuna_test::check_classify(~(a & ~b), false, 800) == "");
  CHECK(lacuna_test::check_classify((a & b) | ~(a | b), false, 800) == "");
}

template <class... P>
void check_pairs(P const&... patterns) {
  auto const with_all = [&](auto const& a) { (check_all_of(a, patterns), ...); };
  (with_all(patterns), ...);
}

}  // namespace

TEST_CASE("compose: &, | and ~ of any two patterns mean what they say, pair by pair and tile by tile") {
  check_pairs(at::all{}, at::none{}, at::causal{}, at::window{5}, at::window{3, 4}, at::sink{6}, checkered{});
}

TEST_CASE("compose: the streaming pattern") {
  auto const streaming = at::causal{} & (at::sink{64} | at::window{256});
  STATIC_REQUIRE(at::pattern<decltype(streaming)>);
  CHECK(streaming.classify({1024, 1056, 0, 64}) == at::cover::full);     // the sink
  CHECK(streaming.classify({1024, 1056, 64, 128}) == at::cover::none);   // the gap
  CHECK(streaming.classify({1024, 1056, 704, 768}) == at::cover::none);  // up to 1024 - 255 = 769
  CHECK(streaming.classify({1024, 1056, 768, 832}) == at::cover::partial);
  CHECK(streaming.classify({1024, 1056, 832, 896}) == at::cover::full);
  CHECK(streaming.classify({1024, 1056, 1024, 1088}) == at::cover::partial);
  CHECK(streaming.classify({1024, 1056, 1088, 1152}) == at::cover::none);  // the future
  CHECK(streaming.classify({0, 32, 0, 64}) == at::cover::partial);         // a sink is not causal, the whole is
  CHECK(!streaming.allows(3, 4));
}

TEST_CASE("compose: none and all are neutral, a pattern and its complement are everything and nothing") {
  at::tile const t{10, 20, 10, 20};
  CHECK((at::causal{} | at::none{}).classify(t) == at::causal{}.classify(t));
  CHECK((at::causal{} & at::all{}).classify(t) == at::causal{}.classify(t));
  CHECK((~at::none{}).classify(t) == at::cover::full);
  CHECK((at::none{} & at::all{}).classify(t) == at::cover::none);
  CHECK((at::none{} & at::causal{}).classify(t) == at::cover::none);
  CHECK((at::causal{} & at::none{}).classify(t) == at::cover::none);
  CHECK((at::all{} | at::causal{}).classify(t) == at::cover::full);
  CHECK((at::causal{} | at::all{}).classify(t) == at::cover::full);
  CHECK((~at::all{}).classify(t) == at::cover::none);
  CHECK((~~at::causal{}).allows(3, 3));
}

TEST_CASE("compose: the parts can be named, without template arguments") {
  at::both const b{at::causal{}, at::sink{2}};
  at::either const e{at::causal{}, at::sink{2}};
  at::inverse const i{at::sink{2}};
  STATIC_REQUIRE(std::same_as<decltype(b), at::both<at::causal, at::sink> const>);
  STATIC_REQUIRE(std::same_as<decltype(e), at::either<at::causal, at::sink> const>);
  STATIC_REQUIRE(std::same_as<decltype(i), at::inverse<at::sink> const>);
  CHECK(b.b.n == 2);
  CHECK(i.allows(0, 2));
}

TEST_CASE("compose: patterns are constants") {
  STATIC_REQUIRE((at::causal{} & (at::sink{1} | ~at::window{2})).allows(5, 0));
  STATIC_REQUIRE((at::causal{} & at::window{2}).classify({0, 1, 1, 2}) == at::cover::none);
}
