// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/sddmm/csr.hpp>
#include <lacuna/pack.hpp>

#include "support/sampled.hpp"
#include "support/sampled_rows.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <utility>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using kernel = la::kernel::sddmm<la::csr_layout, arch>;
constexpr auto col = la::order::col_major;

TEMPLATE_TEST_CASE("csr sddmm: rows of 0 to 17 slots, every length up to three registers, between guard pages", "",
                   float, double) {
  lacuna_test::check_sampled_rows<kernel, arch, TestType>();
}

TEST_CASE("csr sddmm: several strips of rows and blocks of columns; any range of rows gives the same bits") {
  lacuna_test::random r(2);
  la::index const rows = 2 * kernel::strip + 3, cols = 300, t = 128;  // 64 columns of V are 32 KB
  for (double const density : {0.02, 0.4}) {
    auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, rows, cols),
                                            lacuna_test::random_mask(r, rows, cols, density));
    auto const u = lacuna_test::random_dense<float>(r, rows, t);
    auto const v = lacuna_test::random_dense<float>(r, t, cols);
    la::dense<float, col> columns(t, cols);
    for (la::index k = 0; k != t; ++k)
      for (la::index j = 0; j != cols; ++j) columns(k, j) = v(k, j);
    auto const vt = std::as_const(columns).view();
    auto const run = [&](float* values, la::index first, la::index last) {
      la::dense_view<float const> const part(u.data() + first * u.stride(), last - first, t);
      kernel::run(a.view(), part, vt, la::kernel::sampled_sums<float>{values, nullptr, true, true}, first, last);
    };
    auto const slots = lacuna_test::places_of(a);
    std::vector<float> all(static_cast<std::size_t>(a.stored()), 77);
    auto const before = all;
    run(all.data(), 0, rows);
    REQUIRE(lacuna_test::sampled_problem<float>(slots, all.data(), before, u, v) == "");
    for (auto const& [first, last] : {std::pair<la::index, la::index>{0, 1}, {1, 131}, {130, rows}, {rows, rows}}) {
      auto some = before;
      run(some.data(), first, last);
      for (auto const& s : slots) {
        auto const at = static_cast<std::size_t>(s.place);
        if (some[at] != (s.i >= first && s.i < last ? all[at] : 77.0f)) FAIL("row " << s.i << ", column " << s.j);
      }
    }
  }
}

TEST_CASE("csr sddmm: t is cut shorter where rows are dense") {
  lacuna_test::random r(3);
  auto const length = [&](double density) {
    auto const a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 20, 320),
                                            lacuna_test::random_mask(r, 20, 320, density));
    return kernel::most_length(a.view(), 1000);
  };
  CHECK(length(0.05) == 1000);
  CHECK(length(0.5) == 128);
  CHECK(kernel::most_length(la::csr<float>().view(), 1000) == 128);
}
