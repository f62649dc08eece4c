// SPDX-License-Identifier: MIT
#include <lacuna/attention/pattern.hpp>

#include <catch2/catch_test_macros.hpp>

namespace at = lacuna::attention;

namespace {

struct even_keys {
  [[nodiscard]] at::cover classify(at::tile) const { return at::cover::partial; }
  [[nodiscard]] int allows(lacuna::index, lacuna::index j) const { return j % 2 == 0; }
};
struct no_classify {
  [[nodiscard]] bool allows(lacuna::index, lacuna::index) const { return true; }
};
struct no_allows {
  [[nodiscard]] at::cover classify(at::tile) const { return at::cover::full; }
};
struct classify_says_bool {
  [[nodiscard]] bool classify(at::tile) const { return true; }
  [[nodiscard]] bool allows(lacuna::index, lacuna::index) const { return true; }
};
struct changes_when_asked {
  [[nodiscard]] at::cover classify(at::tile) { return at::cover::full; }
  [[nodiscard]] bool allows(lacuna::index, lacuna::index) { return true; }
};

}  // namespace

TEST_CASE("pattern: a struct with classify and allows is one, whatever stands for bool") {
  STATIC_REQUIRE(at::pattern<even_keys>);
}

TEST_CASE("pattern: half of the interface is none") {
  STATIC_REQUIRE(!at::pattern<no_classify>);
  STATIC_REQUIRE(!at::pattern<no_allows>);
  STATIC_REQUIRE(!at::pattern<classify_says_bool>);
  STATIC_REQUIRE(!at::pattern<changes_when_asked>);
  STATIC_REQUIRE(!at::pattern<int>);
  STATIC_REQUIRE(!at::pattern<at::cover>);
}
