// SPDX-License-Identifier: MIT
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/few_columns/tiled_sell.hpp>
#include <lacuna/kernel/sell_pairs.hpp>
#include <lacuna/pack.hpp>

#include "support/few_columns_checks.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

namespace {

/// Cells of every number of diagonals, whose rows end at any place, in more than one window and tile.
template <class Format>
void check() {
  using few = la::kernel::few_columns<typename Format::layout, la::simd::default_arch>;
  lacuna_test::check_few_bytes<few, Format>({2, 9, 70, 300}, {3, 18, 256});
}

}  // namespace

TEST_CASE("sell_pairs: four and eight vectors, exact, between guard pages") {
  check<la::tiled_sell<std::int8_t>>();
  check<la::tiled_sell<std::int8_t, 16, 1>>();
}

TEST_CASE("sell_pairs: sums wrap around where they leave int32") {
  using format = la::tiled_sell<std::int8_t>;
  using passes = lacuna_test::int8_passes<la::kernel::few_columns<format::layout, la::simd::default_arch>>;
  for (la::index const n : {3, 8}) {
    CHECK(lacuna_test::wrapping_problem<format, std::uint8_t, passes>(n) == "");
    CHECK(lacuna_test::wrapping_problem<format, std::int8_t, passes>(n) == "");
  }
}
