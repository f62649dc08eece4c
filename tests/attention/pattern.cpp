// SPDX-License-Identifier: MIT
#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

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
struct knows_heads {
  [[nodiscard]] at::cover classify(at::tile) const { return at::cover::partial; }
  [[nodiscard]] bool allows(lacuna::index, lacuna::index j, lacuna::index head) const { return j == head; }
};
struct few_queries {
  [[nodiscard]] at::cover classify(at::tile) const { return at::cover::partial; }
  [[nodiscard]] bool allows(lacuna::index, lacuna::index) const { return true; }
  [[nodiscard]] std::uint64_t word(lacuna::index, lacuna::index, lacuna::index, lacuna::index) const { return 42; }
  [[nodiscard]] bool alike(lacuna::index g, lacuna::index h) const { return g / 2 == h / 2; }
  void validate(at::shape s) const {
    if (s.queries > 4) lacuna::detail::fail<lacuna::shape_error>("few_queries: ", s.queries, " queries");
  }
};
struct changes_when_asked {
  [[nodiscard]] at::cover classify(at::tile) { return at::cover::full; }
  [[nodiscard]] bool allows(lacuna::index, lacuna::index) { return true; }
};

}  // namespace

TEST_CASE("pattern: a struct with classify and allows is one, whatever stands for bool") {
  STATIC_REQUIRE(at::pattern<even_keys>);
  STATIC_REQUIRE(at::pattern<knows_heads>);
}

TEST_CASE("pattern: half of the interface is none") {
  STATIC_REQUIRE(!at::pattern<no_classify>);
  STATIC_REQUIRE(!at::pattern<no_allows>);
  STATIC_REQUIRE(!at::pattern<classify_says_bool>);
  STATIC_REQUIRE(!at::pattern<changes_when_asked>);
  STATIC_REQUIRE(!at::pattern<int>);
  STATIC_REQUIRE(!at::pattern<at::cover>);
}

TEST_CASE("allows, allowed_word: either form of allows, with or without a word") {
  CHECK(at::allows(even_keys{}, 0, 2));
  CHECK(!at::allows(even_keys{}, 0, 3, 9));
  CHECK(at::allows(knows_heads{}, 0, 3, 3));
  CHECK(!at::allows(knows_heads{}, 0, 3));
  CHECK(at::allowed_word(even_keys{}, 0, 1, 6) == 0b101010);
  CHECK(at::allowed_word(even_keys{}, 0, 0, 64) == 0x5555555555555555u);
  CHECK(at::allowed_word(even_keys{}, 0, 0, 0) == 0);
  CHECK(at::allowed_word(knows_heads{}, 0, 4, 8, 6) == 4);
  CHECK(at::allowed_word(few_queries{}, 0, 4, 8) == 42);
}

TEST_CASE("alike: heads see the same where nothing asks for them, or the pattern says so") {
  CHECK(at::alike(even_keys{}, 0, 1));
  CHECK(!at::alike(knows_heads{}, 0, 1));
  CHECK(at::alike(knows_heads{}, 1, 1));
  CHECK(at::alike(few_queries{}, 0, 1));
  CHECK(!at::alike(few_queries{}, 1, 2));
}

#if LACUNA_EXCEPTIONS
TEST_CASE("validate: a pattern that does not cover a shape says so, others need not") {
  CHECK_NOTHROW(at::validate(even_keys{}, {5, 5, 1, 1}));
  CHECK_NOTHROW(at::validate(few_queries{}, {4, 5, 1, 1}));
  CHECK_THROWS_AS(at::validate(few_queries{}, {5, 5, 1, 1}), lacuna::shape_error);
}
#endif

TEST_CASE("bits_below, bits_between: any numbers") {
  using lacuna::detail::bits_below, lacuna::detail::bits_between;
  STATIC_REQUIRE(bits_below(-5) == 0);
  STATIC_REQUIRE(bits_below(0) == 0);
  STATIC_REQUIRE(bits_below(3) == 7);
  STATIC_REQUIRE(bits_below(63) == ~std::uint64_t{0} >> 1);
  STATIC_REQUIRE(bits_below(64) == ~std::uint64_t{0});
  STATIC_REQUIRE(bits_below(1000) == ~std::uint64_t{0});
  STATIC_REQUIRE(bits_between(1, 3) == 6);
  STATIC_REQUIRE(bits_between(3, 1) == 0);
}
