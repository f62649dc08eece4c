// SPDX-License-Identifier: MIT
#include <lacuna/prune.hpp>
#include <lacuna/prune/obs_saliency.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <limits>
#include <vector>

namespace {

using lacuna::obs_saliency;
using lacuna_test::matrix_of;
using lacuna_test::refusal;

TEST_CASE("obs_saliency: the square over the diagonal") {
  auto const w = matrix_of({{1, -2, 3}, {0, 8, -1}});
  CHECK(scores(w, obs_saliency{std::array{0.5, 2.0, 4.0}}) == matrix_of({{2, 2, 2.25}, {0, 32, 0.25}}));
  CHECK(scores(w, obs_saliency{std::vector<float>{0.5f, 2.0f, 4.0f}}) ==
        scores(w, obs_saliency{std::array{0.5, 2.0, 4.0}}));
}

TEST_CASE("obs_saliency: of a diagonal H it is the square of Wanda, with the same masks") {
  for (auto const seed : lacuna_test::seeds(100)) {
    lacuna_test::random r(seed);
    auto const w = lacuna_test::random_dense<float>(r, 9, 32);
    std::vector<double> norms, inverse;
    for (int j = 0; j != 32; ++j) {
      norms.push_back(r.uniform(0.5, 2));
      inverse.push_back(1 / (norms.back() * norms.back()));
    }
    CAPTURE(seed);
    REQUIRE(prune(w, obs_saliency{inverse}, lacuna::n_of_m<2, 4>{}) ==
            prune(w, lacuna::wanda{norms}, lacuna::n_of_m<2, 4>{}));
  }
}

TEST_CASE("obs_saliency: a diagonal that no positive definite matrix has is refused, and one of another width") {
  CHECK(refusal([] { return obs_saliency{std::array{1.0, 0.0}}; }) ==
        "value: obs_saliency: element 1 of the diagonal is 0, not above 0");
  CHECK(refusal([] { return obs_saliency{std::array{-2.0}}; }) ==
        "value: obs_saliency: element 0 of the diagonal is -2, not above 0");
  CHECK(refusal([] { return obs_saliency{std::array{std::numeric_limits<double>::quiet_NaN()}}; }) ==
        "value: obs_saliency: element 0 of the diagonal is nan, not above 0");
  CHECK(refusal([] { return scores(lacuna::dense<float>(2, 3), obs_saliency{std::array{1.0}}); }) ==
        "shape: obs_saliency: W is 2x3, the diagonal has 1 elements");
}

}  // namespace
