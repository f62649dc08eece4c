// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/nm.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>

#include "support/few_columns_checks.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

template <class T, int Keep, int M>
void check(unsigned seed) {
  using format = la::nm<T, Keep, M>;
  using kernel = la::kernel::few_columns<typename format::layout, arch>;
  using S = la::accumulator_t<T>;
  if constexpr (kernel::template widest<la::view_t<format>> != 0) {
    lacuna_test::random r(seed);
    for (la::index const cols : {0, 1, M + 1, 17 * M, 36 * M + 1})
      for (la::index width = 1; width <= kernel::template widest<la::view_t<format>>; width += width < 5 ? 1 : 3) {
        auto const w = lacuna_test::random_dense<T>(r, 19, cols);
        auto const a = la::pack<format>(w, la::prune(w, la::magnitude{}, la::n_of_m<Keep, M>{}));
        auto x = lacuna_test::random_dense<S>(r, cols, width);
        CAPTURE(Keep, M, cols, width);
        for (auto const where : lacuna_test::both_placements) lacuna_test::check_few_columns<kernel>(a, x, where);
        if (cols == 0) continue;
        x(r.below(cols), r.below(width)) = -std::numeric_limits<S>::infinity();
        lacuna_test::check_few_columns<kernel>(a, x, lacuna_test::placement::upper);
      }
  }
}

}  // namespace

TEST_CASE("few columns of N:M codes: every width and rest, between guard pages, Inf") {
  check<float, 1, 4>(1);
  check<float, 2, 8>(2);
  check<float, 1, 16>(3);
  check<double, 1, 4>(4);
  check<la::bf16, 2, 8>(5);
}

TEST_CASE("few columns of N:M masks: every width and rest, between guard pages, Inf") {
  check<float, 2, 4>(6);
  check<float, 4, 8>(7);
  check<double, 2, 4>(8);
}

TEST_CASE("few columns of N:M codes: what they take") {
  using codes = la::kernel::few_columns<la::nm_layout<1, 4>, arch>;
  STATIC_REQUIRE(codes::widest<la::nm_view<float, 1, 4>> == 4);
  STATIC_REQUIRE(codes::widest<la::nm_view<std::int8_t, 1, 4>> == 0);
}

namespace {

/// Columns that kernels for few columns are taken for; 0 if they do not take the type.
template <class T, int Keep, int M>
la::index most() {
  using view = la::nm_view<T, Keep, M>;
  using kernel = la::kernel::few_columns<la::nm_layout<Keep, M>, arch>;
  if constexpr (kernel::template widest<view> == 0)
    return 0;
  else
    return kernel::most(la::pack<la::nm<T, Keep, M>>(la::dense<T>(2, 3 * M)).view());
}

constexpr bool zen = la::detail::tuned_for_zen;

}  // namespace

TEST_CASE("few columns of N:M codes: where tiles take over") {
  if constexpr (la::simd::avx512<arch>) {
    CHECK(most<float, 1, 4>() == (zen ? 4 : 6));
    CHECK(most<la::bf16, 2, 8>() == (zen ? 4 : 6));
    CHECK(most<double, 1, 4>() == 6);
    CHECK(most<float, 1, 16>() == 2);
  } else if constexpr (la::simd::avx2<arch>) {
    CHECK(most<float, 1, 4>() == 2);
    CHECK(most<float, 2, 8>() == 2);
    CHECK(most<float, 1, 16>() == 2);
  }
}

TEST_CASE("few columns of N:M masks: where tiles take over") {
  if constexpr (la::simd::avx512<arch>) {
    CHECK(most<float, 2, 4>() == 8);
    CHECK(most<float, 4, 8>() == 8);
  } else if constexpr (la::simd::avx2<arch>) {
    CHECK(most<float, 2, 4>() == (zen ? 4 : 8));
    CHECK(most<float, 4, 8>() == (zen ? 4 : 8));
    CHECK(most<double, 2, 4>() == 8);
    CHECK(most<la::bf16, 2, 4>() == 8);
  }
}

TEST_CASE("few columns of N:M: widths whose sums a plain Y takes") {
  using codes = la::kernel::few_columns<la::nm_layout<1, 4>, arch>;
  using masks = la::kernel::few_columns<la::nm_layout<2, 4>, arch>;
  for (la::index n = 1; n <= 4; ++n) CHECK(codes::writes<la::nm_view<float, 1, 4>>(n) == n);
  for (la::index const n : {2, 4, 8}) CHECK(masks::writes<la::nm_view<float, 2, 4>>(n) == n);
}
