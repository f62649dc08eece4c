// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/row_tile.hpp>
#include <lacuna/kernel/tiles.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/tiles.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace tests_of_spmm_row_tile {

namespace la = lacuna;
using lacuna_test::approximate;
using lacuna_test::guarded_dense;
using lacuna_test::guarded_sparse;
using lacuna_test::placement;
using arch = la::simd::default_arch;
using kernel = la::kernel::row_tile<arch>;

namespace {

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
  STATIC_REQUIRE(kernel::accepts<la::csr_view<float>, float>);
  STATIC_REQUIRE(kernel::accepts<la::csr_view<la::bf16>, float>);
  STATIC_REQUIRE(kernel::accepts<la::csr_view<double, std::int64_t>, double> == la::simd::has_batch<arch, double>);
  STATIC_REQUIRE(kernel::accepts<la::csr_view<std::int8_t>, std::int32_t>);
}

TEST_CASE("row_tile: tiles of every width and any rows, between guard pages") {
  using lacuna_test::widths;
  lacuna_test::random r(1);
  auto const check = [&]<class T, widths Which>(T, std::integral_constant<widths, Which>) {
    if constexpr (la::simd::has_batch<arch, la::accumulator_t<T>>)
      CHECK(lacuna_test::tiles_problem<kernel, Which>(ragged<T>(r, 9, 21), lacuna_test::ranges::all) == "");
  };
  check(float{}, std::integral_constant<widths, widths::all>{});
  check(double{}, std::integral_constant<widths, widths::ends>{});
  check(la::bf16{}, std::integral_constant<widths, widths::ends>{});
  check(la::f16{}, std::integral_constant<widths, widths::ends>{});
}

namespace {

/// The product by this kernel: spmm has another one for csr.
template <class T, class X, class Y, class Epilogue = la::identity_epilogue>
void multiply(la::csr_view<T> a, X const& x, Y const& y, Epilogue const& ep = {}) {
  la::serial alone;
  la::kernel::multiply_tiles<kernel, kernel::registers>(alone, a, x, y, ep, 0);
}

}  // namespace

TEMPLATE_TEST_CASE("row_tile: every column count up to two tiles and one, between guard pages", "", float, double) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, T>) {
    lacuna_test::random r(1);
    auto const a = ragged<T>(r, 9, 21);
    for (auto const where : lacuna_test::both_placements) {
      guarded_sparse<la::csr<T>> const guarded_a(a, where);
      for (la::index n = 2; n <= 2 * tile_width<T> + 1; ++n) {
        if (!worth_trying<T>(n)) continue;
        auto const x = lacuna_test::random_dense<T>(r, 21, n);
        guarded_dense<T> in(x, n % 4, where), out(9, n, n % 3, where);
        guarded_dense<T, col> in_by_column(x, n % 4, where), out_by_column(9, n, n % 3, where);
        multiply(guarded_a.view(), la::dense_view<T const>(in.view()), out.view());
        multiply(guarded_a.view(), la::dense_view<T const, col>(in_by_column.view()), out_by_column.view());
        CAPTURE(n, where);
        REQUIRE(lacuna_test::check_product(a, x, out.values()) == "");
        REQUIRE(lacuna_test::same_bits(out.values(), out_by_column.values()));
        REQUIRE(out.intact());
        REQUIRE(out_by_column.intact());
      }
    }
  }
}

