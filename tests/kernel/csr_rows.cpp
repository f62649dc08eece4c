// SPDX-License-Identifier: MIT
#include <lacuna/kernel/csr_rows.hpp>

#include "support/csr_blocks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace tests_of_csr_rows {

namespace la = lacuna;
using kernel = la::kernel::csr_rows<la::simd::default_arch>;

TEMPLATE_TEST_CASE("csr_rows: rows of every kind, in blocks of few and many, between guard pages", "", float, double,
                   la::bf16) {
  using S = la::accumulator_t<TestType>;
  if constexpr (la::simd::has_batch<la::simd::default_arch, S>) {
    auto const check = [&]<int N, class I>() {
      lacuna_test::check_blocks<N, TestType, I>([](la::index, auto a, auto x, S*, la::index first, la::index rows,
                                                   auto done) { kernel::run<N, S>(a, x, first, rows, done); });
    };
    check.template operator()<8, std::uint32_t>();
    check.template operator()<2, std::int64_t>();
    check.template operator()<1, std::uint16_t>();
  }
}

TEST_CASE("csr_rows: rows of more slots than are told apart") {
  lacuna_test::random r(2);
  auto const a = lacuna_test::whole_csr<float, std::uint32_t>(r, 9, 1500, 2);
  auto const run = [](la::index, auto v, auto x, float*, la::index first, la::index rows, auto done) {
    kernel::run<2, float>(v, x, first, rows, done);
  };
  if constexpr (la::simd::has_batch<la::simd::default_arch, float>)
    CHECK(lacuna_test::wrong_block(a, 0, 0, 9, {2, run, run}) == 0);
}

/// Rows in step, the first of which has more slots than the others, so that what it has is not what all have.
TEMPLATE_TEST_CASE("csr_rows: unequal rows of more slots than are told apart", "", float, double, la::bf16) {
  using S = la::accumulator_t<TestType>;
  if constexpr (la::simd::has_batch<la::simd::default_arch, S>) {
    la::index const counts[] = {1500, 1023, 1030, 1022, 1499, 1100, 1500, 1024, 3};
    la::mask keep(9, 1500);
    la::dense<float> w(9, 1500);
    for (la::index i = 0; i != 9; ++i)
      for (la::index j = 0; j != counts[i]; ++j) {
        w(i, j) = static_cast<float>((i + 2 * j) % 9 - 4);
        keep.set(i, j);
      }
    auto const a = la::pack<la::csr<TestType>>(w, keep);
    auto const check = [&]<int N>() {
      CAPTURE(N);
      auto const run = [](la::index, auto v, auto x, S*, la::index first, la::index rows, auto done) {
        kernel::run<N, S>(v, x, first, rows, done);
      };
      for (la::index const first : {0, 1, 5})
        CHECK(lacuna_test::wrong_block(a, 0, first, 9 - first, {N, run, run}) == 0);
    };
    check.template operator()<1>();
    check.template operator()<2>();
  }
}

}  // namespace tests_of_csr_rows
