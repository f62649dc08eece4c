// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/spmm/csr.hpp>
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

namespace tests_of_spmm_csr {

namespace la = lacuna;
using lacuna_test::guarded_dense;
using lacuna_test::guarded_sparse;
using arch = la::simd::default_arch;
using kernel = la::kernel::spmm<la::csr_layout, arch>;

namespace {

/// Some rows are empty, one is full, the others hold each column with the same chance, in percent.
la::mask pattern(lacuna_test::random& r, la::index rows, la::index cols, la::index percent) {
  la::mask keep(rows, cols);
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j)
      if (i == 1 || (i % 7 != 3 && r.below(100) < percent)) keep.set(i, j);
  return keep;
}

struct shape {
  la::index rows, cols, percent;
};

/// Rows around the four in step and the blocks of 128 and 256; columns around the tiles of 32 KB and more; dense enough
/// for tiles, and thin enough for whole rows, in a slice of X that fits and in one that does not.
constexpr shape shapes[] = {{1, 1, 100},   {3, 63, 50},    {4, 64, 30},    {5, 65, 50},  {9, 129, 40},
                            {127, 70, 20}, {130, 257, 12}, {131, 90, 4},   {258, 40, 3}, {12, 3000, 2},
                            {6, 2500, 30}, {1030, 33, 9},  {200, 1200, 1}, {7, 0, 0},    {0, 7, 0}};

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

}  // namespace

// Each type of weights with another type of index.
TEMPLATE_TEST_CASE("csr: every way through the kernel, between guard pages", "", la::csr<float>,
                   (la::csr<double, std::int32_t>)) {
  using T = typename TestType::value_type;
  if constexpr (la::simd::has_batch<arch, T>) {
    constexpr auto lanes = lacuna_test::lanes_of<T>;
    lacuna_test::random r(1);
    la::index number = 0;
    for (auto const& s : shapes)
      for (la::index const n : {2, 3, lanes - 1, 2 * lanes, 4 * lanes + 1, 8 * lanes, 15 * lanes + 2}) {
        if (lacuna_test::quick() && ++number % 3 != 0) continue;
        auto const where = lacuna_test::both_placements[n % 2];
        auto const w = lacuna_test::random_dense<T>(r, s.rows, s.cols);
        auto const keep = pattern(r, s.rows, s.cols, s.percent);
        auto const x = lacuna_test::random_dense<T>(r, s.cols, n);
        CAPTURE(s.rows, s.cols, s.percent, n, where);
        REQUIRE(problem(la::pack<TestType>(w, keep), x, where) == "");
      }
  }
}

TEST_CASE("csr: columns of 16 bits, offsets of 64, and weights of 16 bits") {
  lacuna_test::random r(2);
  for (auto const& s : shapes) {
    auto const w = lacuna_test::random_dense<float>(r, s.rows, s.cols);
    auto const keep = pattern(r, s.rows, s.cols, s.percent);
    auto const x = lacuna_test::random_dense<float>(r, s.cols, 10 * lacuna_test::lanes_of<float> + 1);
    CAPTURE(s.rows, s.cols, s.percent);
    auto const a = la::pack<la::csr<la::bf16, std::uint16_t, std::int64_t>>(w, keep);
    REQUIRE(problem(a, x, lacuna_test::placement::upper) == "");
  }
}

TEST_CASE("csr: infinities and NaN of X reach the rows that store something opposite, and no others") {
  lacuna_test::random r(3);
  for (la::index const percent : {3, 40}) {
    auto const keep = pattern(r, 140, 90, percent);
    auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 140, 90), keep);
    auto const clean = lacuna_test::random_dense<float>(r, 90, 8 * lacuna_test::lanes_of<float> + 1);
    auto x = clean;
    for (la::index j = 0; j != x.cols(); ++j) x(17, j) = std::numeric_limits<float>::quiet_NaN();
    la::dense<float> y(140, x.cols()), expected(140, x.cols());
    la::spmm(a, x, y);
    la::spmm(a, clean, expected);
    la::index wrong = 0;
    for (la::index i = 0; i != 140; ++i)
      for (la::index j = 0; j != x.cols(); ++j)
        wrong += keep(i, 17) ? !(y(i, j) != y(i, j)) : y(i, j) != expected(i, j);
    CHECK(wrong == 0);
  }
}

TEST_CASE("csr: rows of X that stand apart and are read seldom are read in place, to the same bits") {
  lacuna_test::random r(4);
  lacuna_test::executors const pool;
  for (shape const& s : {shape{9, 400, 2}, shape{21, 90, 30}, shape{131, 700, 4}}) {  // whole rows, tiles, both
    auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, s.rows, s.cols),
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

TEST_CASE("csr: takes floating weights") {
  STATIC_REQUIRE(kernel::accepts<la::csr_view<la::f16>, float>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::csr_view<std::int8_t>, std::int32_t>);
}

}  // namespace tests_of_spmm_csr
