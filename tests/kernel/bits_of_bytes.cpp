// SPDX-License-Identifier: MIT
#include <lacuna/kernel/bits_of_bytes.hpp>

#include "support/byte_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

TEST_CASE("bits_of_bytes: bitmap, every edge of words and blocks, exact, between guard pages") {
  lacuna_test::check_byte_spmv<la::bitmap<std::int8_t>>({0, 1, 4, 7, 65, 70}, {0, 1, 8, 63, 64, 65, 127, 200});
}

TEST_CASE("bits_of_bytes: masks of N:M, exact, between guard pages") {
  lacuna_test::check_byte_spmv<la::nm<std::int8_t, 2, 4>>({1, 5, 66}, {1, 3, 64, 66, 131});
  lacuna_test::check_byte_spmv<la::nm<std::int8_t, 3, 5>>({1, 5, 9}, {4, 64, 66, 131});
}
