// SPDX-License-Identifier: MIT
//
// Kernels that multiply a block of rows of csr with some registers of X, against sums of whole numbers.
#pragma once

#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/x_rows.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace lacuna_test {

/// Rows that are empty, full, have every column with a chance of 1 in `sparse`, or only some far from each other; whole
/// numbers, so that every order of summation gives the same bits.
template <class W, class I>
[[nodiscard]] lacuna::csr<W, I> whole_csr(random& r, lacuna::index rows, lacuna::index cols, lacuna::index sparse) {
  lacuna::mask keep(rows, cols);
  lacuna::dense<float> w(rows, cols);
  for (lacuna::index i = 0; i != rows; ++i)
    for (lacuna::index j = 0; j != cols; ++j) {
      w(i, j) = static_cast<float>(r.below(9)) - 4;
      if (i % 5 == 1 || (i % 5 == 2 && j % 97 == 40) || (i % 5 > 2 && r.below(sparse) == 0)) keep.set(i, j);
    }
  return lacuna::pack<lacuna::csr<W, I>>(w, keep);
}

/// Takes the sums of rows, and tells how many of them are wrong, or handed over not once.
template <class S>
struct row_sums {
  std::vector<S> const& expected;
  lacuna::index line;  // sums of a row
  std::vector<int>& times;
  lacuna::index& wrong;

  void operator()(S const* sums, lacuna::index r) const {
    ++times[static_cast<std::size_t>(r)];
    for (lacuna::index c = 0; c != line; ++c) wrong += sums[c] != expected[static_cast<std::size_t>(r * line + c)];
  }
};

/// Takes the sums of rows at places of their own, where kernels may write them without a call.
template <class S>
struct placed_sums {
  S* out;
  lacuna::index line;
  lacuna::index pitch;

  [[nodiscard]] S* place(lacuna::index r) const { return out + r * pitch; }
  void operator()(S const* sums, lacuna::index r) const {
    for (lacuna::index c = 0; c != line; ++c) place(r)[c] = sums[c];
  }
};

/// A kernel that takes (width, a, x, sums, first, rows, done), for either kind of `done`, without the kernel's own
/// type: what checks kernels is compiled once per type of weights and columns.
template <class W, class I>
struct block_kernel {
  using S = lacuna::accumulator_t<W>;
  template <class Done>
  using function = std::function<void(lacuna::index, lacuna::csr_view<W, I>, lacuna::kernel::x_rows<S, lacuna::index>,
                                      S*, lacuna::index, lacuna::index, Done)>;
  int registers;
  function<row_sums<S>> hand_over;
  function<placed_sums<S>> place;
};

/// How many sums of rows first .. first + rows of `a` are wrong by run(width, a, x, sums, first, rows, done), where
/// `done` has to be given each row once, or to have them at their places, and x is some registers wide, its rows apart.
template <class W, class I>
[[nodiscard]] lacuna::index wrong_block(lacuna::csr<W, I> const& a, lacuna::index width, lacuna::index first,
                                        lacuna::index rows, block_kernel<W, I> const& run) {
  using S = lacuna::accumulator_t<W>;
  lacuna::index const line = run.registers * lanes_of<S>;
  lacuna::dense<S> x(a.cols(), line);
  for (lacuna::index k = 0; k != x.rows(); ++k)
    for (lacuna::index c = 0; c != line; ++c) x(k, c) = static_cast<S>((7 * k + 3 * c) % 15 - 7);
  std::vector<S> expected(static_cast<std::size_t>(rows * line));
  for (lacuna::index r = 0; r != rows; ++r)
    a.visit_row(first + r, [&](lacuna::index k, auto w) {
      for (lacuna::index c = 0; c != line; ++c)
        expected[static_cast<std::size_t>(r * line + c)] += static_cast<S>(w) * x(k, c);
    });
  guarded_sparse<lacuna::csr<W, I>> const guarded_a(a, placement::upper);
  guarded_dense<S> in(x, 5, placement::upper);
  guarded<S> sums((rows + 1) * line);
  std::vector<int> times(static_cast<std::size_t>(rows));
  lacuna::index wrong = 0;
  lacuna::kernel::x_rows<S, lacuna::index> const rows_of_x{in.view().data(), in.view().stride()};
  run.hand_over(width, guarded_a.view(), rows_of_x, sums.data(), first, rows, {expected, line, times, wrong});
  for (int const t : times) wrong += t != 1;
  lacuna::index const pitch = line + 3;
  guarded<S> out((rows - 1) * pitch + line, placement::upper);
  for (lacuna::index k = 0; k != (rows - 1) * pitch + line; ++k) out.data()[k] = S{99};
  run.place(width, guarded_a.view(), rows_of_x, sums.data(), first, rows, {out.data(), line, pitch});
  for (lacuna::index r = 0; r != rows; ++r)
    for (lacuna::index c = 0; c != (r + 1 != rows ? pitch : line); ++c)
      wrong += out.data()[r * pitch + c] != (c < line ? expected[static_cast<std::size_t>(r * line + c)] : S{99});
  return wrong;
}

template <class W, class I>
void check_block_kernel(block_kernel<W, I> const& run) {
  random r(1);
  for (lacuna::index const cols : {1, 2, 15, 64, 257, 1300})
    for (lacuna::index const sparse : {1, 3, 40}) {
      auto const a = whole_csr<W, I>(r, 23, cols, sparse);
      for (lacuna::index const width : {1, 8, 60, 2000})
        for (lacuna::index const first : {0, 7, 22}) {
          CAPTURE(run.registers, cols, sparse, width, first);
          CHECK(wrong_block(a, width, first, 23 - first, run) == 0);
        }
    }
  CHECK(wrong_block(whole_csr<W, I>(r, 256, 90, 4), 32, 0, 256, run) == 0);
}

/// run(width, a, x, sums, first, rows, done) for tiles of every kind of width, of blocks of few rows and of many.
template <int N, class W, class I, class Run>
void check_blocks(Run const& run) {
  check_block_kernel<W, I>({N, run, run});
}

}  // namespace lacuna_test
