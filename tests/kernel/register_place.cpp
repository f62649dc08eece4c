// SPDX-License-Identifier: MIT
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/register_place.hpp>

#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded_dense;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;

TEST_CASE("register_place: every lane has its own place in Y, in the summand and in the row's values") {
  lacuna_test::random r(1);
  std::vector<double> const b{0.1, -3};
  for (auto const where : lacuna_test::both_placements)
    for (la::index n = 1; n <= 4 * lanes_of<float> + 1; ++n) {
      auto const old = lacuna_test::random_dense<float>(r, 2, n);
      auto const m = lacuna_test::random_dense<float>(r, 2, n);
      guarded_dense<float> y(2, n, n % 2, where), by_row(m, n % 3, where);
      guarded_dense<float, la::order::col_major> by_column(m, n % 3, where);
      la::dense_view<float const> const rows(by_row.view());
      la::dense_view<float const, la::order::col_major> const columns(by_column.view());
      y.assign(old);
      la::index wrong = 0, seen = 0;
      la::simd::for_each_tile<arch, float, 2>(n, [&](auto const tile, la::index j) {
        using place = la::kernel::register_place<std::remove_cvref_t<decltype(tile)>, float, la::order::row_major>;
        for (la::index i = 0; i != 2; ++i)
          for (int k = 0; k != tile.registers; ++k) {
            place const at{tile, y.view(), i, j, k};
            auto const output = lacuna_test::lanes<float>(at.output());
            auto const entry = lacuna_test::lanes<float>(at.entry(rows));
            auto const entry_by_column = lacuna_test::lanes<float>(at.entry(columns));
            auto const value = lacuna_test::lanes<float>(at.row_value(la::vector_of(b)));
            for (int l = 0; l != tile.lanes; ++l) {
              auto const lane = static_cast<std::size_t>(l);
              wrong += value[lane] != static_cast<float>(b[static_cast<std::size_t>(i)]);
              if (!tile.counts(l)) {
                wrong += output[lane] != 0 || entry[lane] != 0 || entry_by_column[lane] != 0;
                continue;
              }
              auto const at_column = j + k * tile.lanes + l;
              wrong += output[lane] != old(i, at_column);
              wrong += entry[lane] != m(i, at_column);
              wrong += entry_by_column[lane] != m(i, at_column);
              ++seen;
            }
          }
      });
      CAPTURE(n, where);
      REQUIRE(wrong == 0);
      REQUIRE(seen == 2 * n);
    }
}

TEST_CASE("register_place: store applies the epilogue to each register at its own place") {
  for (la::index n = 1; n <= 4 * lanes_of<float> + 1; ++n) {
    guarded_dense<float> y(1, n, 0, lacuna_test::placement::upper);
    la::dense<float> m(1, n);
    for (la::index j = 0; j != n; ++j) m(0, j) = static_cast<float>(j);
    la::simd::for_each_tile<arch, float, 2>(n, [&](auto sum, la::index j) {
      for (int k = 0; k != sum.registers; ++k) sum.value[k] += static_cast<float>(100 * k);
      la::kernel::store(sum, la::detail::as_epilogue(la::add(m)), y.view(), 0, j);
    });
    bool fine = y.intact();
    for (la::index j = 0; j != n; ++j) {
      bool const second = n - j / (2 * lanes_of<float>)*(2 * lanes_of<float>) >= 2 * lanes_of<float> &&
                          j % (2 * lanes_of<float>) >= lanes_of<float>;
      fine = fine && y.view()(0, j) == static_cast<float>(j) + (second ? 100.0f : 0.0f);
    }
    CAPTURE(n);
    REQUIRE(fine);
  }
}
