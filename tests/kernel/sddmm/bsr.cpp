// SPDX-License-Identifier: MIT
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/sddmm/bsr.hpp>
#include <lacuna/pack.hpp>

#include "support/sampled.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::guarded_dense;
using arch = la::simd::default_arch;
constexpr auto col = la::order::col_major;

namespace {

/// Every range of rows of a matrix with ragged blocks at its edges, every length up to two registers and one, all
/// arrays between guard pages. Returns the first problem.
template <class T, int R, int C>
std::string problem(la::index rows, la::index cols) {
  using F = la::bsr<T, R, C>;
  using kernel = la::kernel::sddmm<typename F::layout, arch>;
  lacuna_test::random r(static_cast<std::uint64_t>(rows * cols));
  auto const a = la::pack<F>(lacuna_test::random_dense<T>(r, rows, cols),
                             lacuna_test::random_mask(r, rows, cols, lacuna_test::coverage::ragged));
  auto const slots = lacuna_test::places_of(a);
  auto const lanes = static_cast<la::index>(la::simd::batch<T, arch>::size);
  for (auto const where : lacuna_test::both_placements) {
    lacuna_test::guarded_sparse<F> const s(a, where);
    for (la::index t = 0; t <= 2 * lanes + 1; t += 1 + t % 3) {
      auto const u = lacuna_test::random_dense<T>(r, rows, t);
      auto const v = lacuna_test::random_dense<T>(r, t, cols);
      guarded_dense<T> left(u, t % 3, where);
      guarded_dense<T, col> right(v, t % 2, where);
      la::dense_view<T const> const lines(left.view());
      std::vector<T> const before(static_cast<std::size_t>(a.stored()), T(9));
      guarded<T> values(std::span<T const>(before), where);
      auto const run = [&](T* to, la::index first, la::index last) {
        kernel::run(s.view(), {lines.data() + first * lines.stride(), last - first, t, lines.stride()},
                    la::dense_view<T const, col>(right.view()), la::kernel::sampled_sums<T>{to, nullptr, true, true},
                    first, last);
      };
      run(values.data(), 0, rows);
      auto const text = std::to_string(R) + "x" + std::to_string(C) + ", t " + std::to_string(t) + ": ";
      if (auto const wrong = lacuna_test::sampled_problem<T>(slots, values.data(), before, u, v); !wrong.empty())
        return text + wrong;
      if (!values.intact()) return text + "written beside the values";
      for (la::index first = 0; first < rows; first += 3)
        for (la::index last = first + 1; last <= rows; last += 2) {
          auto some = before;
          run(some.data(), first, last);
          for (auto const& slot : slots) {
            auto const at = static_cast<std::size_t>(slot.place);
            T const expected = slot.i >= first && slot.i < last ? values[slot.place] : T(9);
            if (std::memcmp(&some[at], &expected, sizeof(T)) != 0) return text + "a range of rows differs";
          }
        }
    }
  }
  return "";
}

/// Rows of several strips, the last block ragged, and t so long that 32 KB hold few columns of V: all rows, and ranges
/// that start and end within strips and blocks. Returns the first problem.
template <int R, int C>
std::string problem_of_strips(la::index cols, double density) {
  using F = la::bsr<float, R, C>;
  using kernel = la::kernel::sddmm<typename F::layout, arch>;
  lacuna_test::random r(static_cast<std::uint64_t>(R * 100 + C));
  la::index const rows = 2 * kernel::strip + R + 1, t = 131;
  auto const a =
      la::pack<F>(lacuna_test::random_dense<float>(r, rows, cols), lacuna_test::random_mask(r, rows, cols, density));
  auto const u = lacuna_test::random_dense<float>(r, rows, t);
  auto const v = lacuna_test::random_dense<float>(r, t, cols);
  guarded_dense<float, col> columns(v, 0, lacuna_test::both_placements[1]);
  auto const run = [&](float* values, la::index first, la::index last) {
    kernel::run(a.view(), la::dense_view<float const>(u.data() + first * u.stride(), last - first, t, u.stride()),
                la::dense_view<float const, col>(columns.view()),
                la::kernel::sampled_sums<float>{values, nullptr, true, true}, first, last);
  };
  auto const slots = lacuna_test::places_of(a);
  std::vector<float> all(static_cast<std::size_t>(a.stored()), 77);
  auto const before = all;
  run(all.data(), 0, rows);
  if (auto const wrong = lacuna_test::sampled_problem<float>(slots, all.data(), before, u, v); !wrong.empty())
    return wrong;
  for (auto const& [first, last] : {std::pair<la::index, la::index>{1, kernel::strip + 3}, {kernel::strip - 1, rows}}) {
    auto some = before;
    run(some.data(), first, last);
    for (auto const& s : slots) {
      auto const at = static_cast<std::size_t>(s.place);
      if (some[at] != (s.i >= first && s.i < last ? all[at] : 77.0f)) return "a range of rows differs";
    }
  }
  return "";
}

}  // namespace

TEST_CASE("sddmm bsr: several strips of rows and blocks of columns") {
  CHECK(problem_of_strips<4, 1>(200, 0.3) == "");
  CHECK(problem_of_strips<16, 1>(201, 0.05) == "");
  CHECK(problem_of_strips<8, 8>(203, 0.01) == "");
  CHECK(problem_of_strips<3, 5>(202, 0.1) == "");
  CHECK(problem_of_strips<2, 3>(199, 0.02) == "");
  CHECK(problem_of_strips<136, 1>(150, 0.002) == "");
}

TEST_CASE("sddmm bsr: blocks of every kind, any range of rows, between guard pages") {
  CHECK(problem<float, 4, 1>(9, 23) == "");
  CHECK(problem<float, 2, 4>(7, 18) == "");
  CHECK(problem<float, 4, 8>(9, 27) == "");
  CHECK(problem<float, 8, 4>(13, 22) == "");
  CHECK(problem<float, 3, 5>(11, 17) == "");
  CHECK(problem<float, 16, 2>(19, 9) == "");
  if constexpr (la::simd::has_batch<arch, double>) CHECK(problem<double, 5, 3>(12, 14) == "");
}

TEST_CASE("sddmm bsr: blocks of one row have nothing to share") {
  using view = la::bsr_view<float, 1, 4>;
  STATIC_REQUIRE_FALSE(la::kernel::sddmm<la::bsr_layout<1, 4>, arch>::accepts<view>);
  STATIC_REQUIRE(la::kernel::sddmm<la::bsr_layout<2, 1>, arch>::accepts<la::bsr_view<float, 2, 1>>);
}