namespace {

/// Products of bytes at the ends of their ranges, in both orders, of 2 to two tiles of columns: exact.
template <class X>
void check_bytes() {
  lacuna_test::random r(7);
  auto const ends = [&]<class B>(B) {
    auto const low = std::numeric_limits<B>::min(), high = std::numeric_limits<B>::max();
    auto const n = r.below(4);
    return n == 0 ? high : n == 1 ? low : static_cast<B>(r.bits());
  };
  la::index const inputs = 37;
  la::dense<std::int8_t> w(9, inputs);
  for (la::index i = 0; i != 9; ++i)
    for (la::index k = 0; k != inputs; ++k) w(i, k) = i == 0 ? std::int8_t{-128} : ends(std::int8_t{});
  auto const a = la::pack<la::csr<std::int8_t>>(w);
  for (auto const where : lacuna_test::both_placements) {
    guarded_sparse<la::csr<std::int8_t>> const guarded_a(a, where);
    for (la::index n = 2; n <= 2 * tile_width<std::int32_t> + 1; n += 1 + n / 3) {
      la::dense<X> x(inputs, n);
      for (la::index k = 0; k != inputs; ++k)
        for (la::index j = 0; j != n; ++j) x(k, j) = j == 0 ? std::numeric_limits<X>::max() : ends(X{});
      guarded_dense<X> in(x, n % 4, where);
      guarded_dense<X, col> in_by_column(x, n % 3, where);
      guarded_dense<std::int32_t> out(9, n, n % 3, where);
      guarded_dense<float, col> out_by_column(9, n, n % 3, where);
      la::spmm(guarded_a.view(), la::dense_view<X const>(in.view()), out.view());
      la::spmm(guarded_a.view(), la::dense_view<X const, col>(in_by_column.view()), out_by_column.view());
      la::index wrong = 0;
      for (la::index i = 0; i != 9; ++i)
        for (la::index j = 0; j != n; ++j) {
          std::int64_t sum = 0;
          for (la::index k = 0; k != inputs; ++k) sum += std::int64_t{w(i, k)} * x(k, j);
          wrong += out.view()(i, j) != sum;
          wrong += out_by_column.view()(i, j) != static_cast<float>(sum);
        }
      CAPTURE(n, where);
      REQUIRE(wrong == 0);
      REQUIRE(out.intact());
      REQUIRE(out_by_column.intact());
    }
  }
}

}  // namespace

TEST_CASE("row_tile: bytes, exact at the ends of their ranges") {
  check_bytes<std::uint8_t>();
  check_bytes<std::int8_t>();
}

namespace {

/// What the epilogue reads stays inside Y and the summand, which has Y's order or, of floats, the other one.
template <class T, la::order Order>
void check_epilogue() {
  lacuna_test::random r(2);
  auto const a = ragged<T>(r, 3, 11);
  for (auto const where : lacuna_test::both_placements)
    for (la::index n = 2; n <= 2 * tile_width<T> + 1; ++n) {
      if (!worth_trying<T>(n)) continue;
      auto const x = lacuna_test::random_dense<T>(r, 11, n);
      auto const before = lacuna_test::random_dense<T>(r, 3, n);
      auto const residual = lacuna_test::random_dense<T>(r, 3, n);
      guarded_dense<T> summand(residual, n % 3, where);
      guarded_dense<T, col> summand_by_column(residual, n % 3, where);
      guarded_dense<T, Order> out(3, n, n % 2, where);
      CAPTURE(n, where);
      out.assign(before);
      multiply(a.view(), x.view(), out.view(), la::accumulate | la::add(summand.view()));
      REQUIRE(lacuna_test::check_product(a, x, out.values(), added<T>{before, residual}) == "");
      REQUIRE(out.intact());
      if constexpr (std::is_same_v<T, float>) {
        auto const y = out.values();
        out.assign(before);
        multiply(a.view(), x.view(), out.view(), la::accumulate | la::add(summand_by_column.view()));
        REQUIRE(lacuna_test::same_bits(out.values(), y));
        REQUIRE(out.intact());
      }
    }
}

}  // namespace

TEMPLATE_TEST_CASE("row_tile: what the epilogue reads and what is written stays inside, in every order", "", float,
                   double) {
  if constexpr (la::simd::has_batch<arch, TestType>) {
    check_epilogue<TestType, la::order::row_major>();
    check_epilogue<TestType, col>();
  }
}

