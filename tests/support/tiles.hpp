// SPDX-License-Identifier: MIT
//
// A kernel of register tiles (see kernel/spmm/row_tile.hpp) by itself: packed X in, sums out, all between guard pages.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace lacuna_test {

/// How many ranges of rows to try beside the whole.
enum class ranges { whole, all };

/// The sums of rows first .. last by tiles of one number of registers, and how often each row was finished.
template <class Format>
using tile_run = void(lacuna::view_t<Format> const&, lacuna::accumulator_t<typename Format::value_type> const* x,
                      lacuna::accumulator_t<typename Format::value_type>* sums, lacuna::index first, lacuna::index last,
                      std::vector<int>& done);

template <class Kernel, int N, class Format>
void run_tiles(lacuna::view_t<Format> const& a, lacuna::accumulator_t<typename Format::value_type> const* x,
               lacuna::accumulator_t<typename Format::value_type>* sums, lacuna::index first, lacuna::index last,
               std::vector<int>& done) {
  using sum = lacuna::accumulator_t<typename Format::value_type>;
  if constexpr (requires { Kernel::finishes_rows; }) {
    constexpr lacuna::index width = N * lanes_of<sum>;
    Kernel::template run<N>(a, x, sums, first, last, [&](sum const* finished, lacuna::index i) {
      ++done[static_cast<std::size_t>(i)];
      if (finished != sums + i * width) std::copy(finished, finished + width, sums + i * width);
    });
  } else {
    Kernel::template run<N>(a, x, sums, first, last);
    std::ranges::fill(done, 1);
  }
}

/// Runs tiles of `registers` registers over all of A and compares with the oracle; again with NaN and Inf in some rows
/// of X, which in a wide A reach every sum; then over every range of rows, which has to give the same bits. Returns
/// what is wrong, or nothing. Knows of the kernel only where it is: so it is compiled once for a format, not for each
/// width.
template <class Format>
[[nodiscard]] std::string tile_problem(Format const& a, placement where, ranges which, int registers,
                                       tile_run<Format>* run) {
  using sum = lacuna::accumulator_t<typename Format::value_type>;
  lacuna::index const width = registers * lanes_of<sum>;
  guarded_sparse<Format> const guarded_a(a, where);
  random r(static_cast<std::uint64_t>(registers));
  auto x = random_dense<sum>(r, a.cols(), width);
  auto const name = [&](lacuna::index first, lacuna::index last) {
    return std::to_string(registers) + " registers, rows " + std::to_string(first) + " to " + std::to_string(last) +
           ": ";
  };
  {
    guarded_dense<sum> clean(x, 0, where);
    guarded_dense<sum> out(a.rows(), width, 0, where);
    std::vector<int> done(static_cast<std::size_t>(a.rows()));
    run(guarded_a.view(), clean.view().data(), out.view().data(), 0, a.rows(), done);
    if (auto problem = check_product(a, x, out.values()); !problem.empty()) return name(0, a.rows()) + problem;
  }
  for (lacuna::index k = 3; k < a.cols(); k += 17)
    for (lacuna::index j = 0; j != width; ++j)
      x(k, j) = k % 2 == 0 ? std::numeric_limits<sum>::quiet_NaN() : std::numeric_limits<sum>::infinity();
  guarded_dense<sum> in(x, 0, where);
  lacuna::dense<sum> all(a.rows(), width);
  for (lacuna::index first = 0; first <= (which == ranges::all ? a.rows() : 0); ++first)
    for (lacuna::index last = first == 0 ? a.rows() : first; last <= a.rows(); ++last) {
      guarded_dense<sum> out(last - first, width, 0, where);
      std::vector<int> done(static_cast<std::size_t>(last - first));
      run(guarded_a.view(), in.view().data(), out.view().data(), first, last, done);
      if (std::ranges::count(done, 1) != last - first) return name(first, last) + "a row not finished once";
      if (!out.intact()) return name(first, last) + "written outside";
      if (first == 0) {
        all = out.values();
        if (auto problem = check_product(a, x, all); !problem.empty()) return name(first, last) + problem;
      } else if (last != first) {
        lacuna::dense_view<sum const> const part(all.data() + first * width, last - first, width);
        if (!same_bits(lacuna::dense_view<sum const>(out.view()), part)) return name(first, last) + "other bits";
      }
    }
  return "";
}

/// The same with N registers of a kernel.
template <class Kernel, int N, class Format>
[[nodiscard]] std::string tile_problem(Format const& a, placement where, ranges which) {
  return tile_problem<Format>(a, where, which, N, &run_tiles<Kernel, N, Format>);
}

/// Every width of tiles, or one, for what others of its kind do with every width.
enum class widths { all, ends, widest, narrowest };

/// The same for these widths of tiles and both placements.
template <class Kernel, widths Which = widths::all, class Format>
[[nodiscard]] std::string tiles_problem(Format const& a, ranges which) {
  for (auto const where : both_placements) {
    if constexpr (Which != widths::narrowest)
      if (auto problem = tile_problem<Kernel, Kernel::registers>(a, where, which); !problem.empty()) return problem;
    if constexpr (Which != widths::widest)
      if (auto problem = tile_problem<Kernel, 1>(a, where, which); !problem.empty()) return problem;
    if constexpr (Kernel::registers > 2 && Which == widths::all)
      for (auto const& problem : {tile_problem<Kernel, 4>(a, where, which), tile_problem<Kernel, 2>(a, where, which)})
        if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace lacuna_test
