// SPDX-License-Identifier: MIT
#include <lacuna/attend.hpp>
#include <lacuna/attention/paged_kv.hpp>
#include <lacuna/attention/permuted_kv.hpp>
#include <lacuna/attention/token_lists.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/pack.hpp>

#include "support/allocations.hpp"
#include "support/any_executor.hpp"
#include "support/attention_heads.hpp"
#include "support/attention_operands.hpp"
#include "support/guard.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/worse.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace tests_of_attend_heads {

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::heads;
using lacuna_test::plan_kind;
using lacuna_test::random_plan;
using lacuna_test::written_plan;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

la::serial const here;
la::kernel::any_executor const serial(here);

/// The call; the policy is an argument so that each type needs one instantiation.
template <class Q, class K, class Out, class V = K>
struct problem : lacuna_test::attention_operands<Q, K, Out, V> {
  using operands = lacuna_test::attention_operands<Q, K, Out, V>;
  using operands::operands;
  using typename operands::sum;

  void run(la::kernel::any_executor const& exec, written_plan const& plan) {
    la::attend(exec, this->q.view(), this->kv(), plan, this->out.view(),
               {.lse = la::dense_view<sum>(this->lse.data(), this->shape.heads, this->shape.queries)});
  }
  [[nodiscard]] std::string check(written_plan const& plan) {
    run(serial, plan);
    return this->error_of(plan);
  }
};

constexpr plan_kind kinds[] = {
    {.density = 1},
    {.density = 0},
    {.density = 0.5, .longest = 30, .partial = true},
    {.density = 0.6, .longest = 9, .partial = true, .tokens = true, .bias = true, .shuffled = true, .slots = 2},
    {.density = 0.3, .longest = 90, .tokens = true},
};

/// Says how many units it is given, and runs the last first.
struct counting {
  la::index workers;
  la::index* units;
  [[nodiscard]] la::index concurrency() const { return workers; }
  template <class F>
  void for_ranges(la::index n, la::index, F&& f) const {
    *units = n;
    for (la::index i = n; i-- != 0;) f(i, i + 1, i % workers);
  }
};

/// What is written beside an output, with the output and without, where values are out of reach.
template <class K>
void check_without_output(at::shape s, la::index dk, la::index dv, plan_kind const& kind) {
  problem<float, K, float> p(s, dk, dv, true);
  auto plan = random_plan(p.r, s, 32, kind);
  // Log-sum-exps near 0: else the logarithm hides in what order weights were summed up.
  for (auto& run : plan.runs) run.bias -= std::log(static_cast<float>(s.keys));
  auto const pattern = at::causal{} & at::window{100};
  lacuna_test::guarded<K> const unreachable(0);
  at::dense_kv<K> const keys(p.k.read(), la::heads_view<K const>{unreachable.data(), s.kv_heads, s.keys, dv, 0, 0});
  la::dense<float> beside(s.heads, s.queries), alone(s.heads, s.queries);
  auto const check_lse = [&](auto const& which, auto policy) {
    la::attend(p.q.read(), p.kv(), which, p.out.view(), {.lse = beside}, policy);
    for (la::index i = 0; i != s.heads * s.queries; ++i) alone.data()[i] = 7;
    la::attend(p.q.read(), keys, which, {}, {.lse = alone}, policy);
    CHECK(beside == alone);
  };
  check_lse(plan, at::exact{});
  check_lse(plan, at::skip_below{1});
  check_lse(pattern, at::exact{});
  heads<float> mass(s.heads, s.queries, (s.keys + 39) / 40, true),
      mass_alone(s.heads, s.queries, (s.keys + 39) / 40, true);
  la::attend(p.q.read(), p.kv(), plan, p.out.view(), {.block_mass = mass.view(), .mass_keys = 40});
  la::attend(p.q.read(), keys, plan, {}, {.block_mass = mass_alone.view(), .mass_keys = 40});
  CHECK(lacuna_test::same_bits(mass.values(), mass_alone.values()));
}

}  // namespace

