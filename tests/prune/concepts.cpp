// SPDX-License-Identifier: MIT
#include <lacuna/prune/blocks.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/n_of_m.hpp>
#include <lacuna/prune/unstructured.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace {

using lacuna::index;

struct changes_itself {
  float operator()(float w, index, index) { return w; }
};
struct without_place {
  float operator()(float w) const { return w; }
};
struct no_number {
  std::string operator()(float, index, index) const { return {}; }
};

TEST_CASE("criterion: what takes a weight and its place, as const, and gives a number") {
  auto const plain = [](float w, index, index) { return w; };
  auto const generic = [](auto w, auto i, auto j) { return static_cast<double>(w) + static_cast<double>(i + j); };
  STATIC_CHECK(lacuna::criterion<decltype(plain)>);
  STATIC_CHECK(lacuna::criterion<decltype(generic)>);
  STATIC_CHECK(lacuna::criterion<float (*)(float, index, index)>);
  STATIC_CHECK_FALSE(lacuna::criterion<changes_itself>);
  STATIC_CHECK_FALSE(lacuna::criterion<without_place>);
  STATIC_CHECK_FALSE(lacuna::criterion<no_number>);
}

TEST_CASE("pruning_pattern: what mark_kept is declared for") {
  STATIC_CHECK(lacuna::pruning_pattern<lacuna::unstructured>);
  STATIC_CHECK(lacuna::pruning_pattern<lacuna::n_of_m<2, 4>>);
  STATIC_CHECK(lacuna::pruning_pattern<lacuna::blocks<16, 1>>);
  STATIC_CHECK_FALSE(lacuna::pruning_pattern<int>);
}

TEST_CASE("score_source: the probe is one, a number is none") {
  STATIC_CHECK(lacuna::score_source<lacuna::detail::score_probe>);
  STATIC_CHECK_FALSE(lacuna::score_source<float>);
}

}  // namespace
