// SPDX-License-Identifier: MIT
#include <lacuna/simd/permute.hpp>

#include "support/lanes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>

namespace simd = lacuna::simd;

namespace {

struct backwards {
  static constexpr unsigned get(unsigned lane, unsigned lanes) { return lanes - 1 - lane; }
};
struct twice {
  static constexpr unsigned get(unsigned lane, unsigned) { return lane / 2; }
};

}  // namespace

TEMPLATE_TEST_CASE("permute: lanes in an order", "", std::int32_t, float) {
  if constexpr (simd::has_batch<simd::default_arch, TestType>) {
    constexpr auto lanes = static_cast<std::size_t>(lacuna_test::lanes_of<TestType>);
    TestType from[lanes];
    for (std::size_t l = 0; l != lanes; ++l) from[l] = static_cast<TestType>(l + 5);
    auto const v = lacuna_test::batch<TestType>::load_unaligned(from);
    auto const turned = lacuna_test::lanes<TestType>(simd::permute<backwards>(v));
    auto const doubled = lacuna_test::lanes<TestType>(simd::permute<twice>(v));
    for (std::size_t l = 0; l != lanes; ++l) {
      CHECK(turned[l] == from[lanes - 1 - l]);
      CHECK(doubled[l] == from[l / 2]);
    }
  }
}