TEST_CASE("attend, heads: within twice the error of plain loops, over lengths, dimensions, groups and kinds of plan") {
  struct size {
    at::shape s;
    la::index dk, dv, tile;
  };
  for (auto const& [s, dk, dv, tile] :
       {size{{113, 203, 2, 1}, 64, 64, 64}, size{{1, 131, 4, 2}, 32, 32, 1}, size{{7, 300, 6, 2}, 128, 96, 16},
        size{{70, 64, 3, 3}, 33, 17, 64}, size{{203, 113, 4, 1}, 16, 48, 50}, size{{130, 130, 2, 2}, 5, 80, 200},
        size{{20, 90, 2, 2}, 256, 256, 7}, size{{1, 131, 40, 1}, 32, 48, 1}, size{{3, 140, 71, 1}, 20, 33, 64}}) {
    for (auto const& kind : kinds) {
      problem<float, float, float> p(s, dk, dv, dk % 2 == 0);
      auto const plan = random_plan(p.r, s, tile, kind);
      CAPTURE(s.queries, s.keys, s.heads, s.kv_heads, dk, dv, tile, &kind - kinds);
      CHECK(p.check(plan) == "");
    }
  }
}

TEST_CASE("attend, heads: bf16, f16, double and mixtures") {
  for (auto const& kind : kinds) {
    at::shape const s{37, 150, 4, 2};
    CAPTURE(&kind - kinds);
    problem<la::bf16, la::bf16, la::bf16> b(s, 64, 40, true);
    CHECK(b.check(random_plan(b.r, s, 16, kind)) == "");
    CHECK(b.check(random_plan(b.r, s, 4, kind)) == "");  // few rows
    // Sums of another type than that of keys or values: a type of its own for few rows would take as long to compile.
    problem<double, la::f16, float> h(s, 33, 64, false);
    CHECK(h.check(random_plan(h.r, s, 64, kind)) == "");
    problem<double, double, double, float> d(s, 20, 21, true);
    CHECK(d.check(random_plan(d.r, s, 64, kind)) == "");
  }
}

TEST_CASE("attend, heads: bitwise equal for every executor") {
  at::shape const s{150, 260, 6, 3};
  problem<float, float, float> p(s, 40, 24, true);
  auto const plan = random_plan(p.r, s, 32, kinds[3]);
  p.run(serial, plan);
  auto const out = p.out.values();
  auto const lse = p.lse;
  lacuna_test::executors const executors;
  for (auto const& [name, exec] : executors.all()) {
    CAPTURE(name);
    p.run(la::kernel::any_executor(exec), plan);
    CHECK(std::memcmp(p.out.values().data(), out.data(), out.size() * sizeof(float)) == 0);
    CHECK(p.lse == lse);
  }
}

TEST_CASE("attend, heads: few rows of few heads are shared out to workers, and keep their bits") {
  struct size {
    at::shape shape;
    la::index dk, dv;
  };
  for (auto const& of : {size{{64, 300, 1, 1}, 64, 72}, size{{33, 400, 1, 1}, 80, 64}, size{{20, 300, 4, 1}, 64, 64},
                         size{{64, 150, 6, 3}, 40, 40}, size{{100, 300, 2, 1}, 64, 21}}) {
    at::shape const s = of.shape;
    problem<float, float, float> p(s, of.dk, of.dv, true);
    auto const plan = random_plan(p.r, s, 64, kinds[3]);
    auto const pattern = at::causal{} & (at::sink{3} | at::window{70});
    auto const check = [&](auto const& keys, auto policy) {
      la::dense<float> lse(s.heads, s.queries), first(s.heads, s.queries);
      la::attend(serial, p.q.read(), p.kv(), keys, p.out.view(), {.lse = first}, policy);
      auto const out = p.out.values();
      for (la::index const workers : {2, 3, 5}) {
        la::index units = 0;
        counting const pool{workers, &units};
        la::attend(la::kernel::any_executor(pool), p.q.read(), p.kv(), keys, p.out.view(), {.lse = lse}, policy);
        CAPTURE(s.queries, s.heads, workers);
        if constexpr (std::is_same_v<decltype(policy), at::exact>) CHECK(units >= 2);
        CHECK(lacuna_test::same_bits(out, p.out.values()));
        CHECK(lse == first);
      }
    };
    check(plan, at::exact{});
    check(pattern, at::exact{});
    check(plan, at::skip_below{1});
    check(plan, at::stop_below{0.5});
  }
}

