// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/multiply.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <span>

namespace tests_of_multiply {

namespace la = lacuna;
using la::kernel::any_executor;

TEST_CASE("multiply: one column, a few and many, transposed or not, by any executor") {
  lacuna_test::random r(1);
  auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 70, 60),
                                          lacuna_test::random_mask(r, 70, 60, lacuna_test::coverage::ragged));
  auto const t = la::transpose(a);
  la::serial alone;
  la::threads pool(3);
  la::identity_epilogue const none;
  for (la::index const n : {1, 3, 40}) {
    auto const x = lacuna_test::random_dense<float>(r, 60, n);
    la::dense<float> y(70, n), again(70, n), back(70, n);
    la::kernel::multiply(any_executor(alone), a.view(), x.view(), y.view(), none);
    la::kernel::multiply(any_executor(pool), a.view(), x.view(), again.view(), none);
    la::kernel::multiply(any_executor(pool), la::transposed(t), x.view(), back.view(), none);
    CAPTURE(n);
    CHECK(lacuna_test::check_product(a, x, y) == "");
    CHECK(lacuna_test::same_bits(y, again));
    CHECK(lacuna_test::check_product(a, x, back) == "");
  }
}

TEST_CASE("multiply: without outputs nothing is copied, however many inputs there are") {
  constexpr la::index inputs = la::index{1} << 62;
  std::uint32_t const offset = 0;
  la::serial alone;
  la::identity_epilogue const none;
  la::csr_view<float> const a(0, inputs, &offset, nullptr, nullptr);
  for (la::index const n : {0, 1, 3, 40}) {
    la::dense_view<float const> const x(nullptr, inputs, n);
    la::dense_view<float> const y(nullptr, 0, n);
    CHECK_NOTHROW(la::kernel::multiply(any_executor(alone), a, x, y, none));
  }
  la::vector_view<float const> const every_second(nullptr, inputs, 2);
  CHECK_NOTHROW(
      la::kernel::multiply_vector(any_executor(alone), a, every_second, la::vector_view<float>(nullptr, 0, 1), none));
  la::bsr_view<la::f16, 8, 1> const blocks(0, inputs, std::span(&offset, 1), {}, {});
  la::dense_view<la::f16 const> const x(nullptr, inputs, 40);
  la::dense_view<la::f16> const y(nullptr, 0, 40);
  CHECK_NOTHROW(la::kernel::multiply(any_executor(alone), la::f16_sums(blocks), x, y, none));
}

}  // namespace tests_of_multiply
