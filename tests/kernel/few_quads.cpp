// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/zero_point.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/quant/row_sums.hpp>
#include <lacuna/spmm.hpp>

#include "support/allocations.hpp"
#include "support/catalogue.hpp"
#include "support/few_int8_products.hpp"
#include "support/guard.hpp"

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using byte = la::simd::dot4_byte<arch>;

TEST_CASE("few_quads: the formats that have such a kernel") {
  constexpr bool any = la::simd::has_batch<arch, std::int32_t>;
  lacuna_test::for_each_type(lacuna_test::catalogue<std::int8_t>{}, []<class E>(lacuna_test::type_tag<E>) {
    std::string_view const name = E::name;
    CAPTURE(name);
    bool const others = name == "panel" || name == "bitmap" || name == "tiled_sell" || name == "nm 2:4" ||
                        name == "nm 4:8" || name == "nm 3:5" || name == "nm 8:32";
    CHECK(la::kernel::takes_few_quads<la::view_t<typename E::format>, arch> == (any && !others));
  });
  STATIC_REQUIRE_FALSE(la::kernel::takes_few_quads<la::csr_view<float>, arch>);
  STATIC_REQUIRE_FALSE(la::kernel::takes_few_quads<la::transposed_view<la::csr_view<std::int8_t>>, arch>);
}

namespace {

/// X of so many rows and columns in every form, each byte at its place, between guard pages.
template <class X, la::order Order>
void check_forms(lacuna_test::random& r, la::index rows, la::index cols, lacuna_test::placement where) {
  using form = la::kernel::few_bytes_form;
  auto const x = lacuna_test::int8_inputs<X>(r, rows, cols);
  lacuna_test::guarded_dense<X, Order> in(x, rows % 3, where);
  la::dense_view<X const, Order> const view = in.view();
  auto const bytes = la::kernel::few_bytes_of<arch>(view);
  auto const vectors = la::kernel::padded_vectors(cols);
  auto const line = 4 * la::kernel::few_bytes_size(rows, 1);
  for (auto const how : {form::rows, form::quads, form::vectors}) {
    lacuna_test::guarded<std::int32_t> to(la::kernel::few_bytes_size(rows, vectors), where);
    la::kernel::arrange_few_bytes<arch>(bytes, how, to.data());
    auto const* const got = reinterpret_cast<std::uint8_t const*>(to.data());
    la::index wrong = 0;
    for (la::index k = 0; k != line; ++k)
      for (la::index t = 0; t != cols; ++t) {
        auto const at = how == form::rows    ? k * vectors + t
                        : how == form::quads ? (k / 4 * vectors + t) * 4 + k % 4
                                             : t * line + k;
        auto value = k < rows ? static_cast<int>(x(k, t)) : 0;
        if (!std::same_as<X, byte>) value -= la::simd::flip_correction<X>;
        wrong += static_cast<byte>(got[at]) != value;
      }
    CAPTURE(rows, cols, static_cast<int>(how), where);
    REQUIRE(wrong == 0);
  }
}

}  // namespace

TEST_CASE("few_quads: X in every form, flipped or not, zeros behind it, between guard pages") {
  lacuna_test::random r(1);
  for (la::index const rows : {0, 1, 15, 16, 17, 64, 70})
    for (la::index cols = 1; cols != 9; ++cols)
      for (auto const where : lacuna_test::both_placements) {
        check_forms<std::uint8_t, la::order::row_major>(r, rows, cols, where);
        check_forms<std::uint8_t, la::order::col_major>(r, rows, cols, where);
        check_forms<std::int8_t, la::order::row_major>(r, rows, cols, where);
        check_forms<std::int8_t, la::order::col_major>(r, rows, cols, where);
      }
}

TEST_CASE("few_quads: the same for every executor, behind any epilogue, without allocation") {
  using blocks = la::bsr<std::int8_t, 4, 1>;
  if constexpr (la::kernel::takes_few_quads<la::view_t<blocks>, arch>) {
    lacuna_test::random r(2);
    auto const a = lacuna_test::int8_matrix<blocks>(r, 203, 500);
    auto const x = lacuna_test::int8_inputs<std::uint8_t>(r, 500, 8);
    la::serial one;
    la::threads pool(3);
    std::vector<float> const scales(203, 0.25f);
    auto const sums = la::row_sums(a);
    auto const corrected = la::zero_point(7, sums) | la::scale(scales);
    for (la::index const n : {1, 5, 8}) {
      la::dense_view<std::uint8_t const> const some(x.data(), 500, n, 8);
      la::dense<std::int32_t> y(203, n), again(203, n);
      la::dense<float> scaled(203, n);
      auto const run = [&](auto& exec, auto& to, auto const& epilogue) {
        la::kernel::multiply_few_quads(la::kernel::any_executor(exec), a.view(), some, to.view(), epilogue);
      };
      run(one, y, la::identity_epilogue{});
      run(pool, again, la::identity_epilogue{});
      run(one, scaled, la::detail::as_epilogue(corrected));
      CHECK(lacuna_test::allocations_during([&] {
              run(pool, again, la::identity_epilogue{});
              run(one, scaled, la::detail::as_epilogue(corrected));
            }) == 0);
      la::index wrong = 0;
      for (la::index i = 0; i != 203; ++i)
        for (la::index t = 0; t != n; ++t) {
          wrong += y(i, t) != again(i, t);
          wrong += scaled(i, t) != static_cast<float>(y(i, t) - 7 * sums[i]) * 0.25f;
        }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("few_quads: sums wrap around where they leave int32") {
  using row = la::csr<std::int8_t>;
  if constexpr (la::kernel::takes_few_quads<la::view_t<row>, arch>) {
    la::dense<std::int8_t> w(1, 140000);
    la::dense<std::uint8_t> x(140000, 1);
    for (la::index k = 0; k != w.cols(); ++k) {
      w(0, k) = -128;
      x(k, 0) = 255;
    }
    auto const a = la::pack<row>(w);
    la::dense<std::int32_t> y(1, 1);
    la::serial one;
    la::kernel::multiply_few_quads(la::kernel::any_executor(one), a.view(), std::as_const(x).view(), y.view(),
                                   la::identity_epilogue{});
    CHECK(static_cast<std::uint32_t>(y(0, 0)) == static_cast<std::uint32_t>(std::int64_t{-128} * 255 * 140000));
  }
}

TEST_CASE("few_quads: so do those of several columns, of bytes with a sign and without, of csr and tiled_sell") {
  for (la::index const n : {1, 2, 3, 8, 16}) {
    CHECK(lacuna_test::wrapping_problem<la::csr<std::int8_t>, std::uint8_t>(n) == "");
    CHECK(lacuna_test::wrapping_problem<la::csr<std::int8_t>, std::int8_t>(n) == "");
    CHECK(lacuna_test::wrapping_problem<la::tiled_sell<std::int8_t>, std::uint8_t>(n) == "");
    CHECK(lacuna_test::wrapping_problem<la::tiled_sell<std::int8_t>, std::int8_t>(n) == "");
  }
}
