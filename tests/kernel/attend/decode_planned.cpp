// SPDX-License-Identifier: MIT
#include <lacuna/attend.hpp>
#include <lacuna/attention/paged_kv.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/attend/decode_planned.hpp>

#include "support/allocations.hpp"
#include "support/any_executor.hpp"
#include "support/attention_heads.hpp"
#include "support/attention_operands.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using arch = la::simd::default_arch;
using lacuna_test::plan_kind;
using lacuna_test::random_plan;
using lacuna_test::same_bits;
using lacuna_test::written_plan;

namespace {

/// A call that goes to the kernel of few rows whatever the plan.
template <class KV>
struct problem : lacuna_test::attention_operands<la::accumulator_t<KV>, KV, la::accumulator_t<KV>> {
  using sum = la::accumulator_t<KV>;
  using operands = lacuna_test::attention_operands<sum, KV, sum>;
  using operands::operands;

  template <class E, at::policy Policy = at::exact>
  void run(E&& exec, written_plan const& plan, Policy const& policy = {}) {
    run_from(exec, this->kv(), plan, policy);
  }
  template <class E, class S, at::policy Policy = at::exact>
  void run_from(E&& exec, S const& kv, written_plan const& plan, Policy const& policy = {}) {
    auto const from = this->q.read();
    auto const to = this->out.view();
    la::kernel::attend_kv<arch, sum, S> const rows(kv);
    la::attend_options const options{.lse =
                                         la::dense_view<sum>(this->lse.data(), this->shape.heads, this->shape.queries)};
    auto call = la::detail::attend_call_of<sum>(from, kv, rows, to, options);
    la::detail::set_attend_options(call, options, policy);
    call.mask = plan.mask;
    la::kernel::any_executor const erased(exec);
    la::kernel::attend_decoded<arch>(erased, call, plan.view(), la::kernel::kv_rows<KV, KV>(kv));
  }
  [[nodiscard]] std::string check(written_plan const& plan) {
    run(la::serial{}, plan);
    return this->error_of(plan);
  }
  [[nodiscard]] std::vector<sum> result() const {
    auto all = this->out.values();
    all.insert(all.end(), this->lse.begin(), this->lse.end());
    return all;
  }
};

template <class KV>
void sweep() {
  struct size {
    la::index dk, dv, group, queries, tile;
  };
  size const sizes[] = {{128, 128, 4, 1, 1},  {64, 64, 1, 1, 64},  {1, 1, 2, 3, 2},   {33, 65, 3, 1, 8},
                        {80, 40, 5, 2, 4},    {96, 31, 6, 1, 1},   {17, 96, 7, 8, 8}, {128, 1, 8, 4, 3},
                        {130, 200, 33, 2, 2}, {32, 16, 2, 40, 40}, {0, 7, 2, 1, 1},   {9, 0, 2, 1, 1}};
  la::index const lengths[] = {0, 1, 7, 15, 16, 17, 63, 64, 65, 200, 1100};
  plan_kind const kinds[] = {{.density = 1, .longest = 2000},
                             {.density = 0.6, .longest = 9, .partial = true, .tokens = true, .bias = true},
                             {.density = 0.7, .longest = 300, .partial = true, .shuffled = true, .slots = 2},
                             {.density = 0, .slots = 1}};
  int n = 0;
  for (auto const& z : sizes)
    for (auto const keys : lengths) {
      ++n;
      if (lacuna_test::quick() && n % 7 != 0) continue;
      auto kind = kinds[n % 4];
      problem<KV> p({z.queries, keys, z.group * 2, 2}, z.dk, z.dv, n % 3 == 0, static_cast<std::uint64_t>(n));
      auto const plan = random_plan(p.r, p.shape, z.tile, kind);
      INFO("keys " << keys << ", dims " << z.dk << " and " << z.dv << ", group " << z.group << ", queries " << z.queries
                   << ", kind " << n % 4);
      REQUIRE(p.check(plan) == "");
    }
}

}  // namespace

