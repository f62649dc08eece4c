// SPDX-License-Identifier: MIT
#include <lacuna/kernel/bits_of_pairs.hpp>

#include "support/byte_products.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEST_CASE("bits_of_pairs: rows in the midst of the values and at their ends, of more than a piece") {
  lacuna_test::check_byte_spmv<la::bitmap<std::int8_t>>({3, 40}, {256, 512, 1023, 1025, 2100});
  lacuna_test::check_byte_spmv<la::nm<std::int8_t, 2, 4>>({3, 20}, {28, 32, 60, 100, 512});
  lacuna_test::check_byte_spmv<la::nm<std::int8_t, 4, 8>>({3, 20}, {24, 64, 104, 512});
}

TEMPLATE_TEST_CASE("bits_of_pairs: vectors stand by 32 inputs, those that are not there are zeros", "", arch) {
  if constexpr (la::simd::bit_weights<TestType>::available) {
    using kernel = la::kernel::bits_of_pairs<TestType, false>;
    for (la::index const inputs : {0, 1, 24, 55, 56, 57, 130}) {
      std::vector<std::int32_t> to(static_cast<std::size_t>(4 * kernel::line(inputs)), -1);
      auto const value = [](la::index c, la::index k) { return static_cast<std::int32_t>(1 + k % 200 - 3 * c); };
      auto const* const x = kernel::arrange(inputs, 3, 4, value, to.data());
      la::index wrong = 0;
      for (la::index c = 0; c != 4; ++c)
        for (la::index at = 0; at != 2 * kernel::line(inputs); ++at) {
          auto const k = at - 8;
          auto const want = c < 3 && k >= 0 && k < inputs ? value(c, k) : 0;
          wrong += x[(at / 32 * 4 + c) * 32 + at % 2 * 16 + at % 32 / 2] != want;
        }
      CAPTURE(inputs);
      CHECK(wrong == 0);
    }
  }
}
