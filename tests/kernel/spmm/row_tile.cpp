// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/row_tile.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace la = lacuna;
using lacuna_test::approximate;
using lacuna_test::guarded_dense;
using lacuna_test::guarded_sparse;
using lacuna_test::placement;
using arch = la::simd::default_arch;
using kernel = la::kernel::row_tile<arch>;

namespace {

constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

template <class T>
constexpr la::index tile_width = kernel::registers * static_cast<la::index>(la::simd::batch<T, arch>::size);

/// 1 .. 2 tiles + 1; under emulators what is near a register's edge, and some between.
template <class T>
bool worth_trying(la::index n) {
  auto const lanes = tile_width<T> / kernel::registers;
  return !lacuna_test::quick() || n < 2 * lanes || n % lanes < 2 || n % 7 == 0;
}

template <class T>
la::csr<T> ragged(lacuna_test::random& r, la::index rows, la::index cols) {
  return la::pack<la::csr<T>>(lacuna_test::random_dense<T>(r, rows, cols),
                              lacuna_test::random_mask(r, rows, cols, lacuna_test::coverage::ragged));
}

/// y + A x + residual, each sum rounded.
template <class T>
struct added {
  la::dense<T> const& first;
  la::dense<T> const& second;
  approximate operator()(la::index i, la::index j, approximate a) const {
    auto const u = static_cast<long double>(lacuna_test::precision_of<T>().unit);
    for (auto const* m : {&first, &second}) {
      a.value += static_cast<long double>((*m)(i, j));
      a.bound += u * (std::fabs(a.value) + a.bound);
    }
    return a;
  }
};

}  // namespace

TEST_CASE("row_tile: takes what it says, and nothing else") {
  using f = la::csr_view<float>;
  using d = la::csr_view<double, std::int64_t>;
  STATIC_REQUIRE(kernel::accepts<f, float, row, float, row>);
  STATIC_REQUIRE(kernel::accepts<d, double, row, double, row> == la::simd::has_batch<arch, double>);
  STATIC_REQUIRE_FALSE(kernel::accepts<f, float, col, float, row>);
  STATIC_REQUIRE(kernel::accepts<f, float, row, float, col>);
  STATIC_REQUIRE_FALSE(kernel::accepts<f, float, row, double, row>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::csr_view<la::bf16>, float, row, float, row>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::csr_view<std::int8_t>, std::int8_t, row, std::int32_t, row>);
}

TEMPLATE_TEST_CASE("row_tile: every column count up to two tiles and one, between guard pages", "", float, double) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, T>) {
    lacuna_test::random r(1);
    auto const a = ragged<T>(r, 9, 21);
    for (auto const where : lacuna_test::both_placements) {
      guarded_sparse<la::csr<T>> const guarded_a(a, where);
      for (la::index n = 1; n <= 2 * tile_width<T> + 1; ++n) {
        if (!worth_trying<T>(n)) continue;
        auto const x = lacuna_test::random_dense<T>(r, 21, n);
        guarded_dense<T> in(x, n % 4, where), out(9, n, n % 3, where);
        kernel::run(guarded_a.view(), la::dense_view<T const>(in.view()), out.view(), la::identity_epilogue{}, 0, 9);
        CAPTURE(n, where);
        REQUIRE(lacuna_test::check_product(a, x, out.values()) == "");
        REQUIRE(out.intact());
      }
    }
  }
}

TEMPLATE_TEST_CASE("row_tile: what the epilogue reads stays inside Y and the summand", "", float, double) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, T>) {
    lacuna_test::random r(2);
    auto const a = ragged<T>(r, 3, 11);
    for (auto const where : lacuna_test::both_placements)
      for (la::index n = 1; n <= 2 * tile_width<T> + 1; ++n) {
        if (!worth_trying<T>(n)) continue;
        auto const x = lacuna_test::random_dense<T>(r, 11, n);
        auto const before = lacuna_test::random_dense<T>(r, 3, n);
        auto const residual = lacuna_test::random_dense<T>(r, 3, n);
        guarded_dense<T> in(x, 0, where), summand(residual, n % 3, where), out(3, n, n % 2, where);
        guarded_dense<T, col> summand_by_column(residual, n % 3, where);
        auto const in_view = la::dense_view<T const>(in.view());
        CAPTURE(n, where);
        out.assign(before);
        kernel::run(a.view(), in_view, out.view(), la::accumulate | la::add(summand.view()), 0, 3);
        REQUIRE(lacuna_test::check_product(a, x, out.values(), added<T>{before, residual}) == "");
        REQUIRE(out.intact());
        auto const y = out.values();
        out.assign(before);
        kernel::run(a.view(), in_view, out.view(), la::accumulate | la::add(summand_by_column.view()), 0, 3);
        REQUIRE(lacuna_test::same_bits(out.values(), y));
        REQUIRE(out.intact());
      }
  }
}

TEMPLATE_TEST_CASE("row_tile: Y by columns, what the epilogue reads and what is written stays inside", "", float,
                   double) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, T>) {
    lacuna_test::random r(6);
    auto const a = ragged<T>(r, 3, 11);
    for (auto const where : lacuna_test::both_placements)
      for (la::index n = 1; n <= 2 * tile_width<T> + 1; ++n) {
        if (!worth_trying<T>(n)) continue;
        auto const x = lacuna_test::random_dense<T>(r, 11, n);
        auto const before = lacuna_test::random_dense<T>(r, 3, n);
        auto const residual = lacuna_test::random_dense<T>(r, 3, n);
        guarded_dense<T> in(x, 0, where);
        guarded_dense<T, col> summand(residual, n % 3, where), out(3, n, n % 2, where);
        out.assign(before);
        kernel::run(a.view(), la::dense_view<T const>(in.view()), out.view(), la::accumulate | la::add(summand.view()),
                    0, 3);
        CAPTURE(n, where);
        REQUIRE(lacuna_test::check_product(a, x, out.values(), added<T>{before, residual}) == "");
        REQUIRE(out.intact());
      }
  }
}

