// SPDX-License-Identifier: MIT
#include <lacuna/core/buffer.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/transposed/block_scatter.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace la = lacuna;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

namespace {

/// Adds all rows of blocks to sums, twice N registers apart in X, from blocks and X between guard pages; outputs in
/// two tiles. Returns what is wrong.
template <int N, class T, int R, int C>
std::string problem(la::bsr<T, R, C> const& a, lacuna_test::placement where) {
  using S = la::accumulator_t<T>;
  using kernel = la::kernel::block_scatter<arch, S, R, C>;
  constexpr la::index width = N * kernel::lanes;
  lacuna_test::random r(N);
  auto const x = lacuna_test::random_dense<S>(r, a.rows(), width);
  lacuna_test::guarded_sparse<la::bsr<T, R, C>> const guarded_a(a, where);
  auto const v = guarded_a.view();
  lacuna_test::guarded_dense<S> in(x, width, where);
  guarded<S> sums(v.block_cols() * C * width, where);
  std::fill(sums.begin(), sums.end(), S{0});
  auto const middle = v.block_cols() / 2;
  for (la::index b = 0; b != v.block_rows(); ++b) {
    auto const first = static_cast<la::index>(v.offsets()[static_cast<std::size_t>(b)]);
    auto const last = static_cast<la::index>(v.offsets()[static_cast<std::size_t>(b + 1)]);
    auto cut = first;
    while (cut != last && static_cast<la::index>(v.columns()[static_cast<std::size_t>(cut)]) < middle) ++cut;
    auto const* const rows = in.view().data() + b * R * 2 * width;
    auto const height = std::min<la::index>(R, a.rows() - b * R);
    kernel::template run<N>(v.columns().data(), v.values().data(), cut, last, rows, 2 * width, height,
                            sums.data() + middle * C * width, middle);
    kernel::template run<N>(v.columns().data(), v.values().data(), first, cut, rows, 2 * width, height, sums.data(), 0);
  }
  if (!sums.intact()) return "written beside the sums";
  return lacuna_test::check_product(lacuna_test::plain_transpose<T>(a), x,
                                    la::dense_view<S const>(sums.data(), a.cols(), width));
}

template <int N, class T, int R, int C>
std::string problem_of(lacuna_test::coverage how) {
  using S = la::accumulator_t<T>;
  lacuna_test::random r(R * 64 + C);
  for (auto const& [rows, cols] : {std::pair<la::index, la::index>{5 * R, 7 * C}, {5 * R + 1, 7 * C + 1}, {1, 1}}) {
    auto const a = la::pack<la::bsr<T, R, C>>(lacuna_test::random_dense<S>(r, rows, cols),
                                              lacuna_test::random_mask(r, rows, cols, how));
    for (auto const where : lacuna_test::both_placements)
      if (auto const wrong = problem<N>(a, where); !wrong.empty())
        return std::to_string(R) + "x" + std::to_string(C) + ", " + std::to_string(N) + " registers: " + wrong;
  }
  return "";
}

template <int N, class T>
void check_shapes() {
  if constexpr (N <= la::kernel::block_scatter<arch, la::accumulator_t<T>, 1, 1>::widest) {
    using lacuna_test::coverage;
    CHECK(problem_of<N, T, 1, 1>(coverage::ragged) == "");
    CHECK(problem_of<N, T, 1, 4>(coverage::half) == "");
    CHECK(problem_of<N, T, 2, 1>(coverage::half) == "");
    CHECK(problem_of<N, T, 3, 5>(coverage::ragged) == "");
    CHECK(problem_of<N, T, 4, 1>(coverage::ragged) == "");
    CHECK(problem_of<N, T, 4, 4>(coverage::one_percent) == "");
    CHECK(problem_of<N, T, 5, 2>(coverage::half) == "");
    CHECK(problem_of<N, T, 9, 1>(coverage::half) == "");
    CHECK(problem_of<N, T, 16, 1>(coverage::ragged) == "");
    CHECK(problem_of<N, T, 32, 4>(coverage::one_entry) == "");
  }
}

}  // namespace

TEST_CASE("block_scatter: adds blocks to the sums of their outputs, and reads no row that is not there") {
  check_shapes<1, float>();
  check_shapes<2, float>();
  check_shapes<4, float>();
  if constexpr (la::simd::has_batch<arch, double>) check_shapes<2, double>();
  check_shapes<2, la::bf16>();
  check_shapes<1, la::f16>();
}

TEST_CASE("block_scatter: rows are cut into parts of even height that fit half of all registers") {
  using tall = la::kernel::block_scatter<arch, float, 18, 1>;
  using flat = la::kernel::block_scatter<arch, float, 5, 1>;
  STATIC_CHECK(tall::parts<1>::count == 3);
  STATIC_CHECK(tall::parts<1>::height == 6);
  STATIC_CHECK(tall::parts<1>::height_of(2) == 6);
  STATIC_CHECK(flat::parts<tall::widest>::count == 2);
  STATIC_CHECK(flat::parts<tall::widest>::height == 3);
  STATIC_CHECK(flat::parts<tall::widest>::height_of(1) == 2);
}

TEST_CASE("block_scatter: bits of a sum do not depend on how many registers are held") {
  lacuna_test::random r(3);
  using a16 = la::bsr<float, 16, 1>;
  auto const a = la::pack<a16>(lacuna_test::random_dense<float>(r, 64, 9), lacuna_test::random_mask(r, 64, 9, 0.5));
  using kernel = la::kernel::block_scatter<arch, float, 16, 1>;
  constexpr la::index lanes = kernel::lanes;
  auto const x = lacuna_test::random_dense<float>(r, 64, 2 * lanes);
  la::buffer<float> two(9 * 2 * lanes), one(9 * lanes);
  for (la::index b = 0; b != 4; ++b) {
    auto const first = static_cast<la::index>(a.offsets()[static_cast<std::size_t>(b)]);
    auto const last = static_cast<la::index>(a.offsets()[static_cast<std::size_t>(b + 1)]);
    auto const* const rows = x.data() + b * 16 * 2 * lanes;
    auto const values = std::as_const(a).values();
    kernel::run<2>(a.columns().data(), values.data(), first, last, rows, 2 * lanes, 16, two.data(), 0);
    kernel::run<1>(a.columns().data(), values.data(), first, last, rows + lanes, 2 * lanes, 16, one.data(), 0);
  }
  bool same = true;
  for (la::index k = 0; k != 9; ++k)
    for (la::index l = 0; l != lanes; ++l) same = same && two[(2 * k + 1) * lanes + l] == one[k * lanes + l];
  CHECK(same);
}
