// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/register_pair.hpp>

#include "support/guard.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEMPLATE_TEST_CASE("register_pair: loads what is there, at its place, and puts it in order", "", float, la::bf16,
                   la::f16) {
  using pair = la::kernel::register_pair<arch, TestType>;
  using batch = typename pair::batch;
  constexpr auto width = pair::width;
  for (la::index count = 1; count <= width; ++count)
    for (auto const where : lacuna_test::both_placements) {
      lacuna_test::guarded<TestType> row(count, where);
      for (la::index n = 0; n != count; ++n) row.data()[n] = TestType(static_cast<float>(n + 1));
      batch a, b;
      if (count == width)
        pair::load(row.data(), a, b);
      else
        pair::load(row.data(), count, a, b);
      std::vector<float> lanes(static_cast<std::size_t>(width)), ordered(lanes);
      a.store_unaligned(lanes.data());
      b.store_unaligned(lanes.data() + pair::lanes);
      pair::put_in_order(a, b);
      a.store_unaligned(ordered.data());
      b.store_unaligned(ordered.data() + pair::lanes);
      for (la::index n = 0; n != width; ++n) {
        float const expected = n < count ? static_cast<float>(n + 1) : 0.0f;
        REQUIRE(lanes[static_cast<std::size_t>(pair::place(n))] == expected);
        REQUIRE(ordered[static_cast<std::size_t>(n)] == expected);
      }
    }
  CHECK(pair::place(3 * width + 1) == 3 * width + pair::place(1));
  CHECK(pair::padded(0) == 0);
  CHECK(pair::padded(1) == width);
  CHECK(pair::padded(width) == width);
}
