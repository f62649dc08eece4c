// SPDX-License-Identifier: MIT
#include <lacuna/kernel/sell_bytes.hpp>

#include "support/byte_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;

TEST_CASE("sell_bytes: every edge of windows, tiles and registers, exact, between guard pages") {
  lacuna_test::check_byte_spmv<la::tiled_sell<std::int8_t>>({0, 1, 13, 17, 255, 256, 300}, {0, 1, 63, 255, 257, 700});
  lacuna_test::check_byte_spmv<la::tiled_sell<std::int8_t, 7, 3>>({1, 47, 100}, {6, 8, 30});
  lacuna_test::check_byte_spmv<la::tiled_sell<std::int8_t, 128, 2>>({1, 31, 70}, {100, 129, 257});
}

TEST_CASE("sell_bytes: any range of rows, also from the middle of a window") {
  using F = la::tiled_sell<std::int8_t, 32, 1>;
  using kernel = la::kernel::spmv<F::layout, la::simd::default_arch>;
  lacuna_test::random r(3);
  auto const a = la::pack<F>(lacuna_test::random_dense<std::int8_t>(r, 50, 70));
  std::vector<std::uint8_t> x(70, 255);
  std::vector<std::int32_t> all(50), copy(static_cast<std::size_t>(kernel::prepared_size(a.view())));
  auto const in = kernel::prepare(a.view(), la::vector_of(std::as_const(x)), copy.data());
  kernel::run(a.view(), in, la::vector_of(all), la::identity_epilogue{}, 0, 50);
  for (la::index first = 0; first <= 50; first += 3)
    for (la::index last = first; last <= 50; last += 1 + last % 4) {
      std::vector<std::int32_t> some(50, 77);
      kernel::run(a.view(), in, la::vector_of(some), la::identity_epilogue{}, first, last);
      bool fine = true;
      for (la::index i = 0; i != 50; ++i) {
        auto const at = static_cast<std::size_t>(i);
        fine = fine && some[at] == (i >= first && i < last ? all[at] : 77);
      }
      REQUIRE(fine);
    }
}
