// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/kernel/spmm.hpp>

#include "support/products.hpp"
#include "support/random.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace la = lacuna;
using lacuna_test::variant;

namespace {

template <class T>
using csr_entry = lacuna_test::entry<"csr", la::csr<T>>;

template <class T, class X, class Y, variant V>
void check_csr(lacuna_test::executors const& pool) {
  CHECK(lacuna_test::format_problem<csr_entry<T>, X, Y, V>(pool, V.orders) == "");
}
constexpr variant straight(int orders, bool biased) { return {orders, biased, false}; }
constexpr variant turned(int orders, bool biased) { return {orders, biased, true}; }

}  // namespace

// Both directions of each type of A and of X, and each type and order of X and Y: not every one with every other.
TEST_CASE("products: every combination of types, on one format") {
  lacuna_test::executors const pool;
  check_csr<double, double, double, straight(0, false)>(pool);
  check_csr<double, double, double, turned(1, true)>(pool);
  check_csr<la::bf16, float, float, straight(1, true)>(pool);
  check_csr<la::bf16, la::bf16, la::bf16, turned(3, true)>(pool);
  check_csr<la::bf16, la::bf16, float, straight(2, false)>(pool);
  check_csr<la::f16, float, float, turned(0, false)>(pool);
  check_csr<la::f16, la::f16, la::f16, straight(3, true)>(pool);
  check_csr<std::int8_t, std::int8_t, std::int32_t, straight(2, false)>(pool);
  check_csr<std::int8_t, std::uint8_t, std::int32_t, turned(1, false)>(pool);
  check_csr<std::int8_t, std::uint8_t, float, straight(0, true)>(pool);
  check_csr<std::int8_t, std::int8_t, float, turned(2, true)>(pool);
}

TEST_CASE("products: every combination of orders, on one format") {
  lacuna_test::executors const pool;
  check_csr<float, float, float, straight(0, false)>(pool);
  check_csr<float, float, float, straight(1, true)>(pool);
  check_csr<float, float, float, turned(2, true)>(pool);
  check_csr<float, float, float, turned(3, false)>(pool);
}

namespace {

struct own_layout {};
struct own_view : la::csr_view<float> {
  using layout = own_layout;
};
struct own_view_of_doubles : la::csr_view<double> {
  using layout = own_layout;
};

}  // namespace

/// A layout's own kernel, which takes floats only.
template <class Arch>
struct lacuna::kernel::spmm<own_layout, Arch> {
  template <class View, class S>
  static constexpr bool accepts = std::same_as<S, float>;
};

TEST_CASE("spmm: which kernel is chosen") {
  using arch = la::simd::default_arch;
  using la::kernel::chosen_spmm;
  using fast = la::kernel::row_tile<arch>;
  using slow = la::kernel::spmm_fallback;
  using of_csr = la::kernel::spmm<la::csr_layout, arch>;
  STATIC_REQUIRE(std::same_as<chosen_spmm<la::csr_view<float>, arch>, of_csr>);
  STATIC_REQUIRE(std::same_as<chosen_spmm<la::csr_view<la::bf16>, arch>, of_csr>);
  STATIC_REQUIRE(std::same_as<chosen_spmm<la::bitmap_view<la::f16>, arch>, la::kernel::spmm<la::bitmap_layout, arch>>);
  STATIC_REQUIRE(std::same_as<chosen_spmm<la::csr_view<double>, arch>,
                              std::conditional_t<la::simd::has_batch<arch, double>, of_csr, slow>>);
  STATIC_REQUIRE(std::same_as<chosen_spmm<la::panel_view<std::int8_t>, arch>, fast>);
  STATIC_REQUIRE(std::same_as<chosen_spmm<own_view, arch>, la::kernel::spmm<own_layout, arch>>);
  STATIC_REQUIRE(std::same_as<chosen_spmm<own_view_of_doubles, arch>,
                              std::conditional_t<la::simd::has_batch<arch, double>, fast, slow>>);
}

TEST_CASE("spmm fallback: writes the rows it is asked for and no others, for every column count around its tile") {
  using fallback = la::kernel::spmm_fallback;
  lacuna_test::random r(1);
  auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 5, 9));
  for (auto const n : lacuna_test::around(fallback::tile, 2 * fallback::tile)) {
    auto const x = lacuna_test::random_dense<float>(r, 9, n);
    la::dense<float> all(5, n);
    fallback::run(a.view(), x.view(), all.view(), la::identity_epilogue{}, 0, 5);
    for (la::index first = 0; first <= 5; ++first)
      for (la::index last = first; last <= 5; ++last) {
        la::dense<float> some(5, n);
        fallback::run(a.view(), x.view(), some.view(), la::identity_epilogue{}, first, last);
        bool fine = true;
        for (la::index i = 0; i != 5; ++i)
          for (la::index j = 0; j != n; ++j) fine = fine && some(i, j) == (i >= first && i < last ? all(i, j) : 0.0f);
        CAPTURE(n, first, last);
        REQUIRE(fine);
      }
  }
}
