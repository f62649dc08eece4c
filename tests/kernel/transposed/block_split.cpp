// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/transposed/block_split.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/allocations.hpp"
#include "support/any_executor.hpp"
#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded_dense;
using lacuna_test::same_bits;

namespace {

constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;
constexpr auto lanes = static_cast<la::index>(la::simd::batch<float, la::simd::default_arch>::size);

template <class F>
F some(la::index rows, la::index cols, double density) {
  lacuna_test::random r(static_cast<std::uint64_t>(rows + cols));
  return la::pack<F>(lacuna_test::random_dense<la::accumulator_t<typename F::value_type>>(r, rows, cols),
                     lacuna_test::random_mask(r, rows, cols, density));
}

/// Runs a product of n columns serially and with every executor, operands between guard pages, and compares. Returns
/// what is wrong.
template <la::order OX, la::order OY, class F>
std::string problem(F const& a, la::index n, lacuna_test::executors const& pool) {
  using T = typename F::value_type;
  using S = la::accumulator_t<T>;
  lacuna_test::random r(static_cast<std::uint64_t>(n));
  auto const x = lacuna_test::random_dense<S>(r, a.rows(), n, lacuna_test::spread::heavy_tailed);
  auto const where = n % 2 == 0 ? lacuna_test::placement::upper : lacuna_test::placement::lower;
  lacuna_test::guarded_sparse<F> const guarded_a(a, where);
  guarded_dense<S, OX> in(x, n % 3, where);
  guarded_dense<S, OY> out(a.cols(), n, n % 2, where);
  la::spmm(la::transposed(guarded_a.view()), in.view(), out.view());
  auto const y = out.values();
  if (!out.intact()) return "written beside Y";
  if (auto const wrong = lacuna_test::check_product(lacuna_test::plain_transpose<T>(a), x, y); !wrong.empty())
    return wrong;
  for (auto const& [name, exec] : pool.all()) {
    guarded_dense<S, OY> again(a.cols(), n, n % 2, where);
    la::spmm(exec, la::transposed(guarded_a.view()), in.view(), again.view());
    if (!same_bits(again.values(), y)) return name + " differs";
    if (!again.intact()) return name + " writes beside Y";
  }
  return "";
}

/// Runs ranges in turn, as four workers would.
struct four_workers {
  [[nodiscard]] static constexpr la::index concurrency() noexcept { return 4; }
  template <class F>
  void for_ranges(la::index n, la::index grain, F&& f) {
    for (la::index first = 0; first < n; first += grain) f(first, std::min(n, first + grain), first / grain % 4);
  }
};

/// Whether tiles of `a` hold all blocks once, each where it belongs.
template <class View>
bool sound(la::kernel::column_tiles<View> const& tiles, View const& a) {
  bool right = tiles.first(0) == 0 && tiles.first(tiles.count()) == a.block_cols();
  for (la::index t = 0; t != tiles.count(); ++t) {
    right = right && tiles.first(t) <= tiles.first(t + 1) && tiles.first(t + 1) - tiles.first(t) <= tiles.widest();
    for (la::index b = 0; b != a.block_rows(); ++b) {
      right = right && tiles.place(b, t) <= tiles.place(b, t + 1);
      for (auto e = tiles.place(b, t); e < tiles.place(b, t + 1); ++e) {
        auto const column = static_cast<la::index>(a.columns()[static_cast<std::size_t>(e)]);
        right = right && column >= tiles.first(t) && column < tiles.first(t + 1);
      }
    }
  }
  for (la::index b = 0; b != a.block_rows(); ++b)
    right = right && tiles.place(b, 0) == static_cast<la::index>(a.offsets()[static_cast<std::size_t>(b)]) &&
            tiles.place(b, tiles.count()) == static_cast<la::index>(a.offsets()[static_cast<std::size_t>(b + 1)]);
  return right;
}

}  // namespace

TEST_CASE("transposed blocks: every count of registers, around their edges, in both orders") {
  lacuna_test::executors const pool;
  auto const a = some<la::bsr<float, 4, 1>>(70, 37, 0.4);
  auto const b = some<la::bsr<float, 8, 8>>(61, 43, 0.1);
  for (la::index registers = 0; registers <= 5; ++registers)
    for (la::index const n : {registers * lanes + 2, (registers + 1) * lanes}) {
      CAPTURE(n);
      CHECK(problem<row, row>(a, n, pool) == "");
      CHECK(problem<col, row>(b, n, pool) == "");
    }
  CHECK(problem<row, col>(a, 9 * lanes + 3, pool) == "");
  CHECK(problem<col, col>(b, 9 * lanes + 3, pool) == "");
  CHECK(problem<row, row>(a, 0, pool) == "");
}

