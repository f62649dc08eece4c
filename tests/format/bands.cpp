// SPDX-License-Identifier: MIT
#include <lacuna/format/bands.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;
using namespace lacuna_test;

TEST_CASE("bands: each block with a slot is listed once, in order") {
  lacuna_test::random r(5);
  for (auto const how : all_coverages)
    for (la::index height : {1, 2, 3, 8})
      for (la::index width : {1, 4, 5}) {
        CAPTURE(name_of(how), height, width);
        la::index const rows = 19;
        la::index const cols = 23;
        auto const keep = random_mask(r, rows, cols, how);
        auto const lists =
            la::detail::band_lists(la::pack<la::csr<float>>(la::dense<float>(rows, cols), keep), height, width);
        REQUIRE(lists.rows() == (rows + height - 1) / height);
        REQUIRE(lists.cols() == (cols + width - 1) / width);
        la::mask expected(lists.rows(), lists.cols());
        for (la::index i = 0; i != rows; ++i)
          for (la::index j = 0; j != cols; ++j)
            if (keep(i, j)) expected.set(i / height, j / width);
        REQUIRE(lists.columns.size() == expected.count());
        la::mask found(lists.rows(), lists.cols());
        for (la::index b = 0; b != lists.rows(); ++b)
          for (la::index s = lists.offsets[b]; s != lists.offsets[b + 1]; ++s) {
            REQUIRE((s == lists.offsets[b] || lists.columns[s - 1] < lists.columns[s]));
            found.set(b, lists.columns[s]);
          }
        REQUIRE(found == expected);
      }
}

TEST_CASE("bands: a matrix without rows or columns has no blocks") {
  auto const flat = la::detail::band_lists(la::pack<la::csr<float>>(la::dense<float>(0, 5)), 2, 2);
  CHECK(flat.rows() == 0);
  CHECK(flat.cols() == 3);
  auto const thin = la::detail::band_lists(la::pack<la::csr<float>>(la::dense<float>(5, 0)), 2, 2);
  CHECK(thin.rows() == 3);
  CHECK(thin.columns.size() == 0);
}
