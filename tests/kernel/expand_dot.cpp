// SPDX-License-Identifier: MIT
#include <lacuna/kernel/expand_dot.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>

namespace la = lacuna;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

// Whole numbers, so that every order of summation gives the same bits.
TEMPLATE_TEST_CASE("expand_dot: every length, between guard pages, with infinities opposite the gaps", "", float,
                   double) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, T>) {
    lacuna_test::random r(1);
    for (la::index cols = 0; cols != 200; ++cols) {
      la::index const bytes = (cols + 7) / 8;
      guarded<std::uint8_t> bits(bytes);
      guarded<T> x(cols);
      la::index count = 0;
      for (la::index j = 0; j != cols; ++j) {
        bool const one = r.bits() % 3 == 0;
        count += one;
        if (one) bits[j / 8] = static_cast<std::uint8_t>(bits[j / 8] | 1u << (j % 8));
        x[j] = one ? static_cast<T>(r.bits() % 15) - 7 : std::numeric_limits<T>::infinity();
      }
      guarded<T> values(count);
      T expected{};
      for (la::index j = 0, next = 0; j != cols; ++j)
        if ((bits[j / 8] >> (j % 8) & 1) != 0) {
          values[next] = static_cast<T>(r.bits() % 9) - 4;
          expected += values[next++] * x[j];
        }
      T const* packed = values.data();
      CAPTURE(cols);
      REQUIRE(la::kernel::expand_dot<arch>(bits.data(), bytes, static_cast<T const*>(x.data()), packed) == expected);
      REQUIRE(packed == values.data() + count);
    }
  }
}
