// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/catalogue.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <string_view>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEST_CASE("few_columns: the formats that have such a kernel") {
  lacuna_test::for_each_type(lacuna_test::catalogue<float>{}, []<class E>(lacuna_test::type_tag<E>) {
    using view = la::view_t<typename E::format>;
    std::string_view const name = E::name;
    CAPTURE(name);
    CHECK((la::kernel::chosen_few<view, arch>::template widest<view> > 1) ==
          (name != "panel" && name != "bsr 3x5 u16 u32"));
  });
}

TEMPLATE_TEST_CASE("few_columns: spmm takes them, in either order, bit for bit with any split of rows", "",
                   la::csr<float>, la::bitmap<float>, la::bitmap<la::bf16>, (la::bsr<float, 4, 1>),
                   (la::tiled_sell<float, 32, 1>)) {
  lacuna_test::random r(1);
  auto const a = la::pack<TestType>(lacuna_test::random_dense<typename TestType::value_type>(r, 75, 90),
                                    lacuna_test::random_mask(r, 75, 90, lacuna_test::coverage::half));
  la::threads pool(2);
  for (la::index n = 1; n <= 140; n += n < 26 ? 1 : 19) {
    auto const x = lacuna_test::random_dense<float>(r, 90, n);
    la::dense<float> y(75, n), again(75, n);
    la::spmm(a, x, y);
    CAPTURE(n);
    REQUIRE(lacuna_test::check_product(a, x, y) == "");
    la::dense<float, la::order::col_major> turned(90, n);
    for (la::index k = 0; k != 90; ++k)
      for (la::index j = 0; j != n; ++j) turned(k, j) = x(k, j);
    la::spmm(pool, a, turned, again);
    REQUIRE(again == y);
  }
}

TEST_CASE("few_columns: X without rows, and without columns") {
  auto const none = la::pack<la::csr<float>>(la::dense<float>(4, 0));
  la::dense<float> const x(0, 3);
  la::dense<float> y(4, 3);
  y(3, 2) = 7;
  la::spmm(none, x, y);
  CHECK(y == la::dense<float>(4, 3));
  la::dense<float> const nothing(0, 0);
  la::dense<float> empty(4, 0);
  la::spmm(none, nothing, empty);
}
