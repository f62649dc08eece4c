// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/panel.hpp>
#include <lacuna/kernel/tiles.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/any_executor.hpp"
#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::approximate;
using lacuna_test::coverage;
using lacuna_test::guarded;
using lacuna_test::guarded_dense;
using lacuna_test::guarded_sparse;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;
using kernel = la::kernel::spmm<la::panel_layout, arch>;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

template <class T>
la::panel<T> ragged(lacuna_test::random& r, la::index rows, la::index cols, la::pack_options const& options,
                    coverage how = coverage::ragged) {
  return la::pack<la::panel<T>>(lacuna_test::random_dense<T>(r, rows, cols),
                                lacuna_test::random_mask(r, rows, cols, how), options);
}

/// Around 1 and the edges of 16, 32, 64 and 128 columns, and of each number of registers that a tile may have.
template <class T>
std::vector<la::index> column_counts() {
  std::vector<la::index> all{2, 3};
  for (la::index const edge : {la::index{16}, la::index{32}, la::index{64}, la::index{128}, la::index{lanes_of<T>},
                               la::index{4 * lanes_of<T>}, la::index{8 * lanes_of<T>}})
    for (la::index const n : {edge - 1, edge, edge + 1})
      if (n > 1) all.push_back(n);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace

TEST_CASE("panel kernel: takes what it says, and nothing else") {
  STATIC_REQUIRE(kernel::accepts<la::panel_view<float>, float>);
  STATIC_REQUIRE(kernel::accepts<la::panel_view<la::bf16>, float>);
  STATIC_REQUIRE(kernel::accepts<la::panel_view<double>, double> == la::simd::has_batch<arch, double>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::panel_view<std::int8_t>, std::int32_t>);
  CHECK(la::kernel_of<la::panel<float>, float, col>::spmm == "panel/strips");
}

TEST_CASE("panel kernel: as many registers as the strip leaves and the cache takes") {
  auto const widest = [](la::index height, la::index tile, la::index cols = 4096, la::index stored = 0) {
    std::vector<float> const values(static_cast<std::size_t>(stored));
    return kernel::widest(la::panel_view<float>(1024, cols, height, tile, 256, {}, {}, {}, values));
  };
  auto const held = kernel::sums_held;
  CHECK(widest(1, 64) == std::min(8, held / 2));
  CHECK(widest(2, 64) == std::min(8, held / 2));
  CHECK(widest(4, 64) == held / 4);
  CHECK(widest(8, 64) == held / 8);
  auto const line = static_cast<la::index>(sizeof(lacuna_test::batch<float>));
  auto const fits = 65536 / line;  // columns of one register
  CHECK(widest(4, fits / 2) == std::min(2, held / 4));
  CHECK(widest(4, fits) == 1);
  CHECK(widest(2, fits) == std::min(4, held / 2));  // few reads of each row of X
  CHECK(widest(2, fits, fits, 48 * fits) == std::min(4, held / 2));
  CHECK(widest(2, fits, fits, 48 * fits + 1) == 1);
  CHECK(widest(4, 32768) == 1);
  CHECK(widest(2, 32768, 8) == std::min(8, held / 2));
}

namespace {

/// Sums of every row of A, each block between guard pages, by tiles of so many registers: written to Y by the kernel,
/// as it has to where the last register is filled in part, and left in the workspace, whatever was in it. Blocks are
/// taken from the last to the first, so that a row too many is found in the next one. Rows of X stand `apart` elements
/// from each other. The instantiations are those of spmm.
template <class T>
void check_tiles(la::panel<T> const& a, int registers, lacuna_test::placement where, la::index apart = 0) {
  using sum = la::accumulator_t<T>;
  if (registers > kernel::widest(a.view()) || (apart != 0 && kernel::reads(a.view()) < 0)) return;
  auto const stride = registers * lanes_of<sum>;
  lacuna_test::random r(static_cast<std::uint64_t>(registers));
  auto const x = lacuna_test::random_dense<sum>(r, a.cols(), stride);
  guarded_sparse<la::panel<T>> const guarded_a(a, where);
  auto const view = guarded_a.view();
  auto const tiles = la::kernel::tiles_of<kernel, kernel::registers, arch, sum>(view);
  guarded_dense<sum> in(x, apart, where);
  struct {
    la::index width;
    bool kept;
  } const ways[] = {{stride, false}, {stride - 1, false}, {stride, true}};
  for (auto const& [width, kept] : ways) {
    guarded_dense<sum> out(a.rows(), width, 3, where);
    la::identity_epilogue const none;
    la::kernel::output<sum, row, la::identity_epilogue> const y{out.view(), none};
    auto to = y.template any<arch, sum>();
    if (kept) to.plain = nullptr;
    CAPTURE(registers, width, kept, where, a.strip_height(), a.tile());
    for (la::index first = (a.rows() - 1) / a.block() * a.block(); first >= 0; first -= a.block()) {
      auto const last = std::min(first + a.block(), a.rows());
      guarded<sum> sums((last - first + 1) * stride, where);  // one row to spare
      std::fill(sums.begin(), sums.end(), std::numeric_limits<sum>::quiet_NaN());
      tiles.run_of(registers)(&view, {in.view().data(), stride + apart}, sums.data(), first, last,
                              {to, sums.data(), first, 0, width});
      if (kept) to.finish(sums.data(), stride, first, last, 0, width);
      REQUIRE(sums.intact());
    }
    la::dense_view<sum const> const part(x.data(), a.cols(), width, stride);
    REQUIRE(lacuna_test::check_product(a, part, out.values()) == "");
    REQUIRE(out.intact());
  }
}

}  // namespace

TEMPLATE_TEST_CASE("panel kernel: tiles of every width, strips of every height, between guard pages", "", float, double,
                   la::bf16) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, la::accumulator_t<T>>) {
    lacuna_test::random r(1);
    for (la::index const height : {1, 2, 4, 8})
      for (la::index const tile : {1, 7, 16, 64})
        for (la::index const rows : {1, 6, 15, 131}) {
          auto const a = ragged<T>(r, rows, 50, {.strip_height = height, .tile = tile});
          for (auto const where : lacuna_test::both_placements) {
            for (int const registers : {1, 2, 4, 8}) check_tiles(a, registers, where);
            check_tiles(a, 2, where, 3);
          }
        }
  }
}

