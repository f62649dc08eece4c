// SPDX-License-Identifier: MIT
#include <lacuna/reconstruct/reconstructed.hpp>

#include "prune/reference.hpp"

#include <catch2/catch_test_macros.hpp>

namespace {

TEST_CASE("reconstructed: what could not be computed is W, with everything kept") {
  auto const w = lacuna_test::matrix_of({{1, 2, 3}, {4, 5, 6}});
  lacuna::factor_report const report{lacuna::factor_status::not_positive_definite, 2, 1, 0.5};
  auto const by_column = lacuna_test::col_major_copy(w);
  auto const result =
      lacuna::detail::unchanged(lacuna::dense_view<float const, lacuna::order::col_major>(by_column.view()), report);
  CHECK_FALSE(result.ok());
  CHECK(result.weights == w);
  CHECK(result.keep == lacuna::mask(2, 3, true));
  CHECK(result.loss == 0);
  CHECK(result.report.pivot == 2);
  CHECK(result.report.row == 1);
  CHECK(lacuna::factor_report{}.ok());
}

}  // namespace