TEST_CASE("transposed blocks: types of weights, and shapes of blocks") {
  lacuna_test::executors const pool;
  la::index const n = 6 * lanes + 1;
  CHECK(problem<row, row>(some<la::bsr<la::bf16, 16, 1>>(90, 41, 0.2), n, pool) == "");
  CHECK(problem<row, row>(some<la::bsr<la::f16, 3, 5>>(90, 41, 0.2), n, pool) == "");
  CHECK(problem<row, col>(some<la::bsr<double, 4, 4>>(90, 41, 0.2), n, pool) == "");
  CHECK(problem<row, row>(some<la::bsr<float, 2, 2, std::uint16_t, std::int32_t>>(91, 41, 0.2), n, pool) == "");
  CHECK(problem<row, row>(some<la::bsr<float, 32, 4>>(91, 41, 0.02), n, pool) == "");
  CHECK(problem<row, row>(some<la::bsr<float, 4, 1>>(91, 41, 0.0), n, pool) == "");
  CHECK(problem<row, row>(la::bsr<float, 4, 1>(0, 5, std::vector<std::uint32_t>{0}, {}, {}), n, pool) == "");
}

TEST_CASE("transposed blocks: matrices of single rows, up to the columns that are scattered and beyond") {
  lacuna_test::executors const pool;
  auto const slots = some<la::csr<float>>(150, 131, 0.2);
  auto const bits = some<la::bitmap<float>>(150, 131, 0.2);
  auto const flat = some<la::bsr<float, 1, 4>>(150, 131, 0.2);
  for (la::index registers = 0; registers <= 8; ++registers)
    for (la::index const n : {registers * lanes + 2, (registers + 1) * lanes}) {
      CAPTURE(n);
      CHECK(problem<row, row>(slots, n, pool) == "");
      CHECK(problem<col, row>(flat, n, pool) == "");
      CHECK(problem<row, col>(bits, n, pool) == "");
    }
  CHECK(problem<row, row>(some<la::csr<la::bf16, std::uint16_t, std::int32_t>>(150, 41, 0.3), 3 * lanes, pool) == "");
  CHECK(problem<col, col>(some<la::csr<double, std::int32_t, std::int64_t>>(150, 41, 0.3), 3 * lanes, pool) == "");
  CHECK(problem<row, row>(some<la::csr<float>>(60, 5001, 0.05), 4 * lanes, pool) == "");
  CHECK(problem<row, row>(some<la::bitmap<la::f16>>(60, 5001, 0.05), lanes, pool) == "");
  CHECK(problem<row, row>(some<la::csr<float>>(91, 41, 0.0), 2 * lanes, pool) == "");
  CHECK(problem<row, row>(la::csr<float>(0, 5, std::vector<std::uint32_t>{0}, {}, {}), lanes, pool) == "");
}

TEST_CASE("transposed blocks: rows of few slots in many outputs are not scattered, nor are many columns") {
  lacuna_test::executors const pool;
  auto const thin = some<la::csr<float>>(300, 5001, 0.0005);
  CHECK(problem<row, row>(thin, 2 * lanes, pool) == "");
  if constexpr (la::kernel::scatters_rows<la::csr_view<float>, la::simd::default_arch>) {
    CHECK_FALSE(la::kernel::pays_scattering(thin.view(), 2));
    auto const layer = some<la::csr<float>>(100, 512, 0.05);
    CHECK(la::kernel::pays_scattering(layer.view(), 7));
    CHECK_FALSE(la::kernel::pays_scattering(layer.view(), 8));
    CHECK(la::kernel::pays_scattering(some<la::csr<float>>(60, 5001, 0.05).view(), 4));
  }
}

TEST_CASE("transposed blocks: single slots, most of them in few columns") {
  lacuna_test::executors const pool;
  lacuna_test::random r(5);
  la::mask keep(300, 517);
  for (la::index i = 0; i != 300; ++i)
    for (la::index j = 0; j != 517; ++j) keep.set(i, j, j >= 501 && j < 513 ? i % 8 != 0 : (i + j) % 97 == 0);
  auto const w = lacuna_test::random_dense<float>(r, 300, 517);
  CHECK(problem<row, row>(la::pack<la::csr<float>>(w, keep), 4 * lanes, pool) == "");
  CHECK(problem<row, row>(la::pack<la::csr<float>>(w, keep), 9 * lanes, pool) == "");
  CHECK(problem<row, row>(la::pack<la::bitmap<float>>(w, keep), 3 * lanes, pool) == "");
}

TEST_CASE("transposed blocks: more outputs than a tile holds") {
  lacuna_test::executors const pool;
  CHECK(problem<row, row>(some<la::bsr<float, 4, 1>>(60, 5001, 0.05), 5 * lanes, pool) == "");
  CHECK(problem<col, col>(some<la::bsr<float, 8, 8>>(60, 5001, 0.01), 3 * lanes, pool) == "");
}

