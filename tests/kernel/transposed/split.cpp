// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/transposed/split.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/allocations.hpp"
#include "support/any_executor.hpp"
#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded_dense;
using lacuna_test::same_bits;
using tiles = la::kernel::transposed_tiles<la::simd::default_arch, float>;

namespace {

constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

/// Runs a product serially and with every executor, Y between guard pages, and compares. Returns what is wrong.
template <la::order OX, la::order OY, class F>
std::string problem(F const& a, la::index n, lacuna_test::executors const& pool, bool biased = false) {
  using T = typename F::value_type;
  using S = la::accumulator_t<T>;
  lacuna_test::random r(static_cast<std::uint64_t>(n));
  auto const x = lacuna_test::random_dense<S>(r, a.rows(), n, lacuna_test::spread::heavy_tailed);
  auto const b = std::vector<S>(static_cast<std::size_t>(a.cols()), S(biased));
  guarded_dense<S, OX> in(x, n % 3, lacuna_test::placement::upper);
  guarded_dense<S, OY> out(a.cols(), n, n % 2, lacuna_test::placement::upper);
  la::spmm(la::transposed(a), in.view(), out.view(), la::bias(b));
  auto const y = out.values();
  if (!out.intact()) return "written beside Y";
  auto const wrong = lacuna_test::check_product(
      lacuna_test::plain_transpose<T>(a), x, y, [&](la::index, la::index, lacuna_test::approximate v) {
        auto const u = static_cast<long double>(lacuna_test::precision_of<S>().unit);
        v.value += static_cast<long double>(biased);
        v.bound += u * (std::fabs(v.value) + v.bound);
        return v;
      });
  if (!wrong.empty()) return wrong;
  for (auto const& [name, exec] : pool.all()) {
    guarded_dense<S, OY> again(a.cols(), n, n % 2, lacuna_test::placement::lower);
    la::spmm(exec, la::transposed(a), in.view(), again.view(), la::bias(b));
    if (!same_bits(again.values(), y)) return name + " differs";
    if (!again.intact()) return name + " writes beside Y";
  }
  return "";
}

/// Counts the ranges of each call, and runs them in turn.
struct counting {
  std::vector<la::index> ranges;
  [[nodiscard]] static constexpr la::index concurrency() noexcept { return 4; }
  template <class F>
  void for_ranges(la::index n, la::index grain, F&& f) {
    ranges.push_back(0);
    for (la::index first = 0; first < n; first += grain, ++ranges.back())
      f(first, std::min(n, first + grain), ranges.back() % concurrency());
  }
};

la::csr<float> tall(la::index rows, la::index cols, double density) {
  lacuna_test::random r(5);
  return la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, rows, cols),
                                  lacuna_test::random_mask(r, rows, cols, density));
}

}  // namespace

TEST_CASE("transposed split: every count of registers, around their edges, and several groups of columns") {
  lacuna_test::executors const pool;
  auto const a = tall(70, 37, 0.4);
  auto const group = tiles::together * tiles::lanes;
  for (la::index registers = 0; registers <= 9; ++registers)
    for (la::index const n : {registers * tiles::lanes + 1, (registers + 1) * tiles::lanes}) {
      CAPTURE(n);
      CHECK(problem<row, row>(a, n, pool, n % 2 == 0) == "");
    }
  CHECK(problem<col, row>(a, group + 3, pool) == "");
  CHECK(problem<row, col>(a, 2 * group, pool, true) == "");
  CHECK(problem<col, col>(a, 0, pool) == "");
}

TEST_CASE("transposed split: parts and strips of rows, whose slots are many and few") {
  lacuna_test::executors const pool;
  la::index const rows = lacuna_test::quick() ? 300 : 2500;
  for (double const density : {0.02, 0.5, 1.0})
    for (la::index const n : {la::index{1}, la::index{3}, tiles::lanes * 4}) {
      CAPTURE(density, n);
      CHECK(problem<row, row>(tall(rows, 65, density), n, pool) == "");
      CHECK(problem<col, col>(tall(rows, 3, density), n, pool) == "");
    }
  CHECK(problem<row, row>(la::pack<la::bitmap<la::bf16>>(tall(rows, 40, 0.3)), 70, pool) == "");
  CHECK(problem<row, col>(la::pack<la::csr<double>>(tall(rows, 40, 0.3)), 70, pool) == "");
}