TEST_CASE("row_tile: infinities and NaN of X reach the rows that store something opposite, and no others") {
  lacuna_test::random r(6);
  auto const a = ragged<float>(r, 40, 30);
  la::index const n = tile_width<float> + 3;
  auto const clean = lacuna_test::random_dense<float>(r, 30, n);
  auto x = clean;
  for (la::index j = 0; j != n; ++j) {
    x(7, j) = std::numeric_limits<float>::infinity();
    x(29, j) = std::numeric_limits<float>::quiet_NaN();
  }
  la::dense<float> expected(40, n), y(40, n);
  multiply(a.view(), clean.view(), expected.view());
  multiply(a.view(), std::as_const(x).view(), y.view());
  bool fine = true;
  la::index reached = 0;
  for (la::index i = 0; i != 40; ++i) {
    bool opposite = false;
    a.visit_row(i, [&](la::index k, float) { opposite = opposite || k == 7 || k == 29; });
    reached += opposite;
    for (la::index j = 0; j != n; ++j) fine = fine && (opposite ? !std::isfinite(y(i, j)) : y(i, j) == expected(i, j));
  }
  CHECK(fine);
  CHECK(reached > 0);
  CHECK(reached < 40);
}

TEST_CASE("row_tile: a column has the same bits wherever it stands in a tile") {
  lacuna_test::random r(4);
  auto const a = ragged<float>(r, 5, 33);
  la::index const n = tile_width<float> * 2 - 1;
  auto const x = lacuna_test::random_dense<float>(r, 33, n, lacuna_test::spread::heavy_tailed);
  la::dense<float> all(5, n);
  multiply(a.view(), x.view(), all.view());
  for (la::index j = 0; j + 1 < n; ++j) {
    la::dense<float> two(5, 2);
    multiply(a.view(), la::dense_view<float const>(&x(0, j), 33, 2, n), two.view());
    bool same = true;
    for (la::index i = 0; i != 5; ++i) same = same && std::memcmp(&two(i, 0), &all(i, j), 2 * sizeof(float)) == 0;
    CAPTURE(j);
    REQUIRE(same);
  }
}

// The net itself: a copy of the kernel that takes a register too many must not get past the guard pages.
namespace {

enum class fault { none, reads, writes };

template <int N, fault Fault>
void flawed(la::csr_view<float> a, float const* x, float* sums) noexcept {
  using tile = la::simd::tile<arch, float, N>;
  using register_type = typename tile::batch_type;
  constexpr la::index width = la::index{N} * tile::lanes;
  for (la::index i = 0; i != a.rows(); ++i, sums += width) {
    tile sum;
    a.visit_row(i, [&](la::index k, float w) {
      sum.multiply_add(w, x + k * width);
      if (Fault == fault::reads) sum.value[0] += register_type(w) * register_type::load_aligned(x + (k + 1) * width);
    });
    for (int r = 0; r != N; ++r) sum.value[r].store_aligned(sums + r * tile::lanes);
    if (Fault == fault::writes) sum.value[0].store_aligned(sums + width);
  }
}

template <int N>
void check_net(la::csr<float> const& a) {
  la::index const width = N * lacuna_test::lanes_of<float>;
  lacuna_test::random r(5);
  guarded_dense<float> in(lacuna_test::random_dense<float>(r, a.cols(), width), 0, placement::upper);
  guarded_dense<float> out(a.rows(), width, 0, placement::upper);
  float const* const x = in.view().data();
  float* const y = out.view().data();
  auto const view = a.view();
  CHECK_FALSE(lacuna_test::faults([&] { flawed<N, fault::none>(view, x, y); }));
  CHECK(lacuna_test::faults([&] { flawed<N, fault::reads>(view, x, y); }));
  CHECK(lacuna_test::faults([&] { flawed<N, fault::writes>(view, x, y); }));
}

}  // namespace

TEST_CASE("row_tile: a kernel that takes a register too many is caught") {
  lacuna_test::random r(5);
  auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 4, 6), la::mask(4, 6, true));
  check_net<8>(a);
  check_net<1>(a);
}

}  // namespace tests_of_spmm_row_tile
