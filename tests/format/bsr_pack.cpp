// SPDX-License-Identifier: MIT
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/bsr_pack.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>

#include "support/conformance.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using namespace lacuna_test;

namespace {

/// Blocks by definition.
template <int R, int C>
la::bsr<float, R, C> packed(la::dense<float> const& w, la::mask const& keep) {
  std::vector<std::uint32_t> offsets{0}, columns;
  std::vector<float> values;
  for (la::index i = 0; i < w.rows(); i += R) {
    for (la::index j = 0; j < w.cols(); j += C) {
      bool any = false;
      std::vector<float> block;
      for (la::index r = i; r != i + R; ++r)
        for (la::index c = j; c != j + C; ++c) {
          bool const here = r < w.rows() && c < w.cols() && keep(r, c);
          any = any || here;
          block.push_back(here ? w(r, c) : 0);
        }
      if (!any) continue;
      columns.push_back(static_cast<std::uint32_t>(j / C));
      values.insert(values.end(), block.begin(), block.end());
    }
    offsets.push_back(static_cast<std::uint32_t>(columns.size()));
  }
  return {w.rows(), w.cols(), offsets, columns, values};
}

template <int R, int C>
void check(lacuna_test::random& r) {
  using format = la::bsr<float, R, C>;
  for (la::index const rows : {1, R, 2 * R + 1})
    for (la::index const cols : {0, 1, C - 1, C, 63, 64, 65, 128, 131})
      for (double const density : {0.0, 0.02, 0.5, 1.0}) {
        CAPTURE(R, C, rows, cols, density);
        auto const w = random_dense<float>(r, rows, cols);
        auto const keep = random_mask(r, rows, cols, density);
        auto const a = packed<R, C>(w, keep);
        REQUIRE(la::pack<format>(w, keep) == a);
        auto const zeroed = masked(w.view(), keep);
        la::dense<float, la::order::col_major> columns(rows, cols);
        for (la::index i = 0; i != rows; ++i)
          for (la::index j = 0; j != cols; ++j) columns(i, j) = zeroed(i, j);
        auto const every = la::pack<la::csr<float>>(w, la::mask(rows, cols, true));
        REQUIRE(la::pack<format>(columns, keep) == a);
        REQUIRE(la::pack<format>(zeroed) == a);
        REQUIRE(la::pack<format>(columns) == a);
        REQUIRE(la::pack<format>(la::pack<la::csr<float>>(w, keep)) == a);
        REQUIRE(la::pack<format>(every, keep) == a);
      }
}

}  // namespace

TEST_CASE("bsr_pack: every source gives the blocks of the definition") {
  lacuna_test::random r(1);
  check<4, 1>(r);
  check<1, 4>(r);
  check<3, 5>(r);  // steps of 60 columns, across words
  check<2, 64>(r);
  check<2, 33>(r);   // one block a step
  check<2, 100>(r);  // no block in a word
}

TEST_CASE("bsr_pack: slots far between are sorted: no walk over the grid of blocks") {
  la::index const n = la::index{1} << 22;  // 2^34 words of columns
  std::vector<std::uint32_t> offsets(static_cast<std::size_t>(n) + 1);
  for (std::size_t i = 3; i != offsets.size(); ++i) offsets[i] = i > 1000000 ? 3 : 2;
  std::vector<std::uint32_t> const columns{5, 4000000, 77};
  la::csr<float> const a(n, n, offsets, columns, std::vector<float>{1, 2, 3});
  auto const b = la::pack<la::bsr<float, 4, 4>>(a);
  CHECK(std::ranges::equal(b.columns(), std::vector<std::uint32_t>{1, 1000000, 19}));
  CHECK(la::pack<la::csr<float>>(b).nonzeros() == 3);
}

TEST_CASE("bsr_pack: a mask keeps zeros of both signs, without one they are fill") {
  la::dense<float> w(2, 2);
  w(0, 0) = 1, w(1, 0) = -0.0f;
  la::mask keep(2, 2);
  keep.set(0, 0), keep.set(1, 0);
  CHECK(std::signbit(la::pack<la::bsr<float, 2, 1>>(w, keep).values()[1]));
  CHECK_FALSE(std::signbit(la::pack<la::bsr<float, 2, 1>>(w).values()[1]));
}
