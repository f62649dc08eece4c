// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/token_lists.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/select/probe_last.hpp>

#include "support/lists.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/selection.hpp"
#include "support/unsure.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;
using kernel = la::kernel::probe_queries<la::simd::default_arch>;

namespace {

template <class T, class P>
void check(lacuna_test::random& r, P const& within) {
  for (int n = 0; n != (lacuna_test::quick() ? 4 : 12); ++n) {
    auto const queries = 1 + r.below(100), keys = 1 + r.below(200), dim = r.below(n % 3 == 0 ? 150 : 20);
    auto const last = 1 + r.below(queries);
    guarded_heads<T> const q(r, 1, queries, dim, false, 1), k(r, 1, keys, dim, false, 2);
    at::probe_last probe(1, keys, last);
    lacuna_test::guarded<float> memory((kernel::memory(last, keys) + 15) / 16 * 16);
    kernel::run(q.view(), k.view(), 0, 0, queries - last, queries, 0.5f, la::kernel::visible_through(within),
                memory.data(), probe);
    std::vector<double> columns(static_cast<std::size_t>(keys)), diagonals(static_cast<std::size_t>(keys));
    for (auto i = queries - last; i != queries; ++i) {
      auto const p = i + keys - queries;
      double sum = 0;
      for (la::index j = 0; j != keys; ++j)
        if (at::allows(within, p, j)) sum += std::exp(0.5 * lacuna_test::dot(q, 0, i, k, 0, j));
      for (la::index j = 0; j != keys; ++j) {
        if (!at::allows(within, p, j)) continue;
        auto const weight = std::exp(0.5 * lacuna_test::dot(q, 0, i, k, 0, j)) / sum;
        columns[static_cast<std::size_t>(j)] += weight;
        if (j <= p) diagonals[static_cast<std::size_t>(p - j)] += weight;
      }
    }
    CAPTURE(queries, keys, dim, last);
    for (std::size_t j = 0; j != columns.size(); ++j) {
      REQUIRE(std::fabs(static_cast<double>(probe.columns(0)[j]) - columns[j]) < 1e-4);
      REQUIRE(std::fabs(static_cast<double>(probe.diagonals(0)[j]) - diagonals[j]) < 1e-4);
    }
  }
}

}  // namespace

TEST_CASE("probe_last kernel: the exact softmax by columns and diagonals") {
  lacuna_test::random r(1);
  check<float>(r, at::causal{});
  check<float>(r, at::all{});
  check<la::bf16>(r, at::causal{});
  check<float>(r, at::window{10, 3});
  check<float>(r, lacuna_test::unsure{at::window{70, 3}});
}

TEST_CASE("probe_last kernel: biases of the pattern are in the softmax") {
  lacuna_test::random r(2);
  la::mask const keep(3, 3, true);
  at::token_lists const within(lacuna_test::csr_of(keep), {.biased = true});  // of the last query: 7 8 9
  guarded_heads<float> const q(r, 1, 1, 0), k(r, 1, 3, 0);                    // all logits are 0
  at::probe_last probe(1, 3, 1);
  lacuna_test::guarded<float> memory((kernel::memory(1, 3) + 15) / 16 * 16);
  kernel::run(q.view(), k.view(), 0, 0, 0, 1, 0.5f, la::kernel::visible_through(within), memory.data(), probe);
  auto const sum = std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  for (std::size_t j = 0; j != 3; ++j)
    CHECK(std::fabs(static_cast<double>(probe.columns(0)[j]) - std::exp(static_cast<double>(j + 1)) / sum) < 1e-6);
}
