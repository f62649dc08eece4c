// SPDX-License-Identifier: MIT
#include <lacuna/attention/plan_parts.hpp>
#include <lacuna/attention/validate.hpp>

#include "../support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>

namespace la = lacuna;
namespace at = lacuna::attention;
using at::cover;

namespace {

constexpr at::shape shape{.queries = 4, .keys = 100, .heads = 3, .kv_heads = 3};
constexpr at::plan_options two_queries{.tile_queries = 2};

at::plan_builder without_rows() {
  at::plan_builder plan(shape, two_queries);
  for (la::index h = 0; h != 3; ++h) plan.set_slot(h);
  return plan;
}
/// Rows of runs, single keys, and biases in one of them.
void write(at::plan_builder& to, la::index row) {
  std::int32_t const ids[] = {50, 52, 53, 54, 55, 56, 57};
  to.add(5 * row, 5 * row + 5 + row, cover::full);
  if (row == 3) to.add_token(99, 0.5f);
  if (row % 2 == 0) to.keys(ids, 7, cover::full, 0);
}

}  // namespace

TEST_CASE("plan_parts: workers write rows in any order, the plan is that of one who wrote them in order") {
  auto expected = without_rows();
  for (la::index row = 0; row != 6; ++row) {
    write(expected, row);
    expected.end_row();
  }
  auto const plan = expected.finish();
  at::validate(plan.view());
  CHECK(plan.token_bias.size() == plan.tokens.size());
  for (int order = 0; order != 3; ++order) {
    la::index const orders[3][6] = {{5, 0, 3, 1, 4, 2}, {0, 1, 2, 3, 4, 5}, {3, 4, 5, 0, 1, 2}};
    at::plan_parts parts(shape, two_queries, 6, 3);
    for (la::index const row : orders[order]) {
      la::index const worker = order == 0 ? 1 + row % 2 : row / 3;
      write(parts.row(worker), row);
      parts.end_row(worker, row);
    }
    auto all = without_rows();
    CHECK(parts.collect(all).view() == plan.view());
  }
}

#if LACUNA_EXCEPTIONS
TEST_CASE("plan_parts: the first wrong bias is told, by head and tile, whoever met it") {
  at::plan_parts parts(shape, two_queries, 6, 2);
  for (la::index row = 6; row-- != 0;) {
    parts.row(row % 2).add_token(row, row == 3 || row == 5 ? std::numeric_limits<float>::infinity() : 0.0f);
    parts.end_row(row % 2, row);
  }
  auto all = without_rows();
  CHECK(lacuna_test::message_of<la::value_error>([&] { return parts.collect(all); }) ==
        "plan: head 1, tile 1: key 3 has no finite bias, or different ones for different queries of a tile of 2");
}
#endif
