// SPDX-License-Identifier: MIT
#include <lacuna/kernel/select/dots.hpp>

#include "support/guarded_operands.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEST_CASE("dots: each line of a with each of b, once, in order, the same bits as alone, between guard pages") {
  lacuna_test::random r(1);
  for (la::index const length : {0, 1, 15, 16, 17, 70})
    for (la::index const rows : {0, 1, 3, 4, 5, 9})
      for (la::index const cols : {0, 1, 4, 7, 8, 9, 17})
        for (auto const where : lacuna_test::both_placements) {
          if (lacuna_test::quick() && (rows + cols) % 3 == 1) continue;
          lacuna_test::guarded_dense<float> a(lacuna_test::random_dense<float>(r, rows, length), 3, where);
          lacuna_test::guarded_dense<float> b(lacuna_test::random_dense<float>(r, cols, length), 2, where);
          auto const av = a.view();
          auto const bv = b.view();
          std::vector<float> got(static_cast<std::size_t>(rows * cols), -1);
          std::vector<la::index> last_col(static_cast<std::size_t>(rows + 1), -1),
              last_row(static_cast<std::size_t>(cols + 1), -1);
          bool ordered = true;
          la::kernel::for_each_dot<arch>(av.data(), rows, av.stride(), bv.data(), cols, bv.stride(), length,
                                         [&](la::index i, la::index j, float dot) {
                                           got[static_cast<std::size_t>(i * cols + j)] = dot;
                                           ordered &= last_col[static_cast<std::size_t>(i)] < j &&
                                                      last_row[static_cast<std::size_t>(j)] < i;
                                           last_col[static_cast<std::size_t>(i)] = j;
                                           last_row[static_cast<std::size_t>(j)] = i;
                                         });
          REQUIRE(ordered);
          for (la::index i = 0; i != rows; ++i)
            for (la::index j = 0; j != cols; ++j) {
              double dot = 0;
              for (la::index d = 0; d != length; ++d)
                dot += static_cast<double>(av(i, d)) * static_cast<double>(bv(j, d));
              auto const product = got[static_cast<std::size_t>(i * cols + j)];
              REQUIRE(std::fabs(static_cast<double>(product) - dot) < 1e-5);
              la::kernel::for_each_dot<arch>(&av(0, 0) + i * av.stride(), 1, 0, &bv(0, 0) + j * bv.stride(), 1, 0,
                                             length,
                                             [&](la::index, la::index, float alone) { REQUIRE(alone == product); });
            }
        }
}