namespace {

/// Y of one type and both orders, from X of both, against the oracle, between guard pages.
template <class T, class Y>
void check_products(la::panel<T> const& a, la::index n, lacuna_test::random& r, lacuna_test::placement where) {
  using X = std::conditional_t<std::is_same_v<T, double>, double, float>;
  guarded_sparse<la::panel<T>> const guarded_a(a, where);
  auto const x = lacuna_test::random_dense<X>(r, a.cols(), n);
  guarded_dense<X> in(x, n % 4, where);
  guarded_dense<X, col> in_by_column(x, n % 3, where);
  guarded_dense<Y> out(a.rows(), n, n % 3, where);
  guarded_dense<Y, col> out_by_column(a.rows(), n, n % 2, where);
  la::spmm(guarded_a.view(), la::dense_view<X const>(in.view()), out.view());
  la::spmm(guarded_a.view(), la::dense_view<X const, col>(in_by_column.view()), out_by_column.view());
  CAPTURE(n, where, a.strip_height(), a.tile(), a.rows());
  REQUIRE(lacuna_test::check_product(a, x, out.values()) == "");
  REQUIRE(lacuna_test::same_bits(out.values(), out_by_column.values()));
  REQUIRE(out.intact());
  REQUIRE(out_by_column.intact());
}

}  // namespace

TEMPLATE_TEST_CASE("panel kernel: column counts around every edge, strips of every height, in both orders", "", float,
                   double) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, T>) {
    lacuna_test::random r(2);
    for (la::index const height : {1, 2, 4, 8}) {
      auto const a = ragged<T>(r, 21, 40, {.strip_height = height, .tile = 16});
      for (auto const n : column_counts<T>())
        for (auto const where : lacuna_test::both_placements) check_products<T, T>(a, n, r, where);
    }
  }
}

