// SPDX-License-Identifier: MIT
#include <lacuna/kernel/dot_tile.hpp>

#include "support/guard.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <deque>

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

/// Lines that end at a guard page, each with its own.
template <class T>
struct lines {
  std::deque<lacuna_test::guarded<T>> all;

  lines(lacuna_test::random& r, int count, la::index length) {
    for (int n = 0; n != count; ++n) {
      auto& line = all.emplace_back(length, lacuna_test::placement::upper);
      for (auto& value : line) value = lacuna_test::random_value<T>(r, lacuna_test::spread::heavy_tailed);
      line.make_read_only();
    }
  }
};

template <class T, int Phases, int R, int C>
void check(la::index length) {
  lacuna_test::random r(static_cast<std::uint64_t>(length));
  lines<T> const us(r, R, length), vs(r, C, length);
  T const* u[R];
  T const* v[C];
  for (std::size_t n = 0; n != R; ++n) u[n] = us.all[n].data();
  for (std::size_t n = 0; n != C; ++n) v[n] = vs.all[n].data();
  T sums[Phases * R * C];
  la::kernel::dot_tile<arch, Phases>(u, v, length, sums);
  for (int i = 0; i != R; ++i)
    for (int j = 0; j != C; ++j) {
      lacuna_test::detail::oracle_sum<T> exact;
      for (la::index t = 0; t != length; ++t) exact.add(static_cast<double>(u[i][t]), static_cast<double>(v[j][t]));
      T sum = 0;
      for (int p = 0; p != Phases; ++p) sum += sums[(p * R + i) * C + j];
      CAPTURE(length, i, j, Phases, R, C);
      REQUIRE(lacuna_test::detail::acceptable<T>(static_cast<double>(sum), exact.result()));
    }
}

}  // namespace

TEMPLATE_TEST_CASE("dot_tile: every length up to four registers and one, each line before a guard page", "", float,
                   double) {
  if constexpr (la::simd::has_batch<arch, TestType>)
    for (la::index length = 0; length <= 4 * static_cast<la::index>(la::simd::batch<TestType, arch>::size) + 1;
         ++length) {
      check<TestType, 1, 1, 8>(length);
      check<TestType, 2, 1, 4>(length);
      check<TestType, 1, 4, 4>(length);
      check<TestType, 1, 4, 2>(length);
    }
}

TEST_CASE("dot_tile: a sum has the same bits wherever it stands") {
  lacuna_test::random r(3);
  auto const u = lacuna_test::random_vector<float>(r, 101, lacuna_test::spread::heavy_tailed);
  auto const v = lacuna_test::random_vector<float>(r, 101, lacuna_test::spread::heavy_tailed);
  float const* const us[4] = {u.data(), u.data(), u.data(), u.data()};
  float const* const vs[4] = {v.data(), v.data(), v.data(), v.data()};
  float sums[16];
  la::kernel::dot_tile<arch, 1>(us, vs, 101, sums);
  for (auto const sum : sums) CHECK(std::memcmp(&sum, &sums[0], sizeof sum) == 0);
}
