// SPDX-License-Identifier: MIT
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/sddmm/row_dots.hpp>
#include <lacuna/pack.hpp>

#include "support/sampled.hpp"
#include "support/sampled_rows.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using kernel = la::kernel::row_dots<arch>;

TEMPLATE_TEST_CASE("row_dots: every length up to three registers, rows of 0 to 17 slots, between guard pages", "",
                   float, double) {
  lacuna_test::check_sampled_rows<kernel, arch, TestType>();
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
