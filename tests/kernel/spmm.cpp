// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/spmm.hpp>

#include "support/products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace la = lacuna;
using lacuna_test::variant;

namespace {

template <class T>
using csr_entry = lacuna_test::entry<"csr", la::csr<T>>;

/// Both directions; the orders shift with Orders.
template <class T, class X, class Y, int Orders>
void check_csr(lacuna_test::executors const& pool) {
  CHECK(lacuna_test::format_problem<csr_entry<T>, X, Y, variant{Orders % 4, false, false}>(pool, Orders) == "");
  CHECK(lacuna_test::format_problem<csr_entry<T>, X, Y, variant{(Orders + 1) % 4, true, true}>(pool, Orders) == "");
}

}  // namespace

TEST_CASE("products: every combination of types, on one format") {
  lacuna_test::executors const pool;
  check_csr<double, double, double, 0>(pool);
  check_csr<la::bf16, float, float, 1>(pool);
  check_csr<la::bf16, la::bf16, la::bf16, 2>(pool);
  check_csr<la::bf16, la::bf16, float, 3>(pool);
  check_csr<la::f16, float, float, 0>(pool);
  check_csr<la::f16, la::f16, la::f16, 1>(pool);
  check_csr<std::int8_t, std::int8_t, std::int32_t, 2>(pool);
  check_csr<std::int8_t, std::uint8_t, std::int32_t, 3>(pool);
  check_csr<std::int8_t, std::uint8_t, float, 0>(pool);
}

TEST_CASE("products: every combination of orders, on one format") {
  lacuna_test::executors const pool;
  check_csr<float, float, float, 0>(pool);
  check_csr<float, float, float, 1>(pool);
  check_csr<float, float, float, 2>(pool);
  check_csr<float, float, float, 3>(pool);
}