TEST_CASE("attend, heads: a pattern asked on the way is the plan that lists its keys") {
  at::shape const s{90, 200, 4, 2};
  problem<float, float, float> p(s, 32, 48, false);
  auto const pattern = at::causal{} & (at::sink{3} | at::window{70});
  written_plan plan;
  plan.shape = s;
  plan.tile_queries = 64;
  plan.slot_of_head = {0, 0, 0, 0};
  plan.mask = at::mask_of(pattern);
  for (la::index t = 0; t != 2; ++t) {
    for (std::int32_t k = 0; k < 200; k += 64) plan.runs.push_back({k, std::min(64, 200 - k), 0, true});
    plan.end_row();
  }
  p.run(serial, plan);
  auto const planned = p.out.values();
  at::dense_kv<float> const kv(p.k.read(), p.v.read());
  la::attend(p.q.read(), kv, pattern, p.out.view());
  CHECK(std::memcmp(p.out.values().data(), planned.data(), planned.size() * sizeof(float)) == 0);
}

TEST_CASE("attend, heads: single keys are what runs are") {
  at::shape const s{70, 300, 2, 1};
  problem<float, float, float> p(s, 64, 64, true);
  auto runs = random_plan(p.r, s, 32, {.density = 0.5, .longest = 40});
  written_plan tokens = runs;
  tokens.runs.clear();
  tokens.run_offsets.assign(runs.run_offsets.size(), 0);
  tokens.token_offsets = {0};
  for (std::size_t row = 0; row + 1 != runs.run_offsets.size(); ++row) {
    for (auto const& run : runs.view().runs_of(static_cast<la::index>(row)))
      for (std::int32_t k = 0; k != run.count; ++k) tokens.tokens.push_back(run.first + k);
    tokens.token_offsets.push_back(static_cast<la::index>(tokens.tokens.size()));
  }
  p.run(serial, runs);
  auto const out = p.out.values();
  p.run(serial, tokens);
  CHECK(std::memcmp(p.out.values().data(), out.data(), out.size() * sizeof(float)) == 0);
}

TEST_CASE("attend, heads: Inf and NaN in keys and values that a query does not see never reach its row") {
  at::shape const s{20, 100, 2, 1};
  for (float const poison : {not_a_number, infinity, -infinity}) {
    problem<float, float, float> clean(s, 24, 37, true), dirty(s, 24, 37, true);
    auto const plan = random_plan(clean.r, s, 64, kinds[2]);
    clean.run(serial, plan);
    for (la::index const query : {0, 7, 19})
      for (la::index h = 0; h != 2; ++h) {
        dirty.k.fill(dirty.r = lacuna_test::random(9));  // any: overwritten below
        for (la::index key = 0; key != 100; ++key) {
          bool seen = false;
          for (auto const& one : lacuna_test::keys_of(plan, h, query)) seen = seen || one.key == key;
          for (la::index d = 0; d != 24; ++d) dirty.k.at(0, key, d) = seen ? clean.k.at(0, key, d) : poison;
          for (la::index c = 0; c != 37; ++c) dirty.v.at(0, key, c) = seen ? clean.v.at(0, key, c) : poison;
        }
        dirty.run(serial, plan);
        CAPTURE(poison, query, h);
        CHECK(std::memcmp(&dirty.out.at(h, query, 0), &clean.out.at(h, query, 0), 37 * sizeof(float)) == 0);
      }
  }
}

