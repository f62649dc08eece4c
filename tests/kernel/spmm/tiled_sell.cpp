// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/spmm/tiled_sell.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/any_executor.hpp"
#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace tests_of_spmm_tiled_sell {

namespace la = lacuna;
using lacuna_test::guarded_dense;
using lacuna_test::guarded_sparse;
using arch = la::simd::default_arch;

namespace {

/// Some rows are empty, one is full, the others hold each column with the same chance, in percent; some columns, so
/// that there are empty tiles, hold nothing.
la::mask pattern(lacuna_test::random& r, la::index rows, la::index cols, la::index percent, la::index empty = 0) {
  la::mask keep(rows, cols);
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = empty; j < cols; ++j)
      if (i == 1 || (i % 7 != 3 && r.below(100) < percent)) keep.set(i, j);
  return keep;
}

struct shape {
  la::index rows, cols, percent, empty;
};

/// Rows around windows of 16 to 256; columns around tiles of 3 to 64; few and many diagonals, around the eight that are
/// added at a time and the four, two or one rows in step; first and last tiles without a slot.
constexpr shape shapes[] = {{1, 1, 100, 0},   {3, 63, 50, 0},   {5, 64, 30, 0},    {17, 65, 90, 0},  {64, 129, 12, 0},
                            {66, 70, 60, 0},  {256, 64, 5, 0},  {259, 200, 25, 0}, {70, 200, 3, 64}, {33, 65, 0, 65},
                            {300, 130, 1, 0}, {520, 33, 9, 32}, {7, 0, 0, 0},      {0, 7, 0, 0}};

template <class M, class T>
std::string problem(M const& a, la::dense<T> const& x, lacuna_test::placement where) {
  la::threads static pool{3};
  guarded_sparse<M> const guarded_a(a, where);
  guarded_dense<T> in(x, x.cols() % 3, where), out(a.rows(), x.cols(), x.cols() % 4, where);
  la::spmm(guarded_a.view(), la::dense_view<T const>(in.view()), out.view());
  if (!out.intact()) return "written beside Y";
  auto const y = out.values();
  if (auto wrong = lacuna_test::check_product(a, x, y); !wrong.empty()) return wrong;
  guarded_dense<T, la::order::col_major> by_column(a.rows(), x.cols(), 1, where);
  la::spmm(pool, guarded_a.view(), la::dense_view<T const>(in.view()), by_column.view());
  if (!by_column.intact()) return "written beside Y by columns";
  return lacuna_test::same_bits(by_column.values(), y) ? "" : "threads, or Y by columns, differ";
}

/// Columns that the kernel for few leaves to this one, if there are `more` than those.
template <class M>
la::index many(M const& a, la::index more) {
  using few = la::kernel::chosen_few<la::view_t<M>, arch>;
  if constexpr (few::template widest<la::view_t<M>> != 0)
    return few::most(a.view()) + more;
  else
    return 1 + more;
}

}  // namespace

TEMPLATE_TEST_CASE("tiled_sell: every way through the kernel, between guard pages", "", la::tiled_sell<float>,
                   (la::tiled_sell<float, 24, 4>), (la::tiled_sell<float, 3, 1>), la::tiled_sell<double>,
                   (la::tiled_sell<double, 40, 3>), la::tiled_sell<la::bf16>, (la::tiled_sell<la::f16, 100, 2>)) {
  using S = la::accumulator_t<typename TestType::value_type>;
  if constexpr (la::simd::has_batch<arch, S>) {
    constexpr auto lanes = lacuna_test::lanes_of<S>;
    lacuna_test::random r(1);
    la::index number = 0;
    for (auto const& s : shapes) {
      auto const w = lacuna_test::random_dense<S>(r, s.rows, s.cols);
      auto const a = la::pack<TestType>(w, pattern(r, s.rows, s.cols, s.percent, s.empty));
      for (la::index const more : {1, 2, 8, 15}) {
        if (lacuna_test::quick() && ++number % 3 != 0) continue;
        auto const where = lacuna_test::both_placements[more % 2];
        auto const n = more == 1 ? many(a, 1) : more * lanes + (more % 4 == 3 ? 2 : 0);
        auto const x = lacuna_test::random_dense<S>(r, s.cols, n);
        CAPTURE(s.rows, s.cols, s.percent, n, where);
        REQUIRE(problem(a, x, where) == "");
      }
    }
  }
}

