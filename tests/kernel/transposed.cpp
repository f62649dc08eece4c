// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/transposed.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::guarded_dense;
using fallback = la::kernel::transposed_fallback;

TEST_CASE("transposed: every column count around its tile, in a workspace no larger than it asks for") {
  lacuna_test::random r(1);
  auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 13, 9),
                                          lacuna_test::random_mask(r, 13, 9, lacuna_test::coverage::ragged));
  lacuna_test::plain_transpose<float> const oracle(a);
  for (auto const where : lacuna_test::both_placements) {
    lacuna_test::guarded_sparse<la::csr<float>> const guarded_a(a, where);
    for (la::index n = 0; n <= 3 * fallback::tile + 1; ++n) {
      auto const x = lacuna_test::random_dense<float>(r, 13, n);
      guarded_dense<float> in(x, n % 3, where), out(9, n, n % 2, where);
      guarded<float> sums(fallback::workspace(9, n), where);
      std::fill(sums.begin(), sums.end(), std::numeric_limits<float>::quiet_NaN());  // what was there must not matter
      fallback::run(guarded_a.view(), la::dense_view<float const>(in.view()), out.view(), la::identity_epilogue{},
                    sums.data(), 0, n);
      CAPTURE(n, where);
      REQUIRE(lacuna_test::check_product(oracle, x, out.values()) == "");
      REQUIRE(out.intact());
      REQUIRE(sums.intact());
    }
  }
}

TEST_CASE("transposed: writes the columns it is asked for and no others") {
  lacuna_test::random r(2);
  auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 6, 5));
  auto const x = lacuna_test::random_dense<float>(r, 6, 40);
  la::dense<float> all(5, 40);
  std::vector<float> sums(static_cast<std::size_t>(fallback::workspace(5, 40)));
  fallback::run(a.view(), x.view(), all.view(), la::identity_epilogue{}, sums.data(), 0, 40);
  for (la::index first = 0; first <= 40; first += 3)
    for (la::index last = first; last <= 40; last += 5) {
      la::dense<float> some(5, 40);
      fallback::run(a.view(), x.view(), some.view(), la::identity_epilogue{}, sums.data(), first, last);
      bool fine = true;
      for (la::index i = 0; i != 5; ++i)
        for (la::index j = 0; j != 40; ++j) fine = fine && some(i, j) == (j >= first && j < last ? all(i, j) : 0.0f);
      REQUIRE(fine);
    }
}

TEST_CASE("transposed: X of an empty row is not read") {
  la::dense<float> w(3, 2);
  w(0, 1) = 2;  // rows 1 and 2 are empty, and X ends before them
  auto const a = la::pack<la::csr<float>>(w);
  guarded<float> x(4);
  std::fill(x.begin(), x.end(), 3.0f);
  la::dense<float> y(2, 4);
  float sums[8];
  fallback::run(a.view(), la::dense_view<float const>(x.data(), 3, 4), y.view(), la::identity_epilogue{}, sums, 0, 4);
  CHECK(y(1, 3) == 6);
  CHECK(y(0, 0) == 0);
}