TEST_CASE("attend, heads: values that a query does not see are left out, not weighed with 0, from every source") {
  auto const queries = GENERATE(la::index{1}, la::index{3}, la::index{40});  // 4, 12 and 160 rows: few and many
  constexpr la::index keys = 150, dim = 40, page = 16, pages = 12;
  at::shape const s{queries, keys, 8, 2};
  problem<float, float, float> p(s, dim, dim, true);
  written_plan plan;
  plan.shape = s;
  plan.tile_queries = queries;
  plan.slot_of_head.assign(8, 0);
  plan.mask = {nullptr, lacuna_test::two_thirds};
  plan.runs = {{0, 100, 0, true}, {110, 40, 0, true}};  // 10 keys that none sees
  plan.end_row();

  // The same rows in pages, and in another order.
  std::vector<float> key_pages(pages * 2 * page * dim, not_a_number), value_pages(key_pages);
  std::vector<std::int32_t> table, order;
  for (int b = 0; b != 10; ++b) table.push_back((b * 7 + 3) % static_cast<int>(pages));
  for (int t = 0; t != keys; ++t) order.push_back((t * 77 + 5) % static_cast<int>(keys));
  auto const k_pages = at::paged_view<float>::packed(key_pages.data(), pages, 2, page, dim);
  auto const v_pages = at::paged_view<float>::packed(value_pages.data(), pages, 2, page, dim);
  auto const in_pages = [&](at::paged_view<float> const& v) {
    return at::paged_view<float const>::packed(v.data, pages, 2, page, dim);
  };
  heads<float> k_moved(2, keys, dim, true), v_moved(2, keys, dim, true);
  at::paged_kv<float> const paged(in_pages(k_pages), in_pages(v_pages), table, keys);
  at::permuted_kv const permuted(at::dense_kv<float>(k_moved.read(), v_moved.read()), order);
  auto const copy = [&](la::index h, la::index t) {
    auto const block = table[static_cast<std::size_t>(t / page)];
    auto const moved = order[static_cast<std::size_t>(t)];
    for (la::index d = 0; d != dim; ++d) {
      k_pages.row(block, h, t % page)[d] = k_moved.at(h, moved, d) = p.k.at(h, t, d);
      v_pages.row(block, h, t % page)[d] = v_moved.at(h, moved, d) = p.v.at(h, t, d);
    }
  };
  for (la::index h = 0; h != 2; ++h)
    for (la::index t = 0; t != keys; ++t) copy(h, t);
  p.run(serial, plan);
  auto const clean = p.out.values();

  auto const check = [&](char const* source, la::index h, la::index i) {
    auto const* const row = &p.out.at(h, i, 0);
    CAPTURE(source, queries, h, i);
    CHECK(std::memcmp(row, clean.data() + (row - p.out.values().data()), dim * sizeof(float)) == 0);
  };
  for (float const poison : {not_a_number, infinity, -infinity})
    for (la::index const h : {0, 3, 6})
      for (la::index i = 0; i < queries; i += 13) {
        std::vector<bool> seen(keys);
        for (auto const& one : lacuna_test::keys_of(plan, h, i)) seen[static_cast<std::size_t>(one.key)] = true;
        std::vector<float> kept;
        auto const spoil = [&](bool back) {
          std::size_t n = 0;
          for (la::index t = 0; t != keys; ++t) {
            if (seen[static_cast<std::size_t>(t)]) continue;
            for (la::index d = 0; d != dim; ++d) {
              if (!back) kept.push_back(p.v.at(h / 4, t, d));
              p.v.at(h / 4, t, d) = back ? kept[n++] : poison;
            }
            copy(h / 4, t);
          }
        };
        spoil(false);
        p.run(serial, plan);
        check("dense", h, i);
        la::attend(serial, p.q.read(), paged, plan, p.out.view());
        check("paged", h, i);
        la::attend(serial, p.q.read(), permuted, plan, p.out.view());
        check("permuted", h, i);
        spoil(true);
      }
}

