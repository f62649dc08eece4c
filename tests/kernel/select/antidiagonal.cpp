// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/select/antidiagonal.hpp>

#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/scoring.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;

namespace {

/// The definition, pair by pair, in double.
template <class T, class P>
std::vector<double> expected_masses(guarded_heads<T> const& q, guarded_heads<T> const& k, lacuna_test::scoring const& s,
                                    la::index stride, P const& within) {
  std::vector<double> mass(static_cast<std::size_t>(s.heads * s.tiles() * s.units()));
  auto const groups = (s.keys + stride - 1) / stride;
  for (la::index h = 0; h != s.heads; ++h)
    for (la::index t = 0; t != s.tiles(); ++t) {
      auto const end = std::min(s.queries, (t + 1) * s.tile_queries);
      for (auto first = t * s.tile_queries; first < end; first += stride) {
        std::vector<double> weight(static_cast<std::size_t>(groups));
        double sum = 0;
        for (la::index g = 0; g != groups; ++g) {
          bool sees = false;
          double logit = 0;
          for (auto i = first; i < std::min(end, first + stride); ++i)
            for (auto j = g * stride; j < std::min(s.keys, (g + 1) * stride); ++j) {
              sees |= at::allows(within, i + s.keys - s.queries, j, h);
              if (i - first + j - g * stride == stride - 1) logit += lacuna_test::dot(q, h, i, k, h / s.group(), j);
            }
          if (!sees) continue;
          weight[static_cast<std::size_t>(g)] =
              std::exp(logit * static_cast<double>(s.scale) / static_cast<double>(stride));
          sum += weight[static_cast<std::size_t>(g)];
        }
        for (la::index g = 0; g != groups && sum > 0; ++g)
          mass[s.at(h, t, g * stride / s.unit)] += weight[static_cast<std::size_t>(g)] / sum;
      }
    }
  return mass;
}

template <class T, class P>
void check(lacuna_test::random& r, P const& within) {
  la::index const strides[] = {1, 2, 4, 8, 400};  // the last is longer than queries and keys
  for (int n = 0; n != (lacuna_test::quick() ? 5 : 15); ++n) {
    auto const stride = strides[r.below(5)];
    lacuna_test::scoring const s{.heads = 4,
                                 .kv_heads = 2,
                                 .queries = 1 + r.below(70),
                                 .keys = 1 + r.below(300),
                                 .tile_queries = 1 + r.below(20),
                                 .unit = stride * (1 + r.below(4))};
    auto const dim = 1 + r.below(n % 3 == 0 ? 140 : 20);
    guarded_heads<T> const q(r, 4, s.queries, dim, n % 2 == 0), k(r, 2, s.keys, dim, n % 2 == 1, 1);
    at::antidiagonal<T> const scorer(k.view(), stride, s.unit);
    CAPTURE(stride, s.queries, s.keys, s.tile_queries, s.unit, dim);
    auto const scores = lacuna_test::all_scores(scorer, q.view(), s, within, 1);
    auto const masses = expected_masses(q, k, s, stride, within);
    REQUIRE(lacuna_test::same_bits(scores, lacuna_test::all_scores(scorer, q.view(), s, within, 3)));
    REQUIRE(lacuna_test::check_scores(
                scores, s, 1e-4, [&](la::index h, la::index t, la::index u) { return masses[s.at(h, t, u)]; }) == "");
  }
}

}  // namespace

TEST_CASE("antidiagonal scores: shares of groups by their antidiagonals, whatever the jobs") {
  lacuna_test::random r(1);
  check<float>(r, at::causal{});
  check<float>(r, at::all{});
  check<la::bf16>(r, at::causal{});
  check<float>(r, at::window{30, 5});
}

TEST_CASE("antidiagonal scores: a job has some 64 groups of queries, and bounded memory") {
  la::heads_view<float const> const k{nullptr, 1, 4096, 64, 0, 64}, longer{nullptr, 1, 1 << 20, 64, 0, 64};
  using kernel = la::kernel::select_scores<at::antidiagonal<float>, la::simd::default_arch>;
  CHECK(kernel::tiles(at::antidiagonal(k), 1, 64) == 16);
  CHECK(kernel::tiles(at::antidiagonal(k), 4, 64) == 4);
  CHECK(kernel::tiles(at::antidiagonal(k), 64, 64) == 1);
  CHECK(kernel::tiles(at::antidiagonal(longer), 1, 64) == 1);
}
