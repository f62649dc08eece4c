// SPDX-License-Identifier: MIT
#include <lacuna/kernel/tile_ends.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tests_of_tile_ends {

namespace la = lacuna;
using ends_type = la::kernel::tile_ends<la::simd::default_arch>;

namespace {

struct lists {
  std::vector<std::int64_t> offsets{0};
  std::vector<la::index> columns;
};

/// Rows that are empty, full, have every column with a chance of 1 in `sparse`, or only some far from each other.
lists rows_of(lacuna_test::random& r, la::index rows, la::index cols, la::index sparse) {
  lists all;
  for (la::index i = 0; i != rows; ++i) {
    for (la::index j = 0; j != cols; ++j)
      if (i % 5 == 1 || (i % 5 == 2 && j % 97 == 40) || (i % 5 > 2 && r.below(sparse) == 0)) all.columns.push_back(j);
    all.offsets.push_back(static_cast<std::int64_t>(all.columns.size()));
  }
  return all;
}

/// How many tiles have a wrong first or last slot in some row.
template <class I>
la::index wrong_tiles(lists const& a, la::index first, la::index rows, la::index cols, int shift, I const* columns) {
  auto const* const offsets = a.offsets.data() + first;
  auto const stored = static_cast<la::index>(a.columns.size());
  ends_type ends(offsets, rows, stored - offsets[0]);
  la::index const tiles = ((cols - 1) >> shift) + 1;
  la::index wrong = 0;
  for (la::index from = 0; from < tiles; from += ends.most_tiles) {
    la::index const some = std::min(ends.most_tiles, tiles - from);
    if (tiles == 1 && first % 2 == 0)
      ends.take_all(offsets);
    else
      ends.find(offsets, columns + offsets[0], from, some, shift);
    for (la::index t = 0; t != some; ++t)
      for (la::index r = 0; r != rows; ++r) {
        auto const* const row = a.columns.data() + offsets[r];
        auto const* const row_end = a.columns.data() + offsets[r + 1];
        auto const before = [&](la::index column) {
          return static_cast<std::uint32_t>(std::lower_bound(row, row_end, column) - a.columns.data() - offsets[0]);
        };
        auto const* const at = ends.begin(t, r);
        wrong += at[0] != before((from + t) << shift) || at[ends.to_end] != before((from + t + 1) << shift);
      }
  }
  return wrong;
}

}  // namespace

TEMPLATE_TEST_CASE("tile_ends: rows of every kind, tiles of every width, between guard pages", "", std::uint32_t,
                   std::int32_t, std::uint16_t, std::int64_t) {
  lacuna_test::random r(1);
  for (la::index const cols : {1, 2, 15, 64, 257, 1300})
    for (la::index const sparse : {1, 3, 40}) {
      auto const a = rows_of(r, 23, cols, sparse);
      for (auto const where : {lacuna_test::placement::lower, lacuna_test::placement::upper}) {
        lacuna_test::guarded<TestType> columns(static_cast<la::index>(a.columns.size()), where);
        std::transform(a.columns.begin(), a.columns.end(), columns.data(),
                       [](la::index j) { return static_cast<TestType>(j); });
        for (int const shift : {0, 3, 6, 10})
          for (la::index const first : {0, 7, 22}) {
            CAPTURE(cols, sparse, shift, first, where);
            CHECK(wrong_tiles<TestType>(a, first, 23 - first, cols, shift, columns.data()) == 0);
          }
      }
    }
}

TEST_CASE("tile_ends: a whole block of rows") {
  lacuna_test::random r(2);
  auto const a = rows_of(r, ends_type::most_rows, 90, 4);
  std::vector<std::uint32_t> columns(a.columns.begin(), a.columns.end());
  CHECK(wrong_tiles<std::uint32_t>(a, 0, ends_type::most_rows, 90, 5, columns.data()) == 0);
}

}  // namespace tests_of_tile_ends