TEST_CASE("attend, heads: keys that are all far below weigh as if they were not") {
  at::shape const s{5, 70, 1, 1};
  problem<float, float, float> p(s, 8, 4, true);
  written_plan plan;
  plan.shape = s;
  plan.slot_of_head = {0};
  plan.runs = {{3, 67, 0, false}};
  plan.end_row();
  p.run(serial, plan);
  auto const out = p.out.values();
  plan.runs[0].bias = -512;  // exact for logits of some units
  p.run(serial, plan);
  for (la::index i = 0; i != 5; ++i)
    for (la::index c = 0; c != 4; ++c)
      CHECK(std::fabs(p.out.at(0, i, c) - out[static_cast<std::size_t>(&p.out.at(0, i, c) - p.out.values().data())]) <
            1e-3f);
}

TEST_CASE("attend, heads: logits from -10000 to 10000") {
  at::shape const s{66, 300, 2, 2};
  problem<float, float, float> p(s, 16, 16, true, 1, 5000);
  auto const plan = random_plan(p.r, s, 64, kinds[3]);
  p.run(serial, plan);
  for (la::index h = 0; h != 2; ++h)
    for (la::index i = 0; i != 66; ++i)
      for (la::index c = 0; c != 16; ++c) CHECK(std::isfinite(p.out.at(h, i, c)));
}

TEST_CASE("attend, heads: skip_below 0 and stop_below 0 change no bit; more leaves little out") {
  at::shape const s{100, 700, 2, 1};
  problem<float, float, float> p(s, 32, 32, true, 1, 6);
  auto const plan = random_plan(p.r, s, 64, {.density = 1});
  at::dense_kv<float> const kv(p.k.read(), p.v.read());
  p.run(serial, plan);
  auto const exact = p.out.values();
  auto const same = [&] { return std::memcmp(p.out.values().data(), exact.data(), exact.size() * 4) == 0; };
  auto const off = [&] {
    double most = 0;
    for (la::index h = 0; h != 2; ++h)
      for (la::index i = 0; i != 100; ++i)
        for (la::index c = 0; c != 32; ++c) {
          auto const at = static_cast<std::size_t>(&p.out.at(h, i, c) - p.out.values().data());
          most = lacuna_test::worse(most, std::fabs(static_cast<double>(p.out.at(h, i, c) - exact[at])));
        }
    return most;
  };
  la::attend(p.q.read(), kv, plan, p.out.view(), {}, at::skip_below{0});
  CHECK(same());
  la::attend(p.q.read(), kv, plan, p.out.view(), {}, at::stop_below{0});
  CHECK(same());
  la::attend(p.q.read(), kv, plan, p.out.view(), {}, at::skip_below{1e-6});
  CHECK(off() < 1e-2);
  la::attend(p.q.read(), kv, plan, p.out.view(), {}, at::skip_below{1});  // a tile that holds no row's largest
  CHECK(!same());
  la::attend(p.q.read(), kv, plan, p.out.view(), {}, at::stop_below{1});  // the first tile that weighs less than before
  CHECK(!same());
}

TEST_CASE("attend, heads: the mass of blocks of keys") {
  auto const queries = GENERATE(la::index{70}, la::index{1});  // many rows and few
  at::shape const s{queries, 150, 4, 2};
  problem<float, float, float> p(s, 16, 16, true);
  auto const plan = random_plan(p.r, s, 32, kinds[3]);
  at::dense_kv<float> const kv(p.k.read(), p.v.read());
  heads<float> mass(4, queries, 4, true, 1);
  la::attend(p.q.read(), kv, plan, p.out.view(), {.block_mass = mass.view(), .mass_keys = 40});
  CHECK(mass.gaps_intact());
  for (la::index h = 0; h != 4; ++h)
    for (la::index i = 0; i != queries; ++i) {
      double expected[4] = {}, sum = 0;
      for (auto const& [key, bias] : lacuna_test::keys_of(plan, h, i)) {
        double logit = bias;
        for (la::index d = 0; d != 16; ++d)
          logit += 0.25 * static_cast<double>(p.q.at(h, i, d)) * static_cast<double>(p.k.at(h / 2, key, d));
        expected[key / 40] += std::exp(logit);
        sum += std::exp(logit);
      }
      for (la::index b = 0; b != 4; ++b)
        CHECK(std::fabs(static_cast<double>(mass.at(h, i, b)) - (sum == 0 ? 0 : expected[b] / sum)) < 1e-5);
    }
  heads<float> all(4, queries, 1, true, 1);  // one block, larger than any sequence
  la::attend(p.q.read(), kv, at::all{}, p.out.view(),
             {.block_mass = all.view(), .mass_keys = std::numeric_limits<la::index>::max()});
  CHECK(all.gaps_intact());
  for (la::index h = 0; h != 4; ++h)
    for (la::index i = 0; i != queries; ++i) CHECK(std::fabs(static_cast<double>(all.at(h, i, 0)) - 1) < 1e-5);
}

