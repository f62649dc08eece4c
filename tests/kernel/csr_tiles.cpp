// SPDX-License-Identifier: MIT
#include <lacuna/kernel/csr_tiles.hpp>

#include "support/csr_blocks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace tests_of_csr_tiles {

namespace la = lacuna;
using kernel = la::kernel::csr_tiles<la::simd::default_arch>;

TEMPLATE_TEST_CASE("csr_tiles: rows of every kind, tiles of every width, between guard pages", "", float, double,
                   la::bf16) {
  if constexpr (la::simd::has_batch<la::simd::default_arch, la::accumulator_t<TestType>>) {
    auto const check = [&]<int N, class I>() {
      lacuna_test::check_blocks<N, TestType, I>(
          [](la::index width, auto a, auto x, auto* sums, la::index first, la::index rows, auto done) {
            kernel::run<N>(a, x, width, sums, first, rows, done);
          });
    };
    check.template operator()<8, std::uint32_t>();
    check.template operator()<2, std::uint16_t>();
  }
}

}  // namespace tests_of_csr_tiles
