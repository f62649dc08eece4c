// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmv/nm.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded_dense;
using lacuna_test::guarded_sparse;
using lacuna_test::placement;
using arch = la::simd::default_arch;
template <int Keep, int M>
using kernel = la::kernel::spmv<la::nm_layout<Keep, M>, arch>;

namespace {

template <class T, int Keep, int M>
la::nm<T, Keep, M> sparse(lacuna_test::random& r, la::index rows, la::index cols) {
  auto const w = lacuna_test::random_dense<T>(r, rows, cols);
  return la::pack<la::nm<T, Keep, M>>(w, la::prune(w, la::magnitude{}, la::n_of_m<Keep, M>{}));
}

/// The kernel over all of A, everything between guard pages; "" or what is wrong.
template <class T, int Keep, int M>
std::string problem(la::nm<T, Keep, M> const& a, la::dense<T> const& x, placement where) {
  guarded_sparse<la::nm<T, Keep, M>> const guarded_a(a, where);
  guarded_dense<T> in(x, 0, where), out(a.rows(), 1, 0, where);
  kernel<Keep, M>::run(guarded_a.view(), la::vector_view<T const>(in.view().data(), a.cols()),
                       la::vector_view<T>(out.view().data(), a.rows()), la::identity_epilogue{}, 0, a.rows());
  if (!out.intact()) return "written beside y";
  return lacuna_test::check_product(a, x, out.values());
}

template <class T, int Keep, int M>
void check_lengths(unsigned seed) {
  lacuna_test::random r(seed);
  for (la::index cols = 0; cols <= 200; cols += lacuna_test::quick() && cols > 20 ? 13 : 1)
    for (auto const where : lacuna_test::both_placements) {
      CAPTURE(Keep, M, cols, where);
      auto const a = sparse<T, Keep, M>(r, 1 + cols % 5, cols);
      REQUIRE(problem(a, lacuna_test::random_dense<T>(r, cols, 1), where) == "");
    }
}

}  // namespace

TEST_CASE("nm spmv: takes masks of float and double, and nothing else") {
  STATIC_REQUIRE(kernel<2, 4>::accepts<la::nm_view<float, 2, 4>, float, float>);
  STATIC_REQUIRE(kernel<4, 8>::accepts<la::nm_view<double, 4, 8>, double, double> == la::simd::has_batch<arch, double>);
  STATIC_REQUIRE_FALSE(kernel<1, 4>::accepts<la::nm_view<float, 1, 4>, float, float>);
  STATIC_REQUIRE_FALSE(kernel<2, 4>::accepts<la::nm_view<float, 2, 4>, float, double>);
  STATIC_REQUIRE_FALSE(kernel<2, 4>::accepts<la::nm_view<la::bf16, 2, 4>, float, float>);
  STATIC_REQUIRE_FALSE(kernel<2, 4>::accepts<la::nm_view<std::int8_t, 2, 4>, std::int8_t, std::int32_t>);
}

TEMPLATE_TEST_CASE("nm spmv: every length, short groups included, between guard pages", "", float, double) {
  if constexpr (la::simd::has_batch<arch, TestType>) {
    check_lengths<TestType, 2, 4>(1);
    check_lengths<TestType, 4, 8>(2);
    check_lengths<TestType, 3, 5>(3);
    check_lengths<TestType, 8, 32>(4);
  }
}

TEST_CASE("nm spmv: Inf and NaN of x reach only rows that store something opposite") {
  lacuna_test::random r(5);
  for (la::index cols : {4, 18, 64, 67}) {
    auto const a = sparse<float, 2, 4>(r, 40, cols);
    for (la::index bad = 0; bad != cols; ++bad) {
      auto x = lacuna_test::random_dense<float>(r, cols, 1);
      x(bad, 0) = bad % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : -std::numeric_limits<float>::infinity();
      CAPTURE(cols, bad);
      REQUIRE(problem(a, x, placement::upper) == "");
    }
  }
}

TEST_CASE("nm spmv: any range of rows") {
  lacuna_test::random r(6);
  auto const a = sparse<float, 2, 4>(r, 9, 70);
  auto const x = lacuna_test::random_vector<float>(r, 70);
  std::vector<float> all(9);
  kernel<2, 4>::run(a.view(), la::vector_of(x), la::vector_of(all), la::identity_epilogue{}, 0, 9);
  for (la::index first = 0; first <= 9; ++first)
    for (la::index last = first; last <= 9; ++last) {
      std::vector<float> some(9, 77);
      kernel<2, 4>::run(a.view(), la::vector_of(x), la::vector_of(some), la::identity_epilogue{}, first, last);
      bool fine = true;
      for (la::index i = 0; i != 9; ++i) {
        auto const at = static_cast<std::size_t>(i);
        fine = fine && some[at] == (i >= first && i < last ? all[at] : 77.0f);
      }
      REQUIRE(fine);
    }
}
