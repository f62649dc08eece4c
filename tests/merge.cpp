// SPDX-License-Identifier: MIT
#include <lacuna/attend.hpp>
#include <lacuna/merge.hpp>

#include "support/allocations.hpp"
#include "support/any_executor.hpp"
#include "support/attention_heads.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace tests_of_merge {

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::heads;
using lacuna_test::written_plan;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// A plan that sees keys [first, last), in one tile.
written_plan keys_between(at::shape s, int first, int last) {
  written_plan p;
  p.shape = s;
  p.slot_of_head = std::vector<std::int32_t>(static_cast<std::size_t>(s.heads));
  if (last != first) p.runs.push_back({first, last - first});
  p.end_row();
  return p;
}

}  // namespace

TEST_CASE("merge: results over disjoint keys become that over all of them") {
  for (la::index const queries : {1, 5})
    for (la::index const dim : {1, 16, 33}) {
      at::shape const s{queries, 100, 4, 2};
      lacuna_test::random r(3);
      heads<float> q(4, queries, dim, true), k(2, 100, dim, false), v(2, 100, dim, true);
      heads<float> all(4, queries, dim, true), one(4, queries, dim, true, 2), two(4, queries, dim, false, 1);
      q.fill(r, 3);
      k.fill(r);
      v.fill(r);
      at::dense_kv<float> const kv(k.read(), v.read());
      la::dense<float> lse(4, queries), lse1(4, queries), lse2(4, queries);
      la::attend(q.view(), kv, keys_between(s, 0, 100), all.view(), {.lse = lse});
      for (int const border : {0, 30, 100}) {
        la::attend(q.view(), kv, keys_between(s, 0, border), one.view(), {.lse = lse1});
        la::attend(q.view(), kv, keys_between(s, border, 100), two.view(), {.lse = lse2});
        la::merge(one.view(), lse1, two.read(), lse2);
        CHECK(one.gaps_intact());
        for (la::index h = 0; h != 4; ++h)
          for (la::index i = 0; i != queries; ++i) {
            CHECK(std::fabs(lse1(h, i) - lse(h, i)) <= 2e-6f * (1 + std::fabs(lse(h, i))));
            for (la::index d = 0; d != dim; ++d) CHECK(std::fabs(one.at(h, i, d) - all.at(h, i, d)) <= 4e-6f);
          }
      }
    }
}

TEST_CASE("merge: a row of -inf counts for nothing, on either side and on both, whatever it holds") {
  for (bool const doubles : {false, true}) {
    la::dense<float> one(4, 19), two(4, 19);
    for (la::index c = 0; c != 19; ++c) {
      one(0, c) = two(1, c) = std::nanf("");
      two(0, c) = one(1, c) = static_cast<float>(c);
      one(2, c) = two(2, c) = 0;
      one(3, c) = 1;
      two(3, c) = 3;
    }
    std::vector<float> lse{-infinity, 2.5f, -infinity, 700.0f}, more{-1e4f, -infinity, -infinity, 700.0f};
    std::vector<double> const wide(more.begin(), more.end());
    if (doubles)
      la::merge(one, lse, two, wide);
    else
      la::merge(one, lse, two, more);
    for (la::index c = 0; c != 19; ++c) {
      CHECK(one(0, c) == static_cast<float>(c));
      CHECK(one(1, c) == static_cast<float>(c));
      CHECK(one(2, c) == 0.0f);
      CHECK(std::fabs(one(3, c) - 2.0f) <= 1e-6f);
    }
    CHECK(lse[0] == -1e4f);
    CHECK(lse[1] == 2.5f);
    CHECK(lse[2] == -infinity);
    CHECK(std::fabs(lse[3] - 700.69315f) < 1e-3f);
  }
}

TEST_CASE("merge: far apart, the lesser does not matter; NaN spreads over its row only") {
  la::dense<double> one(3, 5);
  la::dense<la::bf16> two(3, 5);
  for (la::index i = 0; i != 15; ++i) {
    one.data()[i] = 1;
    two.data()[i] = la::bf16(2.0f);
  }
  std::vector<double> lse{-1e4, 1e4, std::nan("")}, more{1e4, -1e4, 0};
  la::merge(one, lse, two, more);
  for (la::index c = 0; c != 5; ++c) {
    CHECK(one(0, c) == 2.0);
    CHECK(one(1, c) == 1.0);
    CHECK(std::isnan(one(2, c)));
  }
  CHECK(lse[0] == 1e4);
  CHECK(lse[1] == 1e4);
  CHECK(std::isnan(lse[2]));
}

TEST_CASE("merge: bitwise equal for every executor, and without allocations") {
  lacuna_test::random r(1);
  auto const one = lacuna_test::random_dense<float>(r, 2000, 40), two = lacuna_test::random_dense<float>(r, 2000, 40);
  auto const lse = lacuna_test::random_vector<float>(r, 2000), more = lacuna_test::random_vector<float>(r, 2000);
  auto expected = one;
  auto expected_lse = lse;
  CHECK(lacuna_test::allocations_during([&] { la::merge(expected, expected_lse, two, more); }) == 0);
  lacuna_test::executors const executors;
  for (auto const& [name, exec] : executors.all()) {
    auto got = one;
    auto got_lse = lse;
    la::merge(exec, got, got_lse, two, more);
    CHECK(std::memcmp(got.data(), expected.data(), 2000 * 40 * sizeof(float)) == 0);
    CHECK(got_lse == expected_lse);
  }
}

#if LACUNA_EXCEPTIONS
TEST_CASE("merge: shapes that do not fit are errors that say so") {
  la::dense<float> one(3, 5), two(3, 5), other(3, 4), lse(2, 3), wrong(3, 2);
  std::vector<float> l(3), m(2);
  std::vector<float> x(100);
  la::heads_view<float> const h{x.data(), 2, 3, 4, 12, 4}, g{x.data(), 2, 3, 5, 15, 5};
  using lacuna_test::message_of;
  CHECK(message_of<la::shape_error>([&] { return la::merge(one, l, two, l), 0; }) == "no error");
  CHECK(message_of<la::shape_error>([&] { return la::merge(one, l, other, l), 0; }) == "merge: out1 is 3x5, out2 3x4");
  CHECK(message_of<la::shape_error>([&] { return la::merge(one, m, two, l), 0; }) ==
        "merge: out1 is 3x5, lse1 has 2 elements");
  CHECK(message_of<la::shape_error>([&] { return la::merge(one, l, two, m), 0; }) ==
        "merge: out1 is 3x5, lse2 has 2 elements");
  CHECK(message_of<la::shape_error>([&] { return la::merge(h, lse, g, lse), 0; }) ==
        "merge: out1 is 2x3x4, out2 2x3x5");
  CHECK(message_of<la::shape_error>([&] { return la::merge(h, wrong, h, lse), 0; }) ==
        "merge: out1 is 2x3x4, lse1 is 3x2");
  CHECK(message_of<la::shape_error>([&] { return la::merge(h, lse, h, wrong), 0; }) ==
        "merge: out1 is 2x3x4, lse2 is 3x2");
}
#endif

}  // namespace tests_of_merge
