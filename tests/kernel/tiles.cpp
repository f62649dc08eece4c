// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/spmm/row_tile.hpp>
#include <lacuna/kernel/tiles.hpp>
#include <lacuna/pack.hpp>

#include "support/conformance.hpp"
#include "support/lanes.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

namespace la = lacuna;

TEST_CASE("tiles: rows that are finished together are whole blocks, and more of them for Y by columns") {
  using la::kernel::rows_together;
  CHECK(rows_together(true, 16, 4096, 4) == 16);
  CHECK(rows_together(false, 16, 4096, 4) == 128);  // eight groups for each worker
  CHECK(rows_together(false, 16, 4096, 1) == 256);
  CHECK(rows_together(false, 16, 4096, 100) == 16);
  CHECK(rows_together(false, 24, 4096, 1) == 264);
  CHECK(rows_together(false, 1000, 4096, 1) == 1000);
  CHECK(rows_together(false, 16, 0, 1) == 16);
}

TEST_CASE("tiles: one worker packs strips of 1 KB together, several as many as give them eight groups each") {
  using la::kernel::strips_at_once;
  constexpr la::index room = la::detail::registers.count >= 32 ? 524288 : 262144;
  CHECK(strips_at_once(10, 4, 1000, 128, 1) == 1);
  CHECK(strips_at_once(10, 4, 1000, 256, 1) == 4);
  CHECK(strips_at_once(10, 3, 1000, 256, 1) == 1);
  CHECK(strips_at_once(10, 3, 73729, 256, 1) == std::min<la::index>(4, room / 73729));
  CHECK(strips_at_once(3, 4, 1000, 256, 1) == 3);
  CHECK(strips_at_once(0, 4, 1000, 256, 1) == 1);
  CHECK(strips_at_once(10, 4, 1000, 4096, 1) == 1);
  CHECK(strips_at_once(10, 4, room / 2, 256, 1) == 2);
  CHECK(strips_at_once(10, 4, la::index{1} << 40, 256, 1) == 1);
  CHECK(strips_at_once(10, 4, 1000, 512, 2) == 4);
  CHECK(strips_at_once(3, 4, 1000, 512, 2) == 3);
  CHECK(strips_at_once(10, 100, 1000, 512, 2) == 1);
  CHECK(strips_at_once(10, 0, 1000, 512, 2) == 10);
  CHECK(strips_at_once(10, 1, 4194304, 512, 2) == 2);  // 8 MB
  CHECK(strips_at_once(10, 1, la::index{1} << 40, 512, 2) == 1);
}

TEST_CASE("tiles: strips packed together give what each gives alone") {
  using kernel = la::kernel::row_tile<la::simd::default_arch>;
  lacuna_test::random r(1);
  auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 40, 300),
                                          lacuna_test::random_mask(r, 40, 300, lacuna_test::coverage::ragged));
  auto const n = 5 * 8 * lacuna_test::lanes_of<float> + 3;  // five strips of eight registers and a part of one
  auto const x = lacuna_test::random_dense<float>(r, 300, n);
  la::dense<float> y(40, n), z(40, n);
  la::serial alone;
  la::threads pool{3};
  la::identity_epilogue const none{};
  la::kernel::multiply_tiles<kernel, 8>(alone, a.view(), x.view(), y.view(), none, 0);
  la::kernel::multiply_tiles<kernel, 8>(pool, a.view(), x.view(), z.view(), none, 0);
  CHECK(lacuna_test::check_product(a, x, y) == "");
  CHECK(lacuna_test::same_bits(y, z));
  la::dense<float> w(40, n);
  la::kernel::multiply_tiles<kernel, 8>(alone, a.view(), x.view(), w.view(), none, 7);  // from a column on
  for (la::index i = 0; i != 40; ++i)
    for (la::index j = 0; j != n; ++j) REQUIRE(w(i, j) == (j < 7 ? 0.0f : y(i, j)));
}