TEST_CASE("decode_planned: within twice the error of plain loops, every length, dimension, group and kind of plan") {
  sweep<float>();
}
TEST_CASE("decode_planned: bf16") { sweep<la::bf16>(); }
TEST_CASE("decode_planned: f16") { sweep<la::f16>(); }
TEST_CASE("decode_planned: double") {
  if constexpr (la::simd::has_batch<arch, double>) sweep<double>();
}

TEST_CASE("decode_planned: parts of long rows are merged, bitwise equal for every executor") {
  lacuna_test::executors const executors;
  for (la::index const group : {1, 4, 32}) {
    problem<float> p({1, 5000, group, 1}, 64, 72, true);
    auto const plan = random_plan(p.r, p.shape, 1, {.density = 0.8, .longest = 400, .partial = true, .tokens = true});
    REQUIRE(p.check(plan) == "");
    auto const alone = p.result();
    for (auto const& [name, exec] : executors.all()) {
      INFO(name << ", group " << group);
      p.run(exec, plan);
      REQUIRE(same_bits(alone, p.result()));
    }
  }
}

TEST_CASE("decode_planned: more groups than one batch of units takes") {
  problem<float> p({300, 700, 2, 2}, 16, 16, false);
  REQUIRE(p.check(random_plan(p.r, p.shape, 1, {.density = 0.5, .longest = 90, .tokens = true, .slots = 2})) == "");
}

TEST_CASE("decode_planned: pages and single keys are what runs are") {
  problem<float> p({1, 640, 8, 2}, 32, 32, false);
  written_plan runs, tokens;
  runs.shape = tokens.shape = p.shape;
  runs.tile_queries = tokens.tile_queries = 1;
  runs.slot_of_head = tokens.slot_of_head = std::vector<std::int32_t>(8);
  for (int k = 0; k < 640; k += 96) {
    runs.runs.push_back({k, 64});
    for (int t = 0; t != 64; ++t) tokens.tokens.push_back(k + t);
  }
  runs.end_row();
  tokens.end_row();
  p.run(la::serial{}, runs);
  auto const expected = p.result();
  p.run(la::serial{}, tokens);
  CHECK(same_bits(expected, p.result()));
}

TEST_CASE("decode_planned: keys and values in pages, shorter and longer than a tile of keys") {
  problem<float> p({2, 300, 4, 2}, 24, 24, false);
  for (bool const partial : {false, true}) {
    auto const plan =
        random_plan(p.r, p.shape, 2, {.density = 0.8, .longest = 200, .partial = partial, .tokens = true});
    p.run(la::serial{}, plan);
    auto const expected = p.result();
    for (la::index const page : {16, 80}) {
      std::vector<float> pool(static_cast<std::size_t>(20 * 2 * page * 24), std::numeric_limits<float>::quiet_NaN());
      std::vector<float> values = pool;
      std::vector<std::int32_t> const table{19, 3, 0, 7, 8, 2, 11, 4, 1, 12, 5, 18, 17, 10, 9, 16, 6, 14, 13};
      auto const k = at::paged_view<float>::packed(pool.data(), 20, 2, page, 24);
      auto const v = at::paged_view<float>::packed(values.data(), 20, 2, page, 24);
      for (la::index h = 0; h != 2; ++h)
        for (la::index t = 0; t != 300; ++t)
          for (la::index d = 0; d != 24; ++d) {
            k.row(table[static_cast<std::size_t>(t / page)], h, t % page)[d] = p.k.at(h, t, d);
            v.row(table[static_cast<std::size_t>(t / page)], h, t % page)[d] = p.v.at(h, t, d);
          }
      at::paged_kv<float> const paged(at::paged_view<float const>::packed(pool.data(), 20, 2, page, 24),
                                      at::paged_view<float const>::packed(values.data(), 20, 2, page, 24), table, 300);
      p.run_from(la::serial{}, paged, plan);
      CHECK(same_bits(expected, p.result()));
    }
  }
}

