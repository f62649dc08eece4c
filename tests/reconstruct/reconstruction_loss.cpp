// SPDX-License-Identifier: MIT
#include <lacuna/reconstruct/gram.hpp>
#include <lacuna/reconstruct/reconstruction_loss.hpp>

#include "prune/reference.hpp"
#include "reconstruct/reference.hpp"
#include "support/any_executor.hpp"
#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

namespace {

using lacuna::dense;
using lacuna::index;
using lacuna::reconstruction_loss;

TEST_CASE("reconstruction_loss: half the square of what the outputs change by") {
  auto const x = lacuna_test::matrix_of<double>({{1, 2}, {0, -1}, {3, 1}});
  auto const before = lacuna_test::matrix_of<double>({{1, 1}, {2, 0}});
  auto const after = lacuna_test::matrix_of<double>({{0, 1}, {2, 3}});
  // The outputs of the three tokens change by -1, 0, -3 and by 6, -3, 3.
  CHECK(reconstruction_loss(before, after, lacuna::gram(x)) == (1 + 9 + 36 + 9 + 9) / 2.0);
  CHECK(reconstruction_loss(before, before, lacuna::gram(x)) == 0);
}

TEST_CASE("reconstruction_loss: sizes around a tile, executors, orders, errors") {
  lacuna_test::executors const executors;
  for (index const rows : {0, 1, 127, 128, 300}) {
    lacuna_test::random r(static_cast<std::uint64_t>(rows));
    auto const h = lacuna_test::random_hessian(r, 20, 50);
    auto const a = lacuna_test::random_weights<float>(r, rows, 20);
    auto const b = lacuna_test::random_weights<double>(r, rows, 20);
    auto const one = reconstruction_loss(a, b, h);
    auto const expected = lacuna_test::loss_of(a, b, h);
    CHECK(std::fabs(one - expected) <= 1e-12 * expected);
    for (auto const& [name, exec] : executors.all())
      CHECK(reconstruction_loss(exec, lacuna_test::col_major_copy(a), b, h) == one);
  }
  dense<double> const h(3, 3);
  CHECK(lacuna_test::message_of<lacuna::shape_error>([&] {
          return reconstruction_loss(dense<float>(2, 3), dense<float>(3, 2), h);
        }) == "reconstruction_loss: W was 2x3 before and is 3x2");
  CHECK(lacuna_test::message_of<lacuna::shape_error>([&] {
          return reconstruction_loss(dense<float>(2, 4), dense<float>(2, 4), h);
        }) == "reconstruction_loss: W is 2x4, H is 3x3");
}

}  // namespace