TEST_CASE("transposed split: a bitmap whose columns are written out, and one that is visited, give csr's bits") {
  lacuna_test::executors const pool;
  for (double const density : {0.05, 0.3, 1.0}) {
    auto const a = tall(150, 131, density);
    auto const bits = la::pack<la::bitmap<float>>(a);
    for (la::index const n : {la::index{2}, tiles::lanes, tiles::lanes + 1, 2 * tiles::lanes, 2 * tiles::lanes + 1,
                              3 * tiles::lanes, 5 * tiles::lanes + 1}) {
      CAPTURE(density, n, tiles::pays_decoding(bits.view(), n));
      CHECK(problem<row, row>(bits, n, pool) == "");
      CHECK(problem<col, row>(bits, n, pool, true) == "");
      lacuna_test::random r(9);
      auto const x = lacuna_test::random_dense<float>(r, 150, n);
      la::dense<float> y(131, n), same(131, n);
      la::spmm(la::transposed(bits), x, y);
      la::spmm(la::transposed(a), x, same);
      CHECK(same_bits(y, same));
    }
  }
  auto const few = la::pack<la::bitmap<float>>(tall(100, 100, 0.1)),
             many = la::pack<la::bitmap<float>>(tall(100, 100, 0.4));
  CHECK(tiles::pays_decoding(few.view(), 2 * tiles::lanes));
  CHECK(tiles::pays_decoding(many.view(), 2 * tiles::lanes) != la::simd::avx512<la::simd::default_arch>);
  CHECK(tiles::pays_decoding(many.view(), 2 * tiles::lanes + 1));
  CHECK(tiles::pays_decoding(many.view(), tiles::lanes));
}

TEST_CASE("transposed split: one column and few are shared, and so are many") {
  auto const a = tall(2000, 100, 0.5);
  la::dense<float> const x(2000, 100);
  for (la::index const n : {la::index{1}, la::index{2}, la::index{100}}) {
    counting exec;
    la::dense<float> y(100, n);
    la::spmm(exec, la::transposed(a), la::dense_view<float const>(x.data(), 2000, n, 100), y);
    CAPTURE(n);
    CHECK(*std::max_element(exec.ranges.begin(), exec.ranges.end()) > 1);
  }
}

TEST_CASE("transposed split: Inf and NaN of X opposite empty rows and absent slots do not reach Y") {
  la::dense<float> w(4, 3);
  w(0, 0) = 1;
  w(2, 1) = 2;
  auto const a = la::pack<la::csr<float>>(w);
  for (la::index const n : {la::index{1}, la::index{2}, tiles::lanes * 5}) {
    la::dense<float> x(4, n), y(3, n);
    for (la::index j = 0; j != n; ++j) {
      x(0, j) = 3;
      x(1, j) = std::numeric_limits<float>::quiet_NaN();
      x(2, j) = std::numeric_limits<float>::infinity();
      x(3, j) = -std::numeric_limits<float>::infinity();
    }
    la::spmm(la::transposed(a), x, y);
    for (la::index j = 0; j != n; ++j) {
      CHECK(y(0, j) == 3);
      CHECK(y(1, j) == std::numeric_limits<float>::infinity());
      CHECK(y(2, j) == 0);
    }
  }
}

TEST_CASE("transposed split: no allocation in steady state") {
  auto const a = tall(500, 60, 0.5);
  la::dense<float> const x(500, 90);
  la::dense<float> y(60, 90);
  la::threads pool{3};
  auto const run = [&] {
    for (la::index const n : {la::index{1}, la::index{7}, la::index{90}}) {
      la::dense_view<float const> const in(x.data(), 500, n, 90);
      la::dense_view<float> const out(y.data(), 60, n, 90);
      la::spmm(la::transposed(a), in, out);
      la::spmm(pool, la::transposed(a), in, out);
    }
  };
  run();
  CHECK(lacuna_test::allocations_during(run) == 0);
}

TEST_CASE("transposed: columns of sorted rows are shared by their slots") {
  std::vector<std::uint32_t> ends(2 * 101);  // two strips of rows, whose slots stand in columns 40 to 43
  for (std::size_t s = 0; s != 2; ++s)
    for (std::uint32_t k = 0; k <= 100; ++k) ends[s * 101 + k] = 10000 * (std::clamp(k, 40U, 44U) - 40);
  CHECK(tiles::share_of(ends.data(), 2, 100, 0, 4) == 0);
  for (la::index part = 1; part != 4; ++part) {
    CAPTURE(part);
    CHECK(tiles::share_of(ends.data(), 2, 100, part, 4) >= 40 + part);
    CHECK(tiles::share_of(ends.data(), 2, 100, part, 4) <= 41 + part);
  }
  CHECK(tiles::share_of(ends.data(), 2, 100, 4, 4) == 100);
  CHECK(tiles::share_of(ends.data(), 2, 0, 1, 1) == 0);
  std::vector<std::uint32_t> const none(101);
  CHECK(tiles::share_of(none.data(), 1, 100, 1, 4) == 25);
  CHECK(tiles::share_of(none.data(), 1, 100, 4, 4) == 100);
}
