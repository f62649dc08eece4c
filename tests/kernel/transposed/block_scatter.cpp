// SPDX-License-Identifier: MIT
#include <lacuna/core/buffer.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/transposed/block_scatter.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

namespace {

/// Blocks of any shape as one type, so that what checks them is compiled once per type of weights.
template <class T>
struct blocks {
  using offset = typename la::bsr<T, 1, 1>::offset_type;
  using column = typename la::bsr<T, 1, 1>::index_type;
  la::index rows, cols;
  std::vector<offset> offsets;
  std::vector<column> columns;
  std::vector<T> values;
  lacuna_test::plain_transpose<T> slots;
};

/// How blocks of one shape are packed, and block_scatter<arch, S, R, C>::run<N>.
template <class T>
struct shape {
  using S = la::accumulator_t<T>;
  la::index height, width, registers;
  lacuna_test::coverage how;
  blocks<T> (*pack)(la::dense<S> const& w, la::mask const& keep);
  void (*run)(typename blocks<T>::column const* columns, T const* values, la::index first, la::index last, S const* x,
              la::index pitch, la::index rows, S* sums, la::index origin);
};

template <class T, int R, int C>
blocks<T> packed(la::dense<la::accumulator_t<T>> const& w, la::mask const& keep) {
  auto const a = la::pack<la::bsr<T, R, C>>(w, keep);
  auto const [offsets, columns, values] = std::tuple(a.offsets(), a.columns(), a.values());
  return {a.rows(),
          a.cols(),
          {offsets.begin(), offsets.end()},
          {columns.begin(), columns.end()},
          {values.begin(), values.end()},
          lacuna_test::plain_transpose<T>(a)};
}

template <int N, class T, int R, int C>
shape<T> shape_of(lacuna_test::coverage how) {
  using S = la::accumulator_t<T>;
  return {R,
          C,
          N,
          how,
          &packed<T, R, C>,
          [](typename blocks<T>::column const* columns, T const* values, la::index first, la::index last, S const* x,
             la::index pitch, la::index rows, S* sums, la::index origin) {
            la::kernel::block_scatter<arch, S, R, C>::template run<N>(columns, values, first, last, x, pitch, rows,
                                                                      sums, origin);
          }};
}

/// Adds all rows of blocks to sums, twice N registers apart in X, from blocks and X between guard pages; outputs in
/// two tiles. Returns what is wrong.
template <class T>
std::string problem(shape<T> const& s, blocks<T> const& a, lacuna_test::placement where) {
  using S = la::accumulator_t<T>;
  la::index const width = s.registers * static_cast<la::index>(la::simd::batch<S, arch>::size);
  lacuna_test::random r(static_cast<std::uint64_t>(s.registers));
  auto const x = lacuna_test::random_dense<S>(r, a.rows, width);
  lacuna_test::guarded_copy<typename blocks<T>::column> const guarded_columns(a.columns, where);
  lacuna_test::guarded_copy<T> const guarded_values(a.values, where);
  auto const columns = guarded_columns.get();
  auto const values = guarded_values.get();
  lacuna_test::guarded_dense<S> in(x, width, where);
  auto const block_cols = (a.cols + s.width - 1) / s.width;
  guarded<S> sums(block_cols * s.width * width, where);
  std::fill(sums.begin(), sums.end(), S{0});
  auto const middle = block_cols / 2;
  for (std::size_t b = 0; b + 1 != a.offsets.size(); ++b) {
    auto const first = static_cast<la::index>(a.offsets[b]);
    auto const last = static_cast<la::index>(a.offsets[b + 1]);
    auto cut = first;
    while (cut != last && static_cast<la::index>(columns[static_cast<std::size_t>(cut)]) < middle) ++cut;
    auto const top = static_cast<la::index>(b) * s.height;
    auto const* const rows = in.view().data() + top * 2 * width;
    auto const height = std::min(s.height, a.rows - top);
    s.run(columns.data(), values.data(), cut, last, rows, 2 * width, height, sums.data() + middle * s.width * width,
          middle);
    s.run(columns.data(), values.data(), first, cut, rows, 2 * width, height, sums.data(), 0);
  }
  if (!sums.intact()) return "written beside the sums";
  return lacuna_test::check_product(a.slots, x, la::dense_view<S const>(sums.data(), a.cols, width));
}

template <class T>
std::string problem_of(shape<T> const& s) {
  using S = la::accumulator_t<T>;
  auto const [height, width] = std::pair(s.height, s.width);
  lacuna_test::random r(static_cast<std::uint64_t>(height * 64 + width));
  for (auto const& [rows, cols] :
       {std::pair<la::index, la::index>{5 * height, 7 * width}, {5 * height + 1, 7 * width + 1}, {1, 1}}) {
    auto const w = lacuna_test::random_dense<S>(r, rows, cols);
    auto const a = s.pack(w, lacuna_test::random_mask(r, rows, cols, s.how));
    for (auto const where : lacuna_test::both_placements)
      if (auto const wrong = problem(s, a, where); !wrong.empty())
        return std::to_string(height) + "x" + std::to_string(width) + ", " + std::to_string(s.registers) +
               " registers: " + wrong;
  }
  return "";
}

template <int N, class T>
void check_shapes() {
  if constexpr (N <= la::kernel::block_scatter<arch, la::accumulator_t<T>, 1, 1>::widest) {
    using lacuna_test::coverage;
    for (auto const& s : {shape_of<N, T, 1, 1>(coverage::ragged), shape_of<N, T, 1, 4>(coverage::half),
                          shape_of<N, T, 2, 1>(coverage::half), shape_of<N, T, 3, 5>(coverage::ragged),
                          shape_of<N, T, 4, 1>(coverage::ragged), shape_of<N, T, 4, 4>(coverage::one_percent),
                          shape_of<N, T, 5, 2>(coverage::half), shape_of<N, T, 9, 1>(coverage::half),
                          shape_of<N, T, 16, 1>(coverage::ragged), shape_of<N, T, 32, 4>(coverage::one_entry)})
      CHECK(problem_of(s) == "");
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
