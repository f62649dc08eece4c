// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/transposed/scatter.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using la::kernel::row_parts;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

TEST_CASE("scatter: rows are cut by the shape alone, in whole parts") {
  auto const parts = [](la::index rows, la::index outputs, la::index stored, la::index columns) {
    return row_parts::of(rows, outputs, stored, columns, 16);
  };
  CHECK(parts(0, 0, 0, 0).count == 1);
  CHECK(parts(0, 5, 0, 3).count == 1);
  CHECK(parts(2048, 512, 209715, 64).count == 16);
  CHECK(parts(2048, 512, 209715, 1).count == 6);    // 2^15 multiply-adds each
  CHECK(parts(1024, 4096, 419430, 64).count == 6);  // 16 slots for each sum
  CHECK(parts(3, 1, 1 << 20, 64).count == 3);
  for (la::index rows : {1, 2, 5, 16, 17, 31, 33, 100}) {
    auto const p = parts(rows, 1, 1 << 20, 64);
    CHECK(p.count <= 16);
    CHECK(p.count * p.rows >= rows);
    CHECK((p.count - 1) * p.rows < rows);  // none is empty
  }
}

TEMPLATE_TEST_CASE("scatter: adds a range of rows to the sums, and touches nothing else", "", float, double) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, T>) {
    constexpr int n = 2;
    constexpr auto width = n * static_cast<la::index>(la::simd::batch<T, arch>::size);
    lacuna_test::random r(1);
    auto const a = la::pack<la::csr<T>>(lacuna_test::random_dense<T>(r, 9, 7),
                                        lacuna_test::random_mask(r, 9, 7, lacuna_test::coverage::ragged));
    auto const x = lacuna_test::random_dense<T>(r, 9, width);
    for (auto const where : lacuna_test::both_placements) {
      guarded<T> in({x.data(), static_cast<std::size_t>(9 * width)}, where);
      guarded<T> sums(7 * width, where);
      std::fill(sums.begin(), sums.end(), T(0));
      la::kernel::scatter<arch>::run<n>(a.view(), in.data(), sums.data(), 0, 4);
      la::kernel::scatter<arch>::run<n>(a.view(), in.data() + 4 * width, sums.data(), 4, 9);
      CHECK(sums.intact());
      la::dense_view<T const> const y(sums.data(), 7, width);
      CHECK(lacuna_test::check_product(lacuna_test::plain_transpose<T>(a), x, y) == "");
    }
  }
}

TEST_CASE("scatter: X of an empty row is not read") {
  la::dense<float> w(3, 2);
  w(0, 1) = 2;  // rows 1 and 2 are empty, and X ends before them
  auto const a = la::pack<la::csr<float>>(w);
  guarded<float> x(1);
  x[0] = 3;
  float sums[2] = {};
  la::kernel::scatter_column(a.view(), la::vector_view<float const>(x.data(), 3), sums, 0, 3);
  CHECK(sums[1] == 6);

  constexpr auto lanes = static_cast<la::index>(la::simd::batch<float, arch>::size);
  guarded<float> line(lanes);
  for (auto& value : line) value = 3;
  la::buffer<float> tile(2 * lanes);
  la::kernel::scatter<arch>::run<1>(a.view(), line.data(), tile.data(), 0, 3);
  CHECK(tile[2 * lanes - 1] == 6);
  CHECK(lacuna_test::faults([&] {  // the net: a row that is not empty is read
    la::kernel::scatter<arch>::run<1>(a.view(), line.data() + lanes, tile.data(), 0, 1);
  }));
}

TEST_CASE("scatter: one column of integers wraps like every other sum") {
  la::dense<std::int8_t> w(2, 1);
  w(0, 0) = 100;
  w(1, 0) = -7;
  auto const a = la::pack<la::csr<std::int8_t>>(w);
  std::vector<std::uint8_t> const x{255, 2};
  std::int32_t sum = 1;
  la::kernel::scatter_column(a.view(), la::vector_view<std::uint8_t const>(x.data(), 2), &sum, 0, 2);
  CHECK(sum == 1 + 25500 - 14);
}
