// SPDX-License-Identifier: MIT
#include <lacuna/format/bits.hpp>
#include <lacuna/kernel/bit_columns.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tests_of_bit_columns {

namespace la = lacuna;
using arch = la::simd::default_arch;

TEST_CASE("bit_columns: the columns of any bytes, wherever they start, nothing written behind the end") {
  lacuna_test::random r(1);
  la::index wrong = 0;
  for (la::index bytes = 0; bytes != 40; ++bytes)
    for (la::index const percent : {0, 5, 50, 96, 100})
      for (la::index const before : {0, 3}) {
        lacuna_test::guarded<std::uint8_t> bits(bytes, lacuna_test::placement::upper);
        for (la::index b = 0; b != 8 * bytes; ++b) {
          auto& byte = bits.data()[b / 8];
          if (b % 8 == 0) byte = 0;
          byte = static_cast<std::uint8_t>(byte | (r.below(100) < percent) << (b % 8));
        }
        std::vector<std::uint32_t> expected(static_cast<std::size_t>(before), 77);
        la::detail::visit_bits(bits.data(), bytes,
                               [&](la::index j) { expected.push_back(static_cast<std::uint32_t>(j)); });
        auto const end = static_cast<la::index>(expected.size());
        lacuna_test::guarded<std::uint32_t> to(end, lacuna_test::placement::upper);
        std::fill(to.data(), to.data() + end, 77u);
        wrong += la::kernel::bit_columns<arch>(bits.data(), bytes, to.data(), before, end) != end;
        wrong += !std::equal(expected.begin(), expected.end(), to.data());
        wrong += !to.intact();
      }
  CHECK(wrong == 0);
}

}  // namespace tests_of_bit_columns
