// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmv/tiled_sell.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::coverage;
using lacuna_test::guarded_dense;
using lacuna_test::guarded_sparse;
using lacuna_test::placement;
using arch = la::simd::default_arch;

namespace {

template <class F>
using kernel = la::kernel::spmv<typename F::layout, arch>;

template <class F>
F sparse(lacuna_test::random& r, la::index rows, la::index cols, coverage how) {
  return la::pack<F>(lacuna_test::random_dense<typename F::value_type>(r, rows, cols),
                     lacuna_test::random_mask(r, rows, cols, how));
}

/// The kernel over all of A, everything between guard pages; "" or what is wrong.
template <class F, class X>
std::string problem(F const& a, la::dense<X> const& x, placement where) {
  guarded_sparse<F> const guarded_a(a, where);
  guarded_dense<X> in(x, 0, where), out(a.rows(), 1, 0, where);
  kernel<F>::run(guarded_a.view(), la::vector_view<X const>(in.view().data(), a.cols()),
                 la::vector_view<X>(out.view().data(), a.rows()), la::identity_epilogue{}, 0, a.rows());
  if (!out.intact()) return "written beside y";
  return lacuna_test::check_product(a, x, out.values());
}

/// Rows and columns around the edges of windows, tiles and registers.
template <class F>
void check_edges() {
  using X = la::accumulator_t<typename F::value_type>;
  if constexpr (la::simd::has_batch<arch, X>) {
    constexpr auto window = F::layout::window, tile = F::layout::tile;
    lacuna_test::random r(1);
    for (auto const how : lacuna_test::all_coverages)
      for (la::index const cols : {la::index{0}, la::index{1}, tile - 1, tile, tile + 1, 3 * tile + 5})
        for (la::index const rows : {la::index{1}, la::index{13}, la::index{16}, la::index{17}, window - 1, window,
                                     window + 1, window + 13, 2 * window + 8, 2 * window + 21}) {
          if (lacuna_test::quick() && (rows + cols) % 3 == 0) continue;
          CAPTURE(rows, cols, lacuna_test::name_of(how));
          auto const a = sparse<F>(r, rows, cols, how);
          auto const x = lacuna_test::random_dense<X>(r, cols, 1);
          for (auto const where : lacuna_test::both_placements) REQUIRE(problem(a, x, where) == "");
        }
  }
}

}  // namespace

TEST_CASE("tiled_sell spmv: takes what it says, and nothing else") {
  using floats = la::tiled_sell_view<float>;
  STATIC_REQUIRE(kernel<floats>::accepts<floats, float, float>);
  STATIC_REQUIRE_FALSE(kernel<floats>::accepts<floats, double, double>);
  using doubles = la::tiled_sell_view<double>;
  STATIC_REQUIRE(kernel<doubles>::accepts<doubles, double, double> == la::simd::has_batch<arch, double>);
  using halves = la::tiled_sell_view<la::bf16>;
  STATIC_REQUIRE(kernel<halves>::accepts<halves, float, float>);
  STATIC_REQUIRE_FALSE(kernel<halves>::accepts<halves, la::bf16, la::bf16>);
  using bytes = la::tiled_sell_view<std::int8_t>;
  STATIC_REQUIRE(kernel<bytes>::accepts<bytes, std::int8_t, std::int32_t>);
  STATIC_REQUIRE_FALSE(kernel<bytes>::accepts<bytes, float, std::int32_t>);
}

TEST_CASE("tiled_sell spmv: floats, every edge and density, between guard pages") {
  check_edges<la::tiled_sell<float>>();
  check_edges<la::tiled_sell<float, 32, 4>>();
  check_edges<la::tiled_sell<float, 7, 3>>();
}

TEST_CASE("tiled_sell spmv: other types, every edge and density, between guard pages") {
  check_edges<la::tiled_sell<double>>();
  check_edges<la::tiled_sell<double, 16, 2>>();
  check_edges<la::tiled_sell<la::bf16>>();
  check_edges<la::tiled_sell<la::bf16, 200, 4>>();  // more than registers of a table hold
  check_edges<la::tiled_sell<la::f16, 16, 8>>();
}

TEST_CASE("tiled_sell spmv: Inf and NaN of x reach only rows that store something opposite") {
  lacuna_test::random r(2);
  using F = la::tiled_sell<float, 32, 4>;
  for (la::index cols : {1, 16, 33, 70}) {
    auto const a = sparse<F>(r, 75, cols, coverage::ragged);
    for (la::index bad = 0; bad != cols; ++bad) {
      auto x = lacuna_test::random_dense<float>(r, cols, 1);
      x(bad, 0) = bad % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : -std::numeric_limits<float>::infinity();
      CAPTURE(cols, bad);
      REQUIRE(problem(a, x, placement::upper) == "");  // the oracle says where it must be NaN, and where finite
    }
  }
}

TEST_CASE("tiled_sell spmv: any range of rows, also from the middle of a window") {
  lacuna_test::random r(3);
  using F = la::tiled_sell<float, 32, 1>;
  auto const a = sparse<F>(r, 50, 70, coverage::ragged);
  CHECK(kernel<F>::unit(a.view()) == 16);
  auto const x = lacuna_test::random_vector<float>(r, 70);
  std::vector<float> all(50);
  kernel<F>::run(a.view(), la::vector_of(x), la::vector_of(all), la::identity_epilogue{}, 0, 50);
  for (la::index first = 0; first <= 50; ++first)
    for (la::index last = first; last <= 50; last += 1 + last % 4) {
      std::vector<float> some(50, 77);
      kernel<F>::run(a.view(), la::vector_of(x), la::vector_of(some), la::identity_epilogue{}, first, last);
      bool fine = true;
      for (la::index i = 0; i != 50; ++i) {
        auto const at = static_cast<std::size_t>(i);
        fine = fine && some[at] == (i >= first && i < last ? all[at] : 77.0f);
      }
      REQUIRE(fine);
    }
}

TEST_CASE("tiled_sell spmv: many values to a sum") {
  lacuna_test::random r(4);
  for (la::index cols : {1000, 4099}) {
    auto const x = lacuna_test::random_dense<float>(r, cols, 1, lacuna_test::spread::heavy_tailed);
    REQUIRE(problem(sparse<la::tiled_sell<float>>(r, 5, cols, coverage::half), x, placement::upper) == "");
    REQUIRE(problem(sparse<la::tiled_sell<float>>(r, 2, cols, coverage::all), x, placement::lower) == "");
  }
}
