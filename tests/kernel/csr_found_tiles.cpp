// SPDX-License-Identifier: MIT
#include <lacuna/kernel/csr_found_tiles.hpp>

#include "support/csr_blocks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace tests_of_csr_found_tiles {

namespace la = lacuna;
using kernel = la::kernel::csr_found_tiles<la::simd::default_arch>;

/// Of tiles of some columns and of whole rows.
template <int N, class W, class I>
void check() {
  lacuna_test::check_blocks<N, W, I>(
      [](la::index width, auto a, auto x, auto* sums, la::index first, la::index rows, auto done) {
        REQUIRE(kernel::accepts(a, first, first + rows));
        kernel::run<N>(a, x, width > 1000 ? 0 : width, sums, first, rows, done);
      });
}

TEMPLATE_TEST_CASE("csr_found_tiles: rows of every kind, tiles of every width, whole rows, between guard pages", "",
                   float, double, la::bf16) {
  if constexpr (lacuna_test::lanes_of<la::accumulator_t<TestType>> >= 4) {
    check<8, TestType, std::uint32_t>();
    check<4, TestType, std::int64_t>();
    check<2, TestType, std::uint16_t>();
    check<1, TestType, std::uint32_t>();
  }
}

TEST_CASE("csr_found_tiles: columns and slots are counted in 32 bits") {
  constexpr la::index counted = (la::index{1} << 32) - 64;
  la::index const offsets[] = {5, 5 + counted, 6 + counted};
  auto const of = [&](la::index cols) {
    return la::csr_view<float, std::int64_t, la::index>(2, cols, offsets, {}, {});
  };
  CHECK(kernel::accepts(of(counted), 0, 1));
  CHECK_FALSE(kernel::accepts(of(counted), 0, 2));
  CHECK_FALSE(kernel::accepts(of(counted + 1), 0, 1));
}

}  // namespace tests_of_csr_found_tiles
