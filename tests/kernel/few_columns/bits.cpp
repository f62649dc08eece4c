// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/bits.hpp>
#include <lacuna/kernel/few_columns/nm.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>

#include "support/few_columns_checks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using arch = la::simd::default_arch;
using kernel = la::kernel::few_columns<la::bitmap_layout, arch>;

TEMPLATE_TEST_CASE("few columns of bitmap: every width and length, between guard pages, Inf and NaN", "", float, double,
                   la::bf16, la::f16) {
  if constexpr (kernel::widest<la::bitmap_view<TestType>> != 0)
    lacuna_test::check_few_columns<kernel, la::bitmap<TestType>>({0, 1, 7, 33, 64, 65, 140}, {1, 3, 16, 19});
}

TEST_CASE("few columns of bitmap: int8, exact, between guard pages") {
  lacuna_test::check_few_bytes<kernel, la::bitmap<std::int8_t>>({0, 1, 63, 64, 300}, {1, 19});
}

TEST_CASE("few columns of N:M masks: int8, exact, between guard pages") {
  using two = la::nm<std::int8_t, 2, 4>;
  using four = la::nm<std::int8_t, 4, 8>;
  lacuna_test::check_few_bytes<la::kernel::few_columns<two::layout, arch>, two>({5, 130}, {17});
  lacuna_test::check_few_bytes<la::kernel::few_columns<four::layout, arch>, four>({7, 130}, {17});
}

TEST_CASE("few columns of bits: int8 in several passes, exact") {
  using four = la::nm<std::int8_t, 4, 8>;
  CHECK(lacuna_test::passes_of_bytes_problem<kernel, la::bitmap<std::int8_t>>(5) == "");
  CHECK(lacuna_test::passes_of_bytes_problem<la::kernel::few_columns<four::layout, arch>, four>(6) == "");
}

TEST_CASE("few columns of N:M masks: every row has as many values") {
  using F = la::nm<float, 3, 5>;
  using nm_kernel = la::kernel::few_columns<F::layout, arch>;
  lacuna_test::random r(3);
  for (la::index const cols : {4, 31, 64, 90}) {
    auto const w = lacuna_test::random_dense<float>(r, 21, cols);
    auto const a = la::pack<F>(w, la::prune(w, la::magnitude{}, la::n_of_m<3, 5>{}));
    for (la::index const width : {1, 4, 7})
      lacuna_test::check_few_columns<nm_kernel>(a, lacuna_test::random_dense<float>(r, cols, width),
                                                lacuna_test::placement::upper);
  }
}

TEMPLATE_TEST_CASE("few columns of bitmap: the denser, the more of them", "", float, double, la::bf16, std::int8_t) {
  using F = la::bitmap<TestType>;
  if constexpr (kernel::widest<la::bitmap_view<TestType>> != 0) {
    lacuna_test::random r(4);
    auto const w = lacuna_test::random_dense<float>(r, 64, 256);
    la::index before = 0;
    for (double const sparsity : {0.98, 0.88, 0.75, 0.6, 0.45, 0.0}) {
      auto const keep = la::prune(w, la::magnitude{}, la::unstructured{.sparsity = sparsity});
      la::dense<TestType> values(64, 256);
      for (la::index i = 0; i != 64; ++i)
        for (la::index j = 0; j != 256; ++j) values(i, j) = TestType(1);
      auto const most = kernel::most(la::pack<F>(values, keep).view());
      CAPTURE(sparsity, most, before);
      CHECK(most >= before);
      CHECK(most <= 32);
      before = most;
    }
    CHECK(before >= 8);
  }
}

TEST_CASE("few columns of bitmap: where tiles take over") {
  lacuna_test::random r(5);
  auto const most = []<class T>(T, int slots) {  // of 64 in each row
    la::dense<T> values(64, 64);
    for (la::index i = 0; i != 64; ++i)
      for (la::index j = 0; j != slots; ++j) values(i, (i + j) % 64) = T(1);
    return kernel::most(la::pack<la::bitmap<T>>(values).view());
  };
  constexpr bool zen = la::simd::avx2<arch> && la::detail::tuned_for_zen;
  auto const expected = [](la::index avx512, la::index otherwise) {
    return la::simd::avx512<arch> ? avx512 : otherwise;
  };
  CHECK(most(float{}, 32) == expected(24, 16));
  CHECK(most(float{}, 26) == expected(8, 8));
  CHECK(most(float{}, 10) == expected(4, zen ? 4 : 8));
  CHECK(most(float{}, 16) == expected(8, 8));
  CHECK(most(float{}, 15) == expected(8, zen ? 4 : 8));
  CHECK(most(float{}, 9) == expected(4, zen ? 2 : 4));
  CHECK(most(float{}, 5) == expected(2, zen ? 2 : 4));
  CHECK(most(float{}, 4) == expected(2, zen ? 1 : 4));
  CHECK(most(la::bf16{}, 4) == expected(2, 4));
  CHECK(most(double{}, 32) == expected(12, 16));
}

TEST_CASE("few columns of bitmap: a plain Y takes the sums of 2, 4 and 8") {
  using view = la::bitmap_view<float>;
  for (la::index n = 1; n <= 8; ++n) CHECK((kernel::writes<view>(n) == n) == (n == 2 || n == 4 || n == 8));
}