TEST_CASE("panel kernel: tiles as pack chooses them, blocks of 128 and 256 rows, other types of Y") {
  lacuna_test::random r(3);
  for (la::index const rows : {127, 130, 1030}) {
    if (lacuna_test::quick() && rows > 500) continue;
    for (auto const how : {coverage::half, coverage::one_percent, coverage::ragged, coverage::none}) {
      auto const a = ragged<float>(r, rows, 150, {}, how);
      check_products<float, float>(a, 67, r, lacuna_test::placement::upper);
      check_products<float, la::bf16>(a, 67, r, lacuna_test::placement::upper);
    }
    check_products<la::bf16, la::bf16>(ragged<la::bf16>(r, rows, 150, {}), 67, r, lacuna_test::placement::upper);
    check_products<la::f16, float>(ragged<la::f16>(r, rows, 150, {}), 67, r, lacuna_test::placement::upper);
  }
  check_products<float, float>(ragged<float>(r, 5, 33000, {.strip_height = 2, .tile = 32768}, coverage::all), 3, r,
                               lacuna_test::placement::upper);
}

TEST_CASE("panel kernel: a matrix without columns or slots gives the epilogue of zeros, and none without rows") {
  std::vector<float> const b(5, 3.0f);
  for (la::index const cols : {0, 70}) {
    auto const a = la::pack<la::panel<float>>(la::dense<float>(5, cols));
    for (la::index const n : {0, 2, 40}) {
      la::dense<float> y(5, n);
      la::dense<float, col> by_column(5, n);
      la::spmm(a, la::dense<float>(cols, n), y, la::bias(b));
      la::spmm(a, la::dense<float>(cols, n), by_column, la::bias(b));
      for (la::index i = 0; i != 5; ++i)
        for (la::index j = 0; j != n; ++j) CHECK((y(i, j) == 3 && by_column(i, j) == 3));
    }
  }
  la::dense<float> none(0, 7);
  la::spmm(la::pack<la::panel<float>>(la::dense<float>(0, 9)), la::dense<float>(9, 7), none);
}

namespace {

/// y + A x + residual, each sum rounded.
struct added {
  la::dense<float> const& first;
  la::dense<float> const& second;
  approximate operator()(la::index i, la::index j, approximate a) const {
    auto const u = static_cast<long double>(lacuna_test::precision_of<float>().unit);
    for (auto const* m : {&first, &second}) {
      a.value += static_cast<long double>((*m)(i, j));
      a.bound += u * (std::fabs(a.value) + a.bound);
    }
    return a;
  }
};

template <la::order Order>
void check_epilogue() {
  lacuna_test::random r(4);
  for (la::index const height : {1, 2, 4, 8}) {
    auto const a = ragged<float>(r, 11, 40, {.strip_height = height, .tile = 16});
    for (auto const where : lacuna_test::both_placements)
      for (auto const n : column_counts<float>()) {
        auto const x = lacuna_test::random_dense<float>(r, 40, n);
        auto const before = lacuna_test::random_dense<float>(r, 11, n);
        auto const residual = lacuna_test::random_dense<float>(r, 11, n);
        guarded_dense<float> summand(residual, n % 3, where);
        guarded_dense<float, Order> out(11, n, n % 2, where);
        out.assign(before);
        la::spmm(a, x, out.view(), la::accumulate | la::add(summand.view()));
        CAPTURE(n, where, height);
        REQUIRE(lacuna_test::check_product(a, x, out.values(), added{before, residual}) == "");
        REQUIRE(out.intact());
      }
  }
}

}  // namespace

TEST_CASE("panel kernel: what the epilogue reads and what is written stays inside, in every order") {
  check_epilogue<row>();
  check_epilogue<col>();
}