TEST_CASE("transposed blocks: all blocks in the last column, which ends beyond the last output") {
  lacuna_test::executors const pool;
  la::dense<float> w(400, 257);
  for (la::index i = 0; i < 400; i += 4) w(i, 256) = static_cast<float>(i + 1);
  auto const a = la::pack<la::bsr<float, 4, 4>>(w);
  CHECK(problem<row, row>(a, 4 * lanes, pool) == "");
  CHECK(problem<row, col>(a, 4 * lanes, pool) == "");
  CHECK(problem<row, row>(la::pack<la::bsr<float, 8, 2>>(w), 9 * lanes, pool) == "");
  four_workers four;
  auto const view = a.view();
  la::kernel::column_tiles const tiles(la::kernel::any_executor(four), view, 5);
  CHECK(sound(tiles, view));
  CHECK(tiles.first(3) == tiles.first(4));
}

TEST_CASE("transposed blocks: sums have the bits of csr's") {
  auto const a = some<la::bsr<float, 4, 2>>(150, 131, 0.2);
  auto const slots = la::pack<la::csr<float>>(a);
  lacuna_test::random r(9);
  auto const x = lacuna_test::random_dense<float>(r, 150, 9 * lanes);
  la::dense<float> y(131, 9 * lanes), same(131, 9 * lanes);
  la::spmm(la::transposed(a), x, y);
  la::spmm(la::transposed(slots), x, same);
  CHECK(same_bits(y, same));
}

TEST_CASE("transposed blocks: Inf and NaN of X opposite absent blocks, and beyond the last row, do not reach Y") {
  la::dense<float> w(7, 3);
  w(0, 0) = 1;
  w(6, 1) = 2;
  auto const a = la::pack<la::bsr<float, 2, 1>>(w);
  for (la::index const n : {la::index{2}, lanes * 4}) {
    la::dense<float> x(8, n);  // and a row that is not X's
    la::dense<float> y(3, n);
    for (la::index j = 0; j != n; ++j) {
      x(0, j) = 3;
      x(6, j) = std::numeric_limits<float>::infinity();
      for (la::index const i : {2, 3, 4, 5, 7}) x(i, j) = std::numeric_limits<float>::quiet_NaN();
    }
    la::spmm(la::transposed(a), la::dense_view<float const>(x.data(), 7, n), y);
    for (la::index j = 0; j != n; ++j) {
      CHECK(y(0, j) == 3);
      CHECK(y(1, j) == std::numeric_limits<float>::infinity());
      CHECK(y(2, j) == 0);
    }
  }
}

TEST_CASE("column_tiles: hold every block once, for any count") {
  la::serial serial;
  four_workers four;
  auto const a = some<la::bsr<float, 4, 2>>(130, 97, 0.1);
  auto const view = a.view();
  for (la::index const count : {1, 2, 3, 7, 49, 200}) {
    CAPTURE(count);
    CHECK(sound(la::kernel::column_tiles(la::kernel::any_executor(serial), view, count), view));
    CHECK(sound(la::kernel::column_tiles(la::kernel::any_executor(four), view, count), view));
    CHECK(la::kernel::column_tiles(la::kernel::any_executor(four), view, count).count() <=
          std::min<la::index>(count, 49));
  }
}

TEST_CASE("column_tiles: hold equal shares of all blocks where outputs are unequal and workers several") {
  la::dense<float> w(1200, 256);
  la::mask keep(1200, 256);
  for (la::index i = 0; i != 1200; ++i)
    for (la::index j = 0; j != 256; ++j) keep.set(i, j, j >= 64 && j < 80 ? i % 8 != 0 : j % 16 == i / 4 % 16);
  auto const a = la::pack<la::bsr<float, 4, 1>>(w, keep);
  auto const view = a.view();
  four_workers four;
  la::kernel::column_tiles const tiles(la::kernel::any_executor(four), view, 8);
  CHECK(sound(tiles, view));
  auto const all = static_cast<la::index>(view.columns().size());
  REQUIRE(tiles.count() == 8);
  for (la::index t = 0; t != 8; ++t) {
    la::index here = 0;
    for (la::index b = 0; b != view.block_rows(); ++b) here += tiles.place(b, t + 1) - tiles.place(b, t);
    CAPTURE(t, here, all);
    CHECK(here <= all / 8 * 5 / 4 + view.block_rows());  // its share, and a column of blocks
  }
}

TEST_CASE("transposed blocks: no allocation in steady state") {
  auto const a = some<la::bsr<float, 4, 1>>(500, 300, 0.3);
  la::dense<float> const x(500, 90);
  la::dense<float> y(300, 90);
  la::threads pool{3};
  auto const run = [&] {
    for (la::index const n : {la::index{7}, la::index{90}}) {
      la::dense_view<float const> const in(x.data(), 500, n, 90);
      la::dense_view<float> const out(y.data(), 300, n, 90);
      la::spmm(la::transposed(a), in, out);
      la::spmm(pool, la::transposed(a), in, out);
    }
  };
  run();
  CHECK(lacuna_test::allocations_during(run) == 0);
}
