// SPDX-License-Identifier: MIT
#include <lacuna/kernel/byte_vector.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;

TEST_CASE("byte_vector: neighbours, and zeros behind them") {
  for (la::index const n : {0, 1, 63, 64, 65})
    for (la::index const stride : {1, 3}) {
      std::vector<std::int8_t> x(static_cast<std::size_t>(n * stride + 1), std::int8_t{-128});
      auto const size = la::kernel::byte_vector_size(n);
      REQUIRE(4 * size >= (n + la::kernel::byte_step - 1) / la::kernel::byte_step * la::kernel::byte_step +
                              la::kernel::byte_margin);
      std::vector<std::int32_t> to(static_cast<std::size_t>(size), -1);
      auto const copy = la::kernel::copy_bytes(la::vector_view<std::int8_t const>(x.data(), n, stride), to.data());
      REQUIRE(copy.size == n);
      bool fine = true;
      for (la::index k = 0; k != 4 * size; ++k) fine = fine && copy.data[k] == (k < n ? -128 : 0);
      REQUIRE(fine);
    }
}