TEST_CASE("panel kernel: rows of X that stand apart and are read seldom are read in place, to the same bits") {
  lacuna_test::random r(7);
  auto const a = ragged<float>(r, 21, 40, {}, coverage::one_percent);
  REQUIRE(a.stored() <= 8 * a.cols());
  for (la::index const n : {11 * lanes_of<float>, 16 * lanes_of<float> + 5})
    for (auto const where : lacuna_test::both_placements) {
      auto const x = lacuna_test::random_dense<float>(r, 40, n);
      guarded_dense<float> in(x, 5, where);
      guarded_dense<float, col> packed(x, 0, where);
      guarded_dense<float> out(21, n, 0, where);
      guarded_dense<float> expected(21, n, 0, where);
      la::spmm(a, la::dense_view<float const>(in.view()), out.view());
      la::spmm(a, la::dense_view<float const, col>(packed.view()), expected.view());
      REQUIRE(lacuna_test::check_product(a, x, out.values()) == "");
      REQUIRE(lacuna_test::same_bits(out.values(), expected.values()));
      lacuna_test::executors const pool;
      for (auto const& [name, exec] : pool.all()) {
        la::spmm(exec, a, la::dense_view<float const>(in.view()), out.view());
        CAPTURE(name, n);
        REQUIRE(lacuna_test::same_bits(out.values(), expected.values()));
      }
    }
}

TEMPLATE_TEST_CASE("panel kernel: one thread packs X of a short, wide matrix tile by tile, to the same bits", "", float,
                   la::bf16) {
  lacuna_test::random r(8);
  lacuna_test::executors const pool;
  auto const check = [&]<la::order OX, la::order OY>(auto const& a, la::index n, lacuna_test::placement where) {
    auto const x = lacuna_test::random_dense<float>(r, a.cols(), n);
    guarded_dense<float, OX> in(x, 3, where);
    guarded_dense<float, OY> out(a.rows(), n, 1, where), shared(a.rows(), n, 1, where);
    la::dense_view<float const, OX> const read(in.view());
    la::spmm(a, read, out.view());
    CAPTURE(a.rows(), a.strip_height(), a.tile(), n);
    REQUIRE(lacuna_test::check_product(a, x, out.values()) == "");
    for (auto const& [name, exec] : pool.all()) {
      la::spmm(exec, a, read, shared.view());
      CAPTURE(name);
      REQUIRE(lacuna_test::same_bits(shared.values(), out.values()));
    }
  };
  for (la::index const rows : {40, 128, 129})  // a block, and more than one
    for (la::index const height : {2, 4}) {
      // The last tile has 56 columns. Each row of X is read some 13 times: up to 8 times it would not be packed.
      auto const keep = rows == 40 ? lacuna_test::random_mask(r, rows, 6200, coverage::ragged)
                                   : lacuna_test::random_mask(r, rows, 6200, 0.1);
      auto const a = la::pack<la::panel<TestType>>(lacuna_test::random_dense<TestType>(r, rows, 6200), keep,
                                                   {.strip_height = height, .tile = 128});
      for (la::index const n : {la::index{17}, la::index{70}, la::index{8 * lanes_of<float> + 3}}) {
        if (lacuna_test::quick() && n == 70) continue;
        auto const where = n % 2 == 0 ? lacuna_test::placement::lower : lacuna_test::placement::upper;
        check.template operator()<row, row>(a, n, where);
        check.template operator()<col, col>(a, n, where);
      }
    }
}

namespace {

/// X that counts how often all of it, and how often some of its rows are copied.
struct counted {
  la::kernel::any_input<float> x;
  mutable int whole = 0;
  mutable la::index some = 0;

  [[nodiscard]] la::kernel::any_input<float> input() const {
    using columns = la::kernel::x_strip<float>;
    return {this,
            x.rows,
            x.cols,
            [](void const*, la::index, la::index, la::index) { return columns{}; },
            [](void const* self, la::index column, la::index width, float* to, la::index stride, la::index first,
               la::index last) {
              auto const& me = *static_cast<counted const*>(self);
              ++me.whole;
              me.x.copy(me.x.x, column, width, to, stride, first, last);
            },
            [](void const* self, la::index column, la::index width, float* to, la::index stride, la::index first,
               la::index last) {
              auto const& me = *static_cast<counted const*>(self);
              ++me.some;
              me.x.copy_some(me.x.x, column, width, to, stride, first, last);
            }};
  }
};

}  // namespace