TEST_CASE("attend, heads: the log-sum-exp and the mass of blocks without an output") {
  check_without_output<float>({70, 150, 4, 2}, 16, 16, kinds[3]);
  check_without_output<float>({1, 150, 4, 2}, 16, 21, kinds[3]);
  check_without_output<float>({1, 18000, 16, 1}, 8, 128, kinds[0]);  // parts by the dimensions of the values
  check_without_output<float>({40, 300, 12, 1}, 16, 600, kinds[2]);  // units, too
  check_without_output<la::bf16>({70, 150, 2, 1}, 16, 24, kinds[3]);
  check_without_output<la::bf16>({3, 90, 2, 1}, 16, 24, kinds[4]);
}

TEST_CASE("attend, heads: finite logits of any size are safe, few rows and many") {
  auto const queries = GENERATE(la::index{1}, la::index{40});
  std::vector<float> const q(static_cast<std::size_t>(queries), 1.0f), k(64, 1.1e12f), v(64, 2.0f);
  std::vector<float> out(static_cast<std::size_t>(queries));
  la::heads_view<float const> const keys{k.data(), 1, 64, 1, 64, 1}, values{v.data(), 1, 64, 1, 64, 1};
  la::heads_view<float const> const from{q.data(), 1, queries, 1, queries, 1};
  la::attend(from, at::dense_kv<float>(keys, values), at::all{},
             la::heads_view<float>{out.data(), 1, queries, 1, queries, 1}, {.scale = 0.1});
  for (float const o : out) CHECK(o == 2.0f);
}

TEST_CASE("attend, heads: a row whose logits are all -inf is 0 whatever the values, few rows and many") {
  auto const queries = GENERATE(la::index{1}, la::index{40});
  std::vector<float> const q(static_cast<std::size_t>(queries), 1.0f), k(64, -infinity), v(64, infinity);
  std::vector<float> out(static_cast<std::size_t>(queries), 1.0f);
  la::heads_view<float const> const keys{k.data(), 1, 64, 1, 64, 1}, values{v.data(), 1, 64, 1, 64, 1};
  la::heads_view<float const> const from{q.data(), 1, queries, 1, queries, 1};
  la::attend(from, at::dense_kv<float>(keys, values), at::all{},
             la::heads_view<float>{out.data(), 1, queries, 1, queries, 1});
  for (float const o : out) CHECK(o == 0.0f);
}

TEST_CASE("attend, heads: does not allocate in steady state") {
  at::shape const s{100, 300, 4, 2};
  problem<float, la::bf16, float> p(s, 64, 64, true);
  auto const plan = random_plan(p.r, s, 64, kinds[3]);
  la::threads pool{2};
  for (int warm = 0; warm != 3; ++warm) p.run(la::kernel::any_executor(pool), plan);
  p.run(serial, plan);
  CHECK(lacuna_test::allocations_during([&] { p.run(serial, plan); }) == 0);
}

