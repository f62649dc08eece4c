// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/bsr.hpp>
#include <lacuna/pack.hpp>

#include "support/few_columns_checks.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

template <class Format>
void check() {
  using kernel = la::kernel::few_columns<typename Format::layout, arch>;
  if constexpr (kernel::template widest<typename la::view_t<Format>> != 0)
    lacuna_test::check_few_columns<kernel, Format>({0, 1, 9, 34}, {1, 7, 19});
}

}  // namespace

TEST_CASE("few columns of bsr: blocks of one column, every width, between guard pages, Inf and NaN") {
  check<la::bsr<float, 4, 1>>();
  check<la::bsr<float, 8, 1, std::uint16_t, std::uint32_t>>();
  check<la::bsr<float, 16, 1>>();
  check<la::bsr<float, 3, 1>>();
  check<la::bsr<double, 4, 1>>();
  check<la::bsr<la::bf16, 8, 1>>();
}

TEST_CASE("few columns of bsr: blocks of several columns") {
  check<la::bsr<float, 1, 4>>();
  check<la::bsr<float, 4, 4>>();
  check<la::bsr<la::f16, 3, 2>>();
  check<la::bsr<double, 4, 4>>();
  check<la::bsr<float, 1, 8>>();
  check<la::bsr<float, 2, 16>>();
}

TEST_CASE("few columns of bsr: where tiles take over") {
  constexpr bool zen = la::simd::avx2<arch> && la::detail::tuned_for_zen;
  auto const most = []<class F>(F const& a) {
    return la::kernel::few_columns<typename F::layout, arch>::most(a.view());
  };
  CHECK(most(la::pack<la::bsr<float, 4, 1>>(la::dense<float>(8, 8))) == 8);
  CHECK(most(la::pack<la::bsr<float, 4, 4>>(la::dense<float>(8, 8))) == (zen ? 4 : 8));
  CHECK(most(la::pack<la::bsr<double, 4, 4>>(la::dense<double>(8, 8))) == 8);
}

TEST_CASE("few columns of bsr: what they take") {
  using three_by_five = la::kernel::few_columns<la::bsr_layout<3, 5>, arch>;
  STATIC_REQUIRE(three_by_five::widest<la::bsr_view<float, 3, 5>> == 0);  // reads x beyond its end
  using four_by_one = la::kernel::few_columns<la::bsr_layout<4, 1>, arch>;
  STATIC_REQUIRE(four_by_one::widest<la::bsr_view<std::int8_t, 4, 1>> == 0);
}
