// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/spmm.hpp>

#include "support/catalogue.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

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

namespace {

template <class Format>
using few = la::kernel::chosen_few<la::view_t<Format>, arch>;

/// A product with a few columns is the same, bit for bit, as that of threads and as those of its columns by themselves,
/// between what stands in Y beside it; and right with an epilogue.
template <class Format, la::order O, class Pattern>
void check_vectors(la::index n, Pattern pattern) {
  using T = typename Format::value_type;
  lacuna_test::random r(static_cast<unsigned>(n));
  auto const w = lacuna_test::random_dense<T>(r, 75, 92);
  auto const a = la::pack<Format>(w, la::prune(w, la::magnitude{}, pattern));
  la::dense<T> const x = lacuna_test::random_dense<T>(r, 92, n);
  la::dense<T, O> in(92, n), wide(80, n + 3);
  for (la::index k = 0; k != 92; ++k)
    for (la::index c = 0; c != n; ++c) in(k, c) = x(k, c);
  for (la::index i = 0; i != 80; ++i)
    for (la::index c = 0; c != n + 3; ++c) wide(i, c) = T(5);
  la::dense<T> one(75, n), pooled(75, n), biased(75, n);
  la::spmm(a, in, la::dense_view<T, O>(&wide(2, 1), 75, n, wide.stride()));
  for (la::index i = 0; i != 80; ++i)
    for (la::index c = 0; c != n + 3; ++c) {
      bool const inside = i >= 2 && i < 77 && c >= 1 && c <= n;
      REQUIRE((inside || wide(i, c) == T(5)));
      if (inside) one(i - 2, c - 1) = wide(i, c);
    }
  REQUIRE(lacuna_test::check_product(a, x, one) == "");
  la::threads pool(2);
  la::spmm(pool, a, in, pooled);
  REQUIRE(pooled == one);
  if constexpr (requires { requires few<Format>::template one_by_one<la::view_t<Format>>; }) {
    std::vector<T> y(75);
    for (la::index c = 0; c != n; ++c) {
      la::spmv(a, la::vector_view<T const>(&x(0, c), 92, n), la::vector_view<T>(y.data(), 75));
      for (la::index i = 0; i != 75; ++i) REQUIRE(y[static_cast<std::size_t>(i)] == one(i, c));
    }
  }
  std::vector<T> const bias(75, T(3));
  la::spmm(a, in, biased, la::bias(bias));
  for (la::index i = 0; i != 75; ++i)
    for (la::index c = 0; c != n; ++c) REQUIRE(biased(i, c) == one(i, c) + T(3));
}

}  // namespace

TEMPLATE_TEST_CASE("few_columns: two columns are two vectors where they share nothing", "", float, double) {
  for (la::index const n : {1, 2}) {
    check_vectors<la::nm<TestType, 1, 4>, la::order::row_major>(n, la::n_of_m<1, 4>{});
    check_vectors<la::nm<TestType, 1, 4>, la::order::col_major>(n, la::n_of_m<1, 4>{});
    check_vectors<la::nm<TestType, 2, 8>, la::order::row_major>(n, la::n_of_m<2, 8>{});
    check_vectors<la::tiled_sell<TestType>, la::order::row_major>(n, la::unstructured{.sparsity = 0.5});
    check_vectors<la::tiled_sell<TestType>, la::order::col_major>(n, la::unstructured{.sparsity = 0.5});
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
