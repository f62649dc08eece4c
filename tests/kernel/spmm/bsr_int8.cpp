// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/spmm/bsr_int8.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::guarded_dense;
using lacuna_test::placement;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// What is wrong with A X, or nothing: exact int32 of operands between guard pages, of any stride, and as linear too.
template <class X, la::order OX, la::order OY, int R, int C>
std::string problem(la::bsr<std::int8_t, R, C> const& a, la::dense<X> const& x, placement where) {
  lacuna_test::guarded_sparse<la::bsr<std::int8_t, R, C>> const guarded_a(a, where);
  guarded_dense<X, OX> in(x, a.rows() % 3, where);
  la::dense_view<X const, OX> const in_view = in.view();
  for (bool const turned : {false, true}) {
    guarded_dense<std::int32_t, OY> out(a.rows(), x.cols(), x.cols() % 3, where);
    if (turned)
      la::linear(la::transpose(in_view), guarded_a.view(), la::transpose(out.view()));
    else
      la::spmm(guarded_a.view(), in_view, out.view());
    if (!out.intact()) return "written beside Y";
    if (auto wrong = lacuna_test::check_product(a, x, out.values()); !wrong.empty()) return wrong;
  }
  return "";
}

/// Blocks of any rows: some full, some empty; with extremes beside each other.
template <int R, int C>
la::bsr<std::int8_t, R, C> sparse(lacuna_test::random& r, la::index rows, la::index cols) {
  auto w = lacuna_test::random_dense<std::int8_t>(r, rows, cols);
  for (la::index i = 0; i < rows; i += 1 + r.below(3))
    for (la::index j = 0; j != cols; ++j) w(i, j) = r.below(4) == 0 ? std::int8_t{127} : std::int8_t{-128};
  return la::pack<la::bsr<std::int8_t, R, C>>(w,
                                              lacuna_test::random_mask(r, rows, cols, lacuna_test::coverage::ragged));
}

template <class X>
la::dense<X> inputs(lacuna_test::random& r, la::index rows, la::index cols) {
  la::dense<X> x(rows, cols);
  for (la::index k = 0; k != rows; ++k)
    for (la::index j = 0; j != cols; ++j)
      x(k, j) = r.below(3) == 0 ? static_cast<X>(r.bits() & 0x7Fu)
                                : (j % 2 == 0 ? std::numeric_limits<X>::min() : std::numeric_limits<X>::max());
  return x;
}

/// Remainders of blocks, of tiles of columns, and of quads.
template <int R, int C>
void check(unsigned seed) {
  lacuna_test::random r(seed);
  la::index number = 0;
  for (la::index const rows : {0, 1, R - 1, R, 2 * R + 1, 40})
    for (la::index const cols : {0, 1, C, 3 * C + 1, 67})
      for (la::index const n : {2, 9, 15, 16, 17, 33, 64, 97, 128, 131, 0}) {
        if (++number % (lacuna_test::quick() ? 11 : 3) != 0) continue;
        auto const a = sparse<R, C>(r, rows, cols);
        auto const where = lacuna_test::both_placements[static_cast<std::size_t>(number % 2)];
        auto const u = inputs<std::uint8_t>(r, cols, n);
        auto const s = inputs<std::int8_t>(r, cols, n);
        CAPTURE(R, C, rows, cols, n, where);
        REQUIRE((problem<std::uint8_t, row, row>(a, u, where)) == "");
        REQUIRE((problem<std::uint8_t, col, col>(a, u, where)) == "");
        REQUIRE((problem<std::int8_t, row, col>(a, s, where)) == "");
        REQUIRE((problem<std::int8_t, col, row>(a, s, where)) == "");
      }
}

}  // namespace

TEST_CASE("bsr int8 spmm: takes int8 and no other") {
  using la::kernel::spmm_quads;
  STATIC_REQUIRE(spmm_quads<la::bsr_layout<4, 4>, arch>::accepts<la::bsr_view<std::int8_t, 4, 4>> ==
                 la::simd::has_batch<arch, std::int8_t>);
  STATIC_REQUIRE_FALSE(spmm_quads<la::bsr_layout<4, 4>, arch>::accepts<la::bsr_view<float, 4, 4>>);
}

TEST_CASE("bsr int8 spmm: blocks of four columns, exact") {
  check<32, 4>(1);
  check<16, 4>(2);
  check<4, 4>(3);
  check<3, 4>(4);
}

TEST_CASE("bsr int8 spmm: blocks of more columns, exact") {
  check<1, 8>(5);
  check<5, 12>(6);
}

TEST_CASE("bsr int8 spmm: with an epilogue and in many threads as in one") {
  lacuna_test::random r(9);
  auto const a = sparse<8, 4>(r, 203, 133);
  auto const x = inputs<std::int8_t>(r, 133, 200);
  std::vector<float> b(203);
  for (auto& value : b) value = static_cast<float>(r.below(100));
  la::dense<float> one(203, 200), many(203, 200);
  la::dense<std::int32_t> sums(203, 200);
  la::threads pool(3);
  la::spmm(a, x, sums);
  la::spmm(a, x, one, la::scale(0.5f) | la::bias(b));
  la::spmm(pool, a, x, many, la::scale(0.5f) | la::bias(b));
  la::index wrong = 0;
  for (la::index i = 0; i != 203; ++i)
    for (la::index j = 0; j != 200; ++j)
      wrong += one(i, j) != static_cast<float>(sums(i, j)) * 0.5f + b[static_cast<std::size_t>(i)] ||
               many(i, j) != one(i, j);
  CHECK(wrong == 0);
}
