// SPDX-License-Identifier: MIT
#include <lacuna/core/dense.hpp>
#include <lacuna/reconstruct/finite.hpp>

#include "support/any_executor.hpp"
#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <string>

namespace {

using lacuna::index;
using lacuna::order;

template <class S, order Order, class T>
std::string complaint(lacuna::dense<T, Order> const& m, lacuna_test::any_executor const& exec) {
  return lacuna_test::message_of<lacuna::value_error>([&] {
    lacuna::detail::require_finite<S>(exec, m.view(), "verb", lacuna::detail::token_words);
    return 0;
  });
}

template <order Order>
void check_places() {
  lacuna_test::executors const executors;
  for (auto const& [name, exec] : executors.all()) {
    CAPTURE(name);
    lacuna::dense<float, Order> m(300, 257);
    CHECK(complaint<float>(m, exec) == "no error");
    m(299, 0) = std::numeric_limits<float>::quiet_NaN();
    CHECK(complaint<float>(m, exec) == "verb: X in token 299, input 0 is nan, expected a finite number");
    m(17, 256) = std::numeric_limits<float>::infinity();
    m(17, 40) = -std::numeric_limits<float>::infinity();
    m(18, 3) = std::numeric_limits<float>::infinity();
    CHECK(complaint<double>(m, exec) == "verb: X in token 17, input 40 is -inf, expected a finite number");
  }
}

TEST_CASE("finite: the first element in row-major order is named, in both orders, by every executor") {
  check_places<order::row_major>();
  check_places<order::col_major>();
}

TEST_CASE("finite: what the type that is computed with can't hold is not finite") {
  lacuna::serial alone;
  lacuna_test::any_executor const exec(alone);
  lacuna::dense<double> m(2, 2);
  m(1, 0) = 1e39;
  CHECK(complaint<double>(m, exec) == "no error");
  CHECK(complaint<float>(m, exec) == "verb: X in token 1, input 0 is inf, expected a finite number");
  CHECK(complaint<float>(lacuna::dense<double>(0, 3), exec) == "no error");
  CHECK(complaint<float>(lacuna::dense<double>(3, 0), exec) == "no error");
}

}  // namespace