#if LACUNA_EXCEPTIONS
TEST_CASE("attend, heads: a pattern that biases keys wants a plan") {
  at::shape const s{1, 20, 1, 1};
  problem<float, float, float> p(s, 8, 6, true);
  la::dense<float> lists(1, 20);
  lists(0, 3) = 0.5f;
  auto const pattern =
      at::causal{} & at::token_lists(la::pack<la::csr<float>>(lists), {.biased = true, .first_position = 19});
  CHECK(lacuna_test::message_of<la::value_error>([&] {
          la::attend(p.q.read(), at::dense_kv<float>(p.k.read(), p.v.read()), pattern, p.out.view());
        }) == "attend: the pattern biases keys, which only a plan tells: materialize it first");
}

TEST_CASE("attend, heads: shapes that do not fit are errors that say so") {
  at::shape const s{10, 20, 4, 2};
  problem<float, float, float> p(s, 8, 6, true);
  auto plan = random_plan(p.r, s, 64, kinds[0]);
  at::dense_kv<float> const kv(p.k.read(), p.v.read());
  auto const message = [&](auto const& q, auto const& out, written_plan const& with, la::attend_options options = {}) {
    return lacuna_test::message_of<la::shape_error>([&] { la::attend(q, kv, with, out, options); });
  };
  heads<float> q7(4, 10, 7, true), q3(3, 10, 8, true), out5(4, 10, 5, true);
  CHECK(message(q7.read(), p.out.view(), plan) == "attend: queries have 7 dimensions, keys 8");
  CHECK(message(q3.read(), p.out.view(), plan) == "attend: 3 heads of queries, expected a multiple of the 2 of keys");
  CHECK(message(p.q.read(), out5.view(), plan) ==
        "attend: 4 heads of 10 queries and values of 6 dimensions, out is 4x10x5");
  auto k = p.k.read();
  auto v = p.v.read();
  k.heads = v.heads = -2;
  CHECK(lacuna_test::message_of<la::shape_error>([&] {
          la::attend(p.q.read(), at::dense_kv<float>(k, v), at::all{}, p.out.view());
        }) == "attend: -2 heads of 20 keys of 8 and values of 6 dimensions, expected none below 0");
  auto q = p.q.read();
  q.tokens = -3;
  CHECK(message(q, p.out.view(), plan) == "attend: 4 heads of -3 queries, expected none below 0");
  CHECK(message(p.q.read(), la::heads_view<float>{}, plan) ==
        "attend: out is a view of nothing, and neither lse nor block_mass is given");
  la::dense<float> fitting(4, 10);
  CHECK(message(p.q.read(), out5.view(), plan, {.lse = fitting}) ==
        "attend: 4 heads of 10 queries and values of 6 dimensions, out is 4x10x5");
  la::dense<float> lse(4, 9);
  CHECK(message(p.q.read(), p.out.view(), plan, {.lse = lse}) == "attend: 4 heads of 10 queries, lse is 4x9");
  plan.shape.keys = 21;
  CHECK(message(p.q.read(), p.out.view(), plan) ==
        "attend: the plan is for 4 heads of 10 queries and 2 of 21 keys, not 4 of 10 and 2 of 20");
  plan.shape.keys = 20;
  plan.runs.back().count = 100;
  CHECK(lacuna_test::message_of<la::format_error>([&] {
          la::attend(p.q.read(), kv, plan, p.out.view());
        }).find("run 0 covers keys") != std::string::npos);
  plan.runs.back().count = 1;
  CHECK(lacuna_test::message_of<la::value_error>([&] {
          la::attend(p.q.read(), kv, plan, p.out.view(), {}, at::skip_below{1.5});
        }) == "attend: skip_below is 1.5, expected 0 to 1");
  plan.runs[0].count = 21;
  p.out.view().row(0, 0)[0] = 42;
  CHECK(lacuna_test::message_of([&] { la::attend(p.q.read(), kv, plan, p.out.view()); }) ==
        "plan: head 0, tile 0: run 0 covers keys [0, 21), expected some of [0, 20)");
  CHECK(p.out.view().row(0, 0)[0] == 42);
}
#endif

}  // namespace tests_of_attend_heads