TEST_CASE("panel kernel: X of a short, wide matrix is copied tile by tile by one thread, else as a whole") {
  lacuna_test::random r(9);
  auto const n = 2 * lanes_of<float>;
  auto const tiles_asked = [&](la::index rows, la::index cols, auto& exec) {
    auto const a = ragged<float>(r, rows, cols, {.strip_height = 2, .tile = 128});
    auto const view = a.view();
    auto const x = lacuna_test::random_dense<float>(r, cols, n);
    auto const from = x.view();
    la::dense<float> y(rows, n);
    la::identity_epilogue const none;
    la::kernel::output<float, row, la::identity_epilogue> const to{y.view(), none};
    counted const in{la::kernel::input_of<arch, float>(from)};
    la::kernel::tiles_product<arch, float> const product{
        la::kernel::any_executor(exec), la::kernel::tiles_of<kernel, kernel::registers, arch, float>(view), in.input(),
        to.template any<arch, float>()};
    product.run(0);
    REQUIRE(lacuna_test::check_product(a, x, y) == "");
    CHECK((in.whole == 0) == (in.some != 0));
    return in.some;
  };
  la::serial one;
  la::threads two{2};
  la::index const wide = 196608 / (n * 4) / 128 * 128 + 300;  // more than 192 KB of X, in whole tiles and one of 44
  auto const tiles = (wide + 127) / 128;
  CHECK(tiles_asked(40, wide, one) == tiles);
  CHECK(tiles_asked(40, wide, two) == 0);
  CHECK(tiles_asked(40, 1000, one) == 0);
  CHECK(tiles_asked(2000, wide, one) == 0);
}

TEST_CASE("panel kernel: infinities and NaN of X reach the rows that store something opposite, and no others") {
  lacuna_test::random r(6);
  la::index const n = 8 * lanes_of<float> + 3;
  auto const clean = lacuna_test::random_dense<float>(r, 30, n);
  auto x = clean;
  for (la::index j = 0; j != n; ++j) {
    x(7, j) = std::numeric_limits<float>::infinity();
    x(29, j) = std::numeric_limits<float>::quiet_NaN();
  }
  for (la::index const height : {1, 2, 4, 8}) {
    auto const a = ragged<float>(r, 141, 30, {.strip_height = height, .tile = 9});
    la::dense<float> expected(141, n), y(141, n);
    la::spmm(a, clean, expected);
    la::spmm(a, x, y);
    bool fine = true;
    la::index reached = 0;
    for (la::index i = 0; i != 141; ++i) {
      bool opposite = false;
      a.visit_row(i, [&](la::index k, float) { opposite = opposite || k == 7 || k == 29; });
      reached += opposite;
      for (la::index j = 0; j != n; ++j)
        fine = fine && (opposite ? !std::isfinite(y(i, j)) : y(i, j) == expected(i, j));
    }
    CHECK(fine);
    CHECK(reached > 0);
    CHECK(reached < 141);
  }
}

TEST_CASE("panel kernel: a column has the same bits wherever it stands, by every executor") {
  lacuna_test::random r(5);
  lacuna_test::executors const pool;
  la::index const n = 11 * lanes_of<float> + 1;
  for (la::index const height : {1, 2, 4, 8}) {
    auto const a = ragged<float>(r, 301, 100, {.strip_height = height, .tile = 32});  // three blocks
    auto const x = lacuna_test::random_dense<float>(r, 100, n, lacuna_test::spread::heavy_tailed);
    la::dense<float> all(301, n);
    la::spmm(a, x, all);
    for (auto const& [name, exec] : pool.all()) {
      la::dense<float> y(301, n);
      la::dense<float, col> by_column(301, n);
      la::spmm(exec, a, x, y);
      la::spmm(exec, a, x, by_column);
      CAPTURE(name, height);
      CHECK(lacuna_test::same_bits(y, all));
      CHECK(lacuna_test::same_bits(std::as_const(by_column).view(), std::as_const(all).view()));
    }
    for (la::index j = 0; j + 1 < n; j += lacuna_test::quick() ? 13 : 1) {
      la::dense<float> two(301, 2);  // one would be a product with a vector
      la::spmm(a, la::dense_view<float const>(&x(0, j), 100, 2, n), two);
      bool same = true;
      for (la::index i = 0; i != 301; ++i) same = same && std::memcmp(&two(i, 0), &all(i, j), 2 * sizeof(float)) == 0;
      CAPTURE(j, height);
      REQUIRE(same);
    }
  }
}
