// SPDX-License-Identifier: MIT
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/nm_step.hpp>
#include <lacuna/pack.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;

namespace {

/// The columns of three steps of a row, as the words have them and as visit_row has them.
template <int Keep, int M>
void check(unsigned seed) {
  using step = la::kernel::nm_step<Keep, M>;
  STATIC_REQUIRE(step::slots % step::written_out == 0);
  STATIC_REQUIRE(step::columns == step::slots / Keep * M);
  lacuna_test::random r(seed);
  la::mask keep(1, 3 * step::columns);
  for (la::index g = 0; g != keep.cols(); g += M)
    for (la::index k = 0; k != Keep;) {
      auto const j = g + r.below(M);
      k += !keep(0, j);
      keep.set(0, j);
    }
  auto const a = la::pack<la::nm<float, Keep, M>>(lacuna_test::random_dense<float>(r, 1, keep.cols()), keep);
  std::vector<la::index> expected, got;
  a.visit_row(0, [&](la::index j, float) { expected.push_back(j); });
  for (la::index s = 0; s != 3; ++s) {
    auto word = step::word(a.view().row_codes(0), s);
    for (la::index e = 0; e != step::slots; ++e) got.push_back(s * step::columns + step::origin(e) + step::next(word));
  }
  CHECK(got == expected);
}

}  // namespace

TEST_CASE("nm_step: words name the columns of a row") {
  check<2, 4>(1);
  check<3, 5>(2);
  check<8, 32>(3);
  check<1, 4>(4);
  check<1, 16>(5);
  check<1, 1>(6);
}
