// SPDX-License-Identifier: MIT
#include <lacuna/core/dense.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/bit_columns.hpp>
#include <lacuna/pack.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
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

TEST_CASE("bitmap_columns: any rows, their starts, and nothing of other rows") {
  lacuna_test::random r(2);
  la::index wrong = 0;
  for (la::index const rows : {0, 1, 17, 40})
    for (la::index const cols : {0, 1, 64, 150, 403}) {
      auto const keep = lacuna_test::random_mask(r, rows, cols, 0.45);
      auto const a = la::pack<la::bitmap<float>>(la::dense<float>(rows, cols), keep);
      auto const expected = la::pack<la::csr<float>>(la::dense<float>(rows, cols), keep);
      auto const* const offsets = expected.offsets().data();
      for (la::index first = 0; first <= rows; first += 3)
        for (la::index last = first; last <= rows; last += 5) {
          std::vector<std::uint32_t> columns(static_cast<std::size_t>(a.stored()), 1000u);
          auto next = first;
          la::kernel::bitmap_columns<arch>(a.view(), columns.data(), first, last, [&](la::index i, la::index slot) {
            wrong += i != next++ || std::cmp_not_equal(slot, offsets[i]);
          });
          wrong += next != last;
          for (la::index s = 0; s != a.stored(); ++s) {
            bool const asked = std::cmp_greater_equal(s, offsets[first]) && std::cmp_less(s, offsets[last]);
            wrong += columns[static_cast<std::size_t>(s)] != (asked ? expected.columns().data()[s] : 1000u);
          }
        }
    }
  CHECK(wrong == 0);
}

}  // namespace tests_of_bit_columns
