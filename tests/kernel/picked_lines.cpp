// SPDX-License-Identifier: MIT
#include <lacuna/format/vnm.hpp>
#include <lacuna/kernel/picked_lines.hpp>

#include "support/guard.hpp"
#include "support/guarded_operands.hpp"
#include "support/int8_products.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using arch = la::simd::default_arch;
using byte = la::simd::dot4_byte<arch>;

namespace {

/// The product of a band of a matrix of two, all but some rows of it, with X of N registers: rows of X in quads, as far
/// as the kernel says that it reads them, between guard pages.
template <int N, int R, int Keep, int M>
lacuna::index wrong_sums(lacuna_test::random& r, la::index cols, lacuna_test::placement where) {
  using kernel = la::kernel::picked_lines<arch, R>;
  constexpr auto line = la::index{N} * static_cast<la::index>(la::simd::batch<std::int32_t, arch>::size);  // tokens
  auto const a = lacuna_test::int8_matrix<la::vnm<std::int8_t, R, Keep, M>>(r, 2 * R, cols);
  lacuna_test::guarded_sparse<la::vnm<std::int8_t, R, Keep, M>> const guarded_a(a, where);
  auto const view = guarded_a.view();
  auto const inputs = 4 * kernel::quads(view);
  guarded<byte> x(inputs * line, where);
  for (auto& b : x) b = static_cast<byte>(r.bits());
  x.make_read_only();
  std::int32_t start[std::size_t{2 * R}];
  kernel::weight_sums(view, 3, start, 0, kernel::lines(view));
  la::index const low = cols % 2, high = R - cols / 2 % 2;
  guarded<std::int32_t> sums((R - 1) * (line + 3) + line, where);
  for (auto& s : sums) s = 77;
  la::kernel::quads_matrix<decltype(view)> const matrix{view, inputs / 4, start};
  kernel::template multiply_line<N>(matrix, 1, reinterpret_cast<std::int32_t const*>(x.data()),
                                    la::kernel::quad_sums{start + R, sums.data(), line + 3, low, high});
  la::index wrong = !sums.intact();
  for (la::index i = 0; i != R; ++i) {
    std::vector<std::int32_t> sum(static_cast<std::size_t>(line));
    std::int32_t factor = 0;
    view.visit_row(R + i, [&](la::index k, std::int8_t w) {
      factor += 3 * w;
      for (la::index t = 0; t != line; ++t) sum[static_cast<std::size_t>(t)] += w * x[k / 4 * line * 4 + t * 4 + k % 4];
    });
    wrong += start[R + i] != factor;
    for (la::index t = 0; t != line; ++t)
      wrong += sums[i * (line + 3) + t] !=
               (i >= low && i < high ? static_cast<std::int32_t>(factor + sum[static_cast<std::size_t>(t)]) : 77);
  }
  return wrong;
}

/// Remainders of groups and of quads, and more of those than are taken at a time.
template <int N, int R, int Keep, int M>
void check(unsigned seed) {
  lacuna_test::random r(seed);
  for (la::index const cols : {0, 1, 3, 5, 6, 8, 9, 11, 15, 47, 256, 513, 1037})
    for (auto const where : lacuna_test::both_placements) {
      CAPTURE(N, R, Keep, M, cols);
      REQUIRE(wrong_sums<N, R, Keep, M>(r, cols, where) == 0);
    }
}

}  // namespace

TEST_CASE("picked_lines: bands of every width of X, all masks, between guard pages") {
  check<1, 16, 2, 4>(1);
  check<2, 16, 2, 4>(2);
  check<4, 16, 2, 4>(3);
  check<8, 16, 2, 4>(4);
  check<4, 4, 2, 4>(5);
  check<8, 7, 4, 8>(6);
  check<2, 1, 4, 8>(7);
}