TEST_CASE("row_tile: columns of Y from any on") {
  lacuna_test::random r(7);
  auto const a = ragged<float>(r, 4, 9);
  auto const x = lacuna_test::random_dense<float>(r, 9, 40);
  auto const residual = lacuna_test::random_dense<float>(r, 4, 40);
  auto const ep = la::detail::as_epilogue(la::add(residual));
  la::dense<float> all(4, 40), parts(4, 40);
  kernel::run(a.view(), x.view(), all.view(), ep, 0, 4);
  for (la::index j = 0; j < 40; j += 13)
    kernel::run(a.view(), la::dense_view<float const>(&x(0, j), 9, j == 39 ? 1 : 13, 40), parts.view(), ep, 0, 4, j);
  CHECK(lacuna_test::same_bits(all, parts));
}

TEST_CASE("row_tile: writes the rows it is asked for and no others") {
  lacuna_test::random r(3);
  auto const a = ragged<float>(r, 7, 19);
  la::index const n = tile_width<float> + 5;
  auto const x = lacuna_test::random_dense<float>(r, 19, n);
  la::dense<float> all(7, n);
  kernel::run(a.view(), x.view(), all.view(), la::identity_epilogue{}, 0, 7);
  for (la::index first = 0; first <= 7; ++first)
    for (la::index last = first; last <= 7; ++last) {
      la::dense<float> some(7, n);
      for (la::index i = 0; i != 7; ++i)
        for (la::index j = 0; j != n; ++j) some(i, j) = 77;
      kernel::run(a.view(), x.view(), some.view(), la::identity_epilogue{}, first, last);
      bool fine = true;
      for (la::index i = 0; i != 7; ++i)
        for (la::index j = 0; j != n; ++j) fine = fine && some(i, j) == (i >= first && i < last ? all(i, j) : 77.0f);
      CHECK(fine);
    }
}

TEST_CASE("row_tile: a column has the same bits wherever it stands in a tile") {
  lacuna_test::random r(4);
  auto const a = ragged<float>(r, 5, 33);
  la::index const n = tile_width<float> * 2 - 1;
  auto const x = lacuna_test::random_dense<float>(r, 33, n, lacuna_test::spread::heavy_tailed);
  la::dense<float> all(5, n);
  kernel::run(a.view(), x.view(), all.view(), la::identity_epilogue{}, 0, 5);
  for (la::index j = 0; j != n; ++j) {
    la::dense<float> one(5, 1);
    kernel::run(a.view(), la::dense_view<float const>(&x(0, j), 33, 1, n), one.view(), la::identity_epilogue{}, 0, 5);
    bool same = true;
    for (la::index i = 0; i != 5; ++i) same = same && std::memcmp(&one(i, 0), &all(i, j), sizeof(float)) == 0;
    CAPTURE(j);
    REQUIRE(same);
  }
}

// The net itself: a copy of the kernel whose tail takes a whole register must not get past the guard pages.
namespace {

enum class fault { none, reads, writes };

template <fault Fault>
void flawed(la::csr_view<float> a, la::dense_view<float const> x, la::dense_view<float> y) noexcept {
  la::simd::for_each_tile<arch, float, kernel::registers>(y.cols(), [&](auto const zero, la::index j) {
    using tile = std::remove_cvref_t<decltype(zero)>;
    using register_type = typename tile::batch_type;
    constexpr int lanes = tile::lanes;
    bool const tail = y.cols() - j < lanes;
    for (la::index i = 0; i != a.rows(); ++i) {
      auto sum = zero;
      a.visit_row(i, [&](la::index k, float w) {
        if (tail && Fault == fault::reads)
          sum.value[0] += register_type(w) * register_type::load_unaligned(&x(k, j));
        else
          sum.multiply_add(w, &x(k, j));
      });
      for (int r = 0; r != tile::registers; ++r) {
        if (tail && Fault == fault::writes)
          sum.value[r].store_unaligned(&y(i, j));
        else
          sum.store(&y(i, j), sum.value[r], r);
      }
    }
  });
}

}  // namespace

TEST_CASE("row_tile: a kernel with a flawed tail is caught at every length that has one") {
  lacuna_test::random r(5);
  auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 4, 6), la::mask(4, 6, true));
  auto const lanes = tile_width<float> / kernel::registers;
  for (la::index n = 1; n <= 2 * tile_width<float> + 1; ++n) {
    if (!worth_trying<float>(n)) continue;
    guarded_dense<float> in(lacuna_test::random_dense<float>(r, 6, n), 0, placement::upper);
    guarded_dense<float> out(4, n, 0, placement::upper);
    auto const x = la::dense_view<float const>(in.view());
    auto const y = out.view();
    auto const view = a.view();
    bool const tail = n % lanes != 0;
    CAPTURE(n);
    CHECK_FALSE(lacuna_test::faults([&] { flawed<fault::none>(view, x, y); }));
    CHECK(lacuna_test::faults([&] { flawed<fault::reads>(view, x, y); }) == tail);
    CHECK(lacuna_test::faults([&] { flawed<fault::writes>(view, x, y); }) == tail);
  }
}