TEST_CASE("decode_planned: Inf and NaN in keys and values that a query does not see never reach its row") {
  problem<float> p({3, 300, 4, 2}, 40, 40, true);
  auto const plan = random_plan(p.r, p.shape, 3, {.density = 0.7, .longest = 80, .partial = true, .tokens = true});
  p.run(la::serial{}, plan);
  auto const view = plan.view();
  for (la::index h = 0; h != 4; ++h)
    for (la::index i = 0; i != 3; ++i) {
      problem<float> other({3, 300, 4, 2}, 40, 40, true);
      std::vector<bool> seen(300);
      for (auto const& key : lacuna_test::keys_of(view, h, i)) seen[static_cast<std::size_t>(key.key)] = true;
      for (la::index t = 0; t != 300; ++t)
        for (la::index d = 0; d != 40; ++d)
          if (!seen[static_cast<std::size_t>(t)]) {
            other.k.at(h / 2, t, d) = d % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : 1e38f;
            other.v.at(h / 2, t, d) = d % 2 == 0 ? std::numeric_limits<float>::infinity() : -std::nanf("");
          }
      other.run(la::serial{}, plan);
      for (la::index d = 0; d != 40; ++d) REQUIRE(other.out.at(h, i, d) == p.out.at(h, i, d));
      REQUIRE(other.lse[static_cast<std::size_t>(h * 3 + i)] == p.lse[static_cast<std::size_t>(h * 3 + i)]);
    }
}

TEST_CASE("decode_planned: logits from -10000 to 10000") {
  for (double const size : {30.0, 1e4}) {
    problem<float> p({4, 700, 32, 2}, 16, 16, false, 5, size);
    REQUIRE(p.check(random_plan(p.r, p.shape, 2, {.density = 0.9, .longest = 200})) == "");
  }
}

TEST_CASE("decode_planned: skip_below 0 and stop_below 0 change no bit; more leaves little out") {
  problem<float> p({1, 1300, 4, 1}, 64, 32, false, 3, 6);
  for (la::index t = 64; t != 1300; ++t)
    for (la::index d = 0; d != 64; ++d) p.k.at(0, t, d) *= 0.01f;  // most weight is in the first tile
  auto const plan = random_plan(p.r, p.shape, 1, {.density = 1, .longest = 2000});
  p.run(la::serial{}, plan);
  auto const expected = p.result();
  p.run(la::serial{}, plan, at::skip_below{0});
  CHECK(same_bits(expected, p.result()));
  p.run(la::serial{}, plan, at::stop_below{0});
  auto const whole = p.result();  // one part: rounded otherwise
  for (std::size_t n = 0; n != whole.size(); ++n)
    if (!std::isnan(whole[n])) CHECK(std::fabs(whole[n] - expected[n]) <= 1e-5f);
  for (la::index t = 128; t != 1300; ++t)  // far behind, in what would be another part: none of it is read
    for (la::index d = 0; d != 32; ++d) p.v.at(0, t, d) = 1e30f;
  p.run(la::serial{}, plan, at::skip_below{1e-3});
  auto const skipped = p.result();
  CHECK(!same_bits(expected, skipped));
  for (std::size_t n = 0; n != skipped.size(); ++n)
    if (!std::isnan(skipped[n])) CHECK(std::fabs(skipped[n] - expected[n]) <= 0.05f);
  p.run(la::serial{}, plan, at::stop_below{0.1});
  auto const stopped = p.result();
  for (std::size_t n = 0; n != stopped.size(); ++n)
    if (!std::isnan(stopped[n])) CHECK(std::fabs(stopped[n] - expected[n]) <= 0.05f);
}

TEST_CASE("decode_planned: does not allocate in steady state") {
  problem<float> p({2, 3000, 8, 2}, 32, 32, false);
  auto const plan = random_plan(p.r, p.shape, 2, {.density = 0.9, .longest = 200});
  la::threads pool(2);
  for (int n = 0; n != 20; ++n) p.run(pool, plan);
  CHECK(lacuna_test::allocations_during([&] { p.run(la::serial{}, plan); }) == 0);
}
