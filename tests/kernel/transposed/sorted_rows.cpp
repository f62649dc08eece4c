// SPDX-License-Identifier: MIT
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/kernel/transposed/sorted_rows.hpp>
#include <lacuna/pack.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using arch = la::simd::default_arch;

namespace {

/// Sorts rows first .. last between guard pages and adds them up, outputs in two ranges. Returns what is wrong.
template <class T, class S, la::index Alike = 1, class F>
std::string problem(F const& a, la::index first, la::index last, lacuna_test::placement where) {
  constexpr int n = 4;
  constexpr auto width = n * static_cast<la::index>(la::simd::batch<S, arch>::size);
  lacuna_test::random r(3);
  auto const x = lacuna_test::random_dense<S>(r, last - first, width);
  guarded<std::uint32_t> ends(a.cols() + 1, where);
  la::kernel::sorted_rows<S> rows{ends.data(), nullptr};
  auto const count = rows.count(a.view(), first, last);
  guarded<la::kernel::row_slot<S>> slots(count, where);
  rows.slots = slots.data();
  rows.list(a.view(), first, last);
  if (!ends.intact() || !slots.intact()) return "written beside the lists";
  if (ends[0] != 0 || ends[a.cols()] != static_cast<std::uint32_t>(count)) return "the ends are wrong";

  lacuna_test::plain_transpose<T> const exact = [&] {
    la::mask keep(a.rows(), a.cols());
    for (la::index i = first; i != last; ++i) a.visit_row(i, [&](la::index j, T) { keep.set(i, j, true); });
    return lacuna_test::plain_transpose<T>(la::pack<la::csr<T>>(a, keep));
  }();
  for (la::index k = 0; k != a.cols(); ++k) {
    auto at = ends[k];
    bool same = true;
    exact.visit_row(k, [&](la::index i, T value) {
      same = same && at < ends[k + 1] && slots[at].row == static_cast<std::uint32_t>(i - first) &&
             slots[at].weight == static_cast<S>(value);
      ++at;
    });
    if (!same || at != ends[k + 1]) return "column " + std::to_string(k) + " is wrong";
  }
  la::dense<S> all(a.rows(), width);
  for (la::index i = first; i != last; ++i)
    for (la::index j = 0; j != width; ++j) all(i, j) = x(i - first, j);
  guarded<S> in({x.data(), static_cast<std::size_t>(x.rows() * width)}, where), sums(a.cols() * width, where);
  rows.template add<arch, n, Alike>(in.data(), sums.data(), 0, a.cols() / 2);
  rows.template add<arch, n, Alike>(in.data(), sums.data(), a.cols() / 2, a.cols());
  if (!sums.intact()) return "written beside the sums";
  std::vector<S> one_by_one(static_cast<std::size_t>(a.cols() * width + 64));
  auto* const aligned = one_by_one.data() + (64 - reinterpret_cast<std::uintptr_t>(one_by_one.data()) % 64) / sizeof(S);
  rows.template add<arch, n>(in.data(), aligned, 0, a.cols());
  if (std::memcmp(aligned, sums.data(), static_cast<std::size_t>(sums.size()) * sizeof(S)) != 0) return "other bits";
  return lacuna_test::check_product(exact, all, la::dense_view<S const>(sums.data(), a.cols(), width));
}

}  // namespace

TEST_CASE("sorted_rows: lists every slot once, by column and row, and adds them up") {
  lacuna_test::random r(1);
  auto const w = lacuna_test::random_dense<float>(r, 30, 17);
  auto const keep = lacuna_test::random_mask(r, 30, 17, lacuna_test::coverage::ragged);
  for (auto const where : lacuna_test::both_placements)
    for (la::index first = 0; first <= 30; first += 7)
      for (la::index last = first; last <= 30; last += 5) {
        CAPTURE(first, last, where);
        CHECK(problem<float, float>(la::pack<la::csr<float>>(w, keep), first, last, where) == "");
        CHECK(problem<la::bf16, float>(la::pack<la::panel<la::bf16>>(w, keep), first, last, where) == "");
      }
  if constexpr (la::simd::has_batch<arch, double>)
    CHECK(problem<double, double>(la::pack<la::csr<double>>(w, keep), 3, 29, lacuna_test::placement::upper) == "");
}

TEST_CASE("sorted_rows: sums grow, and columns without a slot are left alone") {
  la::dense<float> w(2, 3);
  w(0, 0) = 2;
  w(1, 0) = 5;
  w(1, 2) = 7;
  auto const a = la::pack<la::csr<float>>(w);
  constexpr auto lanes = static_cast<la::index>(la::simd::batch<float, arch>::size);
  la::buffer<float> x(2 * lanes), sums(3 * lanes);
  for (la::index l = 0; l != lanes; ++l) x[l] = 1, x[lanes + l] = 10;
  for (auto& s : sums) s = 0.5f;
  std::vector<std::uint32_t> ends(4);
  std::vector<la::kernel::row_slot<float>> slots(3);
  la::kernel::sorted_rows<float> const rows{ends.data(), slots.data()};
  CHECK(rows.count(a.view(), 0, 2) == 3);
  rows.list(a.view(), 0, 2);
  rows.add<arch, 1>(x.data(), sums.data(), 0, 3);
  CHECK(sums[0] == 52.5f);
  CHECK(sums[lanes] == 0.5f);
  CHECK(sums[3 * lanes - 1] == 70.5f);
}

TEST_CASE("sorted_rows: columns of a block share loads of X, wherever a range of columns cuts it") {
  lacuna_test::random r(4);
  auto const w = lacuna_test::random_dense<float>(r, 30, 27);
  auto const keep = lacuna_test::random_mask(r, 30, 27, lacuna_test::coverage::ragged);
  auto const where = lacuna_test::placement::upper;
  CHECK(problem<float, float, 2>(la::pack<la::bsr<float, 2, 2>>(w, keep), 0, 30, where) == "");
  CHECK(problem<float, float, 3>(la::pack<la::bsr<float, 4, 3>>(w, keep), 3, 29, where) == "");
  CHECK(problem<float, float, 4>(la::pack<la::bsr<float, 1, 4>>(w, keep), 0, 30, where) == "");
  CHECK(problem<float, float, 5>(la::pack<la::bsr<float, 3, 5>>(w, keep), 5, 30, where) == "");
  CHECK(problem<la::bf16, float, 9>(la::pack<la::bsr<la::bf16, 4, 9>>(w, keep), 0, 30, where) == "");
  if constexpr (la::simd::has_batch<arch, double>)
    CHECK(problem<double, double, 4>(la::pack<la::bsr<double, 4, 4>>(w, keep), 3, 29, where) == "");
}
