// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/packed.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
using lacuna_test::guarded_dense;
using arch = la::simd::default_arch;
using packed = la::kernel::packed<la::kernel::row_tile<arch>>;
constexpr auto col = la::order::col_major;

TEST_CASE("packed: copies a range of rows and columns, and touches nothing else") {
  lacuna_test::random r(1);
  for (la::index rows : {1, 15, 16, 17, 40})
    for (la::index width : {1, 7, 16, 33}) {
      auto const x = lacuna_test::random_dense<float>(r, rows, width + 5);
      guarded_dense<float, col> in(x, rows % 3, lacuna_test::placement::upper);
      auto const stride = packed::stride(width);
      for (la::index first = 0; first <= rows; first += 1 + rows / 5)
        for (la::index last = first; last <= rows; last += 1 + rows / 4) {
          lacuna_test::guarded<float> to(rows * stride);
          for (la::index e = 0; e != rows * stride; ++e) to[e] = 77;
          packed::copy(la::dense_view<float const, col>(in.view()), 3, width, to.data(), first, last);
          la::index wrong = 0;
          for (la::index i = 0; i != rows; ++i)
            for (la::index j = 0; j != stride; ++j)
              wrong += to[i * stride + j] != (i >= first && i < last && j < width ? x(i, 3 + j) : 77.0f);
          CAPTURE(rows, width, first, last);
          REQUIRE(wrong == 0);
        }
    }
}

TEST_CASE("packed: X by columns gives the bits that X by rows gives, on both sides of a copy's width") {
  lacuna_test::random r(2);
  auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 9, 21),
                                          lacuna_test::random_mask(r, 9, 21, lacuna_test::coverage::ragged));
  for (auto const where : lacuna_test::both_placements)
    for (la::index n : {2, 127, 128, 129, 255, 256, 257, 300}) {
      if (lacuna_test::quick() && n > 129) continue;
      auto const x = lacuna_test::random_dense<float>(r, 21, n);
      guarded_dense<float, col> in(x, n % 4, where), out(9, n, n % 3, where);
      la::dense<float> by_row(9, n);
      la::spmm(a, x, by_row);
      la::spmm(a, la::dense_view<float const, col>(in.view()), out.view());
      CAPTURE(n, where);
      REQUIRE(lacuna_test::same_bits(by_row, out.values()));
      REQUIRE(out.intact());
      REQUIRE(lacuna_test::check_product(a, x, by_row) == "");
    }
}
