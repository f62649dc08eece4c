// SPDX-License-Identifier: MIT
#include <lacuna/reconstruct/gram.hpp>
#include <lacuna/reconstruct/hessian.hpp>

#include "prune/reference.hpp"
#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <vector>

namespace {

using lacuna::dense;
using lacuna::index;
using lacuna::detail::hessian_of;
using lacuna_test::message_of;

static_assert(lacuna::second_moments<lacuna::gram<float>>);
static_assert(lacuna::hessian_source<lacuna::gram<double>>);
static_assert(lacuna::hessian_source<dense<float>>);
static_assert(!lacuna::hessian_source<int>);

TEST_CASE("hessian: of a statistic or a matrix, of which the lower triangle counts") {
  auto const x = lacuna_test::matrix_of({{1, 2}, {3, 4}});
  auto const expected = lacuna_test::matrix_of<double>({{10, 14}, {14, 20}});
  lacuna::serial exec;
  CHECK(hessian_of(exec, lacuna::gram(x), 5, 2, "verb") == expected);
  CHECK(hessian_of(exec, lacuna_test::matrix_of({{10, 99}, {14, 20}}), 5, 2, "verb") == expected);
  CHECK(message_of<lacuna::shape_error>([&] { return hessian_of(exec, expected, 5, 3, "verb"); }) ==
        "verb: W is 5x3, H is 2x2");
  CHECK(message_of<lacuna::shape_error>([&] { return hessian_of(exec, lacuna::gram(x), 5, 3, "verb"); }) ==
        "verb: W is 5x3, the Gram matrix is of 2 inputs");
  CHECK(message_of<lacuna::value_error>([&] { return hessian_of(exec, lacuna::gram<float>(), 5, 0, "verb"); }) ==
        "verb: the Gram matrix is of no tokens");
}

TEST_CASE("hessian: dead inputs count as one in the mean of the diagonal") {
  auto const h = lacuna_test::matrix_of<double>({{4, 1, 0}, {1, 7, 0}, {0, 0, 0}});
  CHECK(lacuna::detail::mean_of_diagonal(h) == 4);
  CHECK(lacuna::detail::mean_of_diagonal(dense<double>(0, 0)) == 0);
  auto const dead = lacuna::detail::dead_inputs(h);
  CHECK((!dead[0] && !dead[1] && dead[2]));
}

TEST_CASE("hessian: damping grows tenfold, from a millionth to the mean, only if it is adaptive") {
  std::vector<double> tried;
  auto const sound_from = [&](double limit) {
    tried.clear();
    return [&tried, limit](double added) -> index {
      tried.push_back(added);
      return added >= limit ? -1 : 3;
    };
  };
  auto const plain = lacuna::detail::with_damping({.damping = 0.01}, 2.0, sound_from(1));
  CHECK(!plain.ok());
  CHECK(plain.pivot == 3);
  CHECK(tried == std::vector<double>{0.02});
  auto const adaptive = lacuna::detail::with_damping({.damping = 0, .adaptive_damping = true}, 2.0, sound_from(1e-3));
  CHECK(adaptive.ok());
  CHECK(adaptive.pivot == -1);
  CHECK(tried.size() == 5);  // 0, and 1e-6 to 1e-3 of the mean
  CHECK(tried[1] == 2e-6);
  CHECK(!lacuna::detail::with_damping({.damping = 0, .adaptive_damping = true}, 2.0, sound_from(1e9)).ok());
  CHECK(tried.back() >= 2.0);
  CHECK(tried.back() < 20.0);
  auto const refused = [](double d) {
    return message_of<lacuna::value_error>([&] {
      lacuna::detail::require_damping({.damping = d}, "verb");
      return 0;
    });
  };
  CHECK(refused(0) == "no error");
  CHECK(refused(-0.5) == "verb: damping is -0.5, expected a fraction of the mean diagonal, 0 or more");
  CHECK(refused(std::numeric_limits<double>::quiet_NaN()) != "no error");
  CHECK(refused(std::numeric_limits<double>::infinity()) != "no error");
}

}  // namespace
