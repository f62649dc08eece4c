// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/format/nm_pack.hpp>
#include <lacuna/format/vnm.hpp>
#include <lacuna/pack.hpp>

#include "support/conformance.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace la = lacuna;
using namespace lacuna_test;

namespace {

/// The values of a matrix packed by definition: band by band, group by group, slot by slot, row by row, the lowest free
/// positions filled up with 0.
std::vector<float> packed_values(layout_limits limits, la::dense<float> const& w, la::mask const& keep) {
  std::vector<float> values;
  for (la::index first = 0; first < w.rows(); first += limits.band)
    for (la::index g = 0; g < w.cols(); g += limits.group) {
      auto const width = std::min(limits.group, w.cols() - g);
      std::vector<bool> taken(static_cast<std::size_t>(width));
      auto missing = std::min(limits.keep, width);
      for (la::index c = 0; c != width; ++c)
        for (la::index i = first; i != std::min(w.rows(), first + limits.band); ++i)
          if (keep(i, g + c) && !taken[static_cast<std::size_t>(c)])
            taken[static_cast<std::size_t>(c)] = true, --missing;
      for (la::index c = 0; c != width; ++c) {
        auto place = taken[static_cast<std::size_t>(c)];
        if (!place && missing > 0) place = true, --missing;
        if (!place) continue;
        for (la::index i = first; i != first + limits.band; ++i)
          values.push_back(i < w.rows() && keep(i, g + c) ? w(i, g + c) : 0);
      }
    }
  return values;
}

/// What is wrong with what F packs of any source.
template <class F>
std::string problem(la::dense<float> const& w, la::mask const& keep, la::dense<float> const& zeroed,
                    la::dense<float, la::order::col_major> const& columns, std::vector<float> const& values) {
  findings found;
  auto const a = la::pack<F>(w, keep);
  validate(a);
  found.expect(std::ranges::equal(a.values(), values), "the values are not those of the definition");
  auto const every = la::pack<la::csr<float>>(w, la::mask(w.rows(), w.cols(), true));
  found.expect(la::pack<F>(columns, keep) == a, "column-major");
  found.expect(la::pack<F>(zeroed) == a, "nonzeros");
  found.expect(la::pack<F>(columns) == a, "nonzeros, column-major");
  found.expect(la::pack<F>(la::pack<la::csr<float>>(w, keep)) == a, "csr");
  found.expect(la::pack<F>(every, keep) == a, "csr and a mask");
  return found.first();
}

void check(lacuna_test::random& r, layout_limits limits, decltype(&problem<la::nm<float, 2, 4>>) problem_of) {
  for (la::index const rows : {la::index{1}, limits.band - 1, limits.band, 2 * limits.band + 1})
    for (la::index const cols : {la::index{0}, la::index{1}, limits.group - 1, limits.group, la::index{63},
                                 la::index{64}, la::index{65}, la::index{128}, la::index{131}, la::index{200}})
      for (double const density : {0.0, 0.1, 0.5, 1.0}) {
        CAPTURE(limits.band, limits.keep, limits.group, rows, cols, density);
        auto const w = random_dense<float>(r, rows, cols);
        auto const keep = trimmed_to(random_mask(r, rows, cols, density), limits);
        auto const zeroed = masked(w.view(), keep);
        la::dense<float, la::order::col_major> columns(rows, cols);
        for (la::index i = 0; i != rows; ++i)
          for (la::index j = 0; j != cols; ++j) columns(i, j) = zeroed(i, j);
        REQUIRE(problem_of(w, keep, zeroed, columns, packed_values(limits, w, keep)) == std::string());
      }
}

template <int Keep, int M>
void check_nm(lacuna_test::random& r) {
  check(r, {.band = 1, .group = M, .keep = Keep}, &problem<la::nm<float, Keep, M>>);
}
template <int V, int Keep, int M>
void check_vnm(lacuna_test::random& r) {
  check(r, {.band = V, .group = M, .keep = Keep}, &problem<la::vnm<float, V, Keep, M>>);
}

}  // namespace

TEST_CASE("nm_pack: every source gives the slots and the fill of the definition") {
  lacuna_test::random r(1);
  check_nm<2, 4>(r);   // masks, a word a step
  check_nm<1, 4>(r);   // codes, half a word
  check_nm<2, 8>(r);   // codes of three bits
  check_nm<3, 5>(r);   // steps of 40 columns, across words
  check_nm<5, 32>(r);  // codes of 25 bits, which no step makes whole bytes
  check_nm<9, 20>(r);  // masks of 20 bits, two a step
  check_nm<1, 1>(r);
  check_nm<32, 32>(r);
  check_vnm<4, 2, 4>(r);
  check_vnm<3, 1, 5>(r);
  check_vnm<16, 2, 8>(r);
}

TEST_CASE("nm_pack: a whole band where one row lacks a slot gets 0 there, whatever the dense matrix holds") {
  la::dense<float> w(2, 64);
  la::mask keep(2, 64);
  for (la::index j = 0; j != 64; ++j) {
    w(0, j) = w(1, j) = 5;
    keep.set(0, j, j % 4 < 2);
    keep.set(1, j, j % 4 < 2 && j != 61);
  }
  auto const a = la::pack<la::vnm<float, 2, 2, 4>>(w, keep);
  auto const zeros = std::ranges::count(a.values(), 0.0f);
  CHECK(zeros == 1);
  CHECK(a.values()[a.values().size() - 1] == 0);
}

TEST_CASE("nm_pack: a mask keeps zeros of both signs, without one they are fill") {
  la::dense<float> w(1, 4);
  w(0, 2) = -0.0f;
  la::mask keep(1, 4);
  keep.set(0, 2);
  auto const kept = la::pack<la::nm<float, 1, 4>>(w, keep);
  CHECK(std::signbit(kept.values()[0]));
  CHECK(kept.codes()[0] == 2);
  auto const filled = la::pack<la::nm<float, 1, 4>>(w);
  CHECK_FALSE(std::signbit(filled.values()[0]));
  CHECK(filled.codes()[0] == 0);
}