TEST_CASE("tiled_sell: infinities and NaN of X reach the rows that store something opposite, and no others") {
  lacuna_test::random r(3);
  for (la::index const percent : {3, 40}) {
    auto const keep = pattern(r, 300, 90, percent);
    auto const w = lacuna_test::random_dense<float>(r, 300, 90);
    auto const a = la::pack<la::tiled_sell<float>>(w, keep);
    auto const wide = la::pack<la::tiled_sell<la::bf16>>(w, keep);
    auto const clean = lacuna_test::random_dense<float>(r, 90, 64 + 8 * lacuna_test::lanes_of<float> + 1);
    auto x = clean;
    for (la::index j = 0; j != x.cols(); ++j)
      x(17, j) = j % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
    auto const wrong = [&](auto const& matrix) {
      la::dense<float> y(300, x.cols()), expected(300, x.cols());
      la::spmm(matrix, x, y);
      la::spmm(matrix, clean, expected);
      la::index count = 0;
      for (la::index i = 0; i != 300; ++i)
        for (la::index j = 0; j != x.cols(); ++j)
          count += keep(i, 17) ? y(i, j) - y(i, j) == 0 : y(i, j) != expected(i, j);
      return count;
    };
    CHECK(wrong(a) == 0);
    CHECK(wrong(wide) == 0);
  }
}

TEST_CASE("tiled_sell: rows of X that stand apart and are read seldom are read in place, to the same bits") {
  lacuna_test::random r(4);
  lacuna_test::executors const pool;
  for (shape const& s : {shape{9, 400, 2, 0}, shape{21, 90, 30, 0}, shape{131, 700, 4, 0}}) {
    auto const a = la::pack<la::tiled_sell<float>>(lacuna_test::random_dense<float>(r, s.rows, s.cols),
                                                   pattern(r, s.rows, s.cols, s.percent));
    REQUIRE(a.stored() <= 8 * a.cols());
    for (la::index const n : {11 * lacuna_test::lanes_of<float>, 16 * lacuna_test::lanes_of<float> + 5})
      for (la::index const apart : {5, 16})
        for (auto const where : lacuna_test::both_placements) {
          auto const x = lacuna_test::random_dense<float>(r, s.cols, n);
          guarded_dense<float> in(x, apart, where);
          guarded_dense<float, la::order::col_major> packed(x, 0, where);
          guarded_dense<float> out(s.rows, n, 0, where), expected(s.rows, n, 0, where);
          la::spmm(a, la::dense_view<float const, la::order::col_major>(packed.view()), expected.view());
          CAPTURE(s.rows, s.cols, n, apart, where);
          REQUIRE(lacuna_test::check_product(a, x, expected.values()) == "");
          for (auto const& [name, exec] : pool.all()) {
            la::spmm(exec, a, la::dense_view<float const>(in.view()), out.view());
            CAPTURE(name);
            REQUIRE(out.intact());
            REQUIRE(lacuna_test::same_bits(out.values(), expected.values()));
          }
        }
  }
}

TEST_CASE("tiled_sell: tiles take floating weights") {
  using kernel = la::kernel::spmm<la::tiled_sell<float>::layout, arch>;
  STATIC_REQUIRE(kernel::accepts<la::tiled_sell_view<la::f16>, float>);
  STATIC_REQUIRE(kernel::accepts<la::tiled_sell_view<float>, float>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::tiled_sell_view<std::int8_t>, std::int32_t>);
}

}  // namespace tests_of_spmm_tiled_sell
