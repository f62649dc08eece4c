// SPDX-License-Identifier: MIT
//
// The whole of it together: from activations to weights.
#include <lacuna/prune.hpp>
#include <lacuna/reconstruct.hpp>

#include "reconstruct/reference.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

namespace {

using lacuna::index;

TEST_CASE("reconstruct: on correlated inputs each step from magnitude to refit gives less loss") {
  lacuna_test::random r(1);
  index const rows = 48, cols = 64, tokens = 256;
  auto const w = lacuna_test::random_weights<float>(r, rows, cols);
  lacuna::dense<float> x(tokens, cols);
  for (index t = 0; t != tokens; ++t)
    for (index j = 0; j != cols; ++j)
      x(t, j) = static_cast<float>((j % 9 == 4 ? 8 : 1) * r.normal()) + (j == 0 ? 0 : 0.6f * x(t, j - 1));
  lacuna::gram const h(x);
  constexpr lacuna::n_of_m<2, 4> pattern;
  auto zeroed = w;
  project(zeroed, lacuna::magnitude{}, pattern);
  double const by_magnitude = lacuna::reconstruction_loss(w, zeroed, h);
  zeroed = w;
  auto const keep = project(zeroed, lacuna::wanda{lacuna::column_norms(x)}, pattern);
  double const by_wanda = lacuna::reconstruction_loss(w, zeroed, h);
  auto const swept = lacuna::sparsegpt(w, h, pattern);
  auto const fitted = lacuna::refit(w, h, keep);
  REQUIRE(swept.ok());
  REQUIRE(fitted.ok());
  CHECK(by_wanda < by_magnitude);
  CHECK(lacuna::reconstruction_loss(w, swept.weights, h) < by_wanda);
  CHECK(fitted.loss < by_wanda);
  CHECK(std::fabs(fitted.loss / lacuna::reconstruction_loss(w, fitted.weights, h) - 1) < 1e-12);
  CHECK(lacuna::refit(w, h, swept.keep).loss <= lacuna::reconstruction_loss(w, swept.weights, h));
}

// What the header offers besides; each has a test of its own.
static_assert(requires(lacuna::dense<float> w, lacuna::gram<float> h) {
  lacuna::obs_columns(w, h, {.sparsity = 0.25}).keep.count();
  lacuna::inverse_diagonal(h).values.size();
  lacuna::low_rank_factors(w, 4).u.cols();
});

}  // namespace
