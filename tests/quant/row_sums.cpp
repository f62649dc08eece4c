// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/format/transposed.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/quant/row_sums.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>

namespace la = lacuna;

TEST_CASE("row_sums: the sums of what is stored, whatever the format, for every executor") {
  lacuna_test::random r(1);
  la::threads pool(3);
  for (auto const& [rows, cols] : {std::pair<la::index, la::index>{0, 5}, {7, 0}, {1, 1}, {67, 131}}) {
    auto const w = lacuna_test::random_dense<std::int8_t>(r, rows, cols);
    auto const keep = lacuna_test::random_mask(r, rows, cols, lacuna_test::coverage::ragged);
    la::dense<std::int32_t> by_row(rows, 1), by_column(cols, 1);
    for (la::index i = 0; i != rows; ++i)
      for (la::index j = 0; j != cols; ++j)
        if (keep(i, j)) by_row(i, 0) += w(i, j), by_column(j, 0) += w(i, j);
    auto const is = [](la::buffer<std::int32_t> const& sums, la::dense<std::int32_t> const& expected) {
      return sums.size() == expected.rows() && std::equal(sums.begin(), sums.end(), expected.data());
    };
    auto const csr = la::pack<la::csr<std::int8_t>>(w, keep);
    CHECK(is(la::row_sums(csr), by_row));
    CHECK(is(la::row_sums(pool, csr), by_row));
    CHECK(is(la::row_sums(la::transposed(csr)), by_column));
    CHECK(is(la::row_sums(la::pack<la::panel<std::int8_t>>(w, keep).view()), by_row));
  }
}

TEST_CASE("row_sums: the extremes") {
  la::dense<std::int8_t> w(2, 70000);
  for (la::index j = 0; j != w.cols(); ++j) w(0, j) = -128, w(1, j) = 127;
  auto const sums = la::row_sums(la::pack<la::csr<std::int8_t>>(w));
  CHECK(sums[0] == -128 * 70000);
  CHECK(sums[1] == 127 * 70000);
}
