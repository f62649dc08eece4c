// SPDX-License-Identifier: MIT
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/sddmm/row_dots.hpp>
#include <lacuna/pack.hpp>

#include "support/sampled.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::guarded_dense;
using arch = la::simd::default_arch;
using kernel = la::kernel::row_dots<arch>;
constexpr auto col = la::order::col_major;

TEMPLATE_TEST_CASE("row_dots: every length up to three registers, rows of 0 to 17 slots, between guard pages", "",
                   float, double) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, T>) {
    lacuna_test::random r(1);
    la::mask keep(18, 20);
    for (la::index i = 0; i != 18; ++i)
      for (la::index j = 0; j != i; ++j) keep.set(i, (j * 7) % 20, true);
    auto const a = la::pack<la::csr<T>>(la::dense<T>(18, 20), keep);
    auto const slots = lacuna_test::places_of(a);
    auto const lanes = static_cast<la::index>(la::simd::batch<T, arch>::size);
    for (auto const where : lacuna_test::both_placements) {
      lacuna_test::guarded_sparse<la::csr<T>> const s(a, where);
      for (la::index t = 0; t <= 3 * lanes + 1; ++t) {
        auto const u = lacuna_test::random_dense<T>(r, 18, t);
        auto const v = lacuna_test::random_dense<T>(r, t, 20);
        guarded_dense<T> left(u, t % 3, where);
        guarded_dense<T, col> right(v, t % 2, where);
        guarded<T> values(a.stored(), where);
        std::fill(values.begin(), values.end(), T(9));
        std::vector<T> const before(values.begin(), values.end());
        kernel::run(s.view(), la::dense_view<T const>(left.view()), la::dense_view<T const, col>(right.view()),
                    la::kernel::sampled_sums<T>{values.data(), nullptr, true, true}, 0, 18);
        CAPTURE(t, where);
        REQUIRE(lacuna_test::sampled_problem<T>(slots, values.data(), before, u, v) == "");
        REQUIRE(values.intact());
      }
    }
  }
}

TEST_CASE("row_dots: writes the slots of the rows it is asked for and no others, with the same bits") {
  lacuna_test::random r(2);
  auto const a = la::pack<la::bitmap<float>>(lacuna_test::random_dense<float>(r, 19, 40),
                                             lacuna_test::random_mask(r, 19, 40, lacuna_test::coverage::ragged));
  auto const u = lacuna_test::random_dense<float>(r, 19, 37);
  auto const vt = lacuna_test::random_dense<float>(r, 40, 37);
  auto const run = [&](float* values, la::index first, la::index last) {
    la::dense_view<float const> const part(u.data() + first * u.stride(), last - first, 37);
    kernel::run(a.view(), part, la::transpose(vt.view()), la::kernel::sampled_sums<float>{values, nullptr, true, true},
                first, last);
  };
  auto const slots = lacuna_test::places_of(a);
  std::vector<float> all(static_cast<std::size_t>(a.stored()));
  run(all.data(), 0, 19);
  for (la::index first = 0; first <= 19; first += 2)
    for (la::index last = first; last <= 19; last += 3) {
      std::vector<float> some(all.size(), 77);
      run(some.data(), first, last);
      bool fine = true;
      for (auto const& s : slots) {
        auto const at = static_cast<std::size_t>(s.place);
        fine = fine && some[at] == (s.i >= first && s.i < last ? all[at] : 77.0f);
      }
      CHECK(fine);
    }
}
