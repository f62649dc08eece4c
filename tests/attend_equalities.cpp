// SPDX-License-Identifier: MIT
//
// Calls that have to agree: chunks and the whole, parts and their union, keys here and there, any executor. Each with
// few rows a tile of queries and with many, which are two kernels.
#include <lacuna/attend.hpp>
#include <lacuna/attention/columns.hpp>
#include <lacuna/attention/concat_kv.hpp>
#include <lacuna/attention/paged_kv.hpp>
#include <lacuna/attention/permuted_kv.hpp>
#include <lacuna/attention/renumbered.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/merge.hpp>

#include "support/any_executor.hpp"
#include "support/attention_heads.hpp"
#include "support/attention_operands.hpp"
#include "support/guard.hpp"
#include "support/patterns.hpp"
#include "support/random.hpp"
#include "support/worse.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace tests_of_attend_equalities {

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::heads;
using lacuna_test::random_plan;
using lacuna_test::same_bits;
using lacuna_test::written_plan;
using pattern = lacuna_test::any_pattern;

namespace {

using operands = lacuna_test::attention_operands<float, float, float>;

/// So that what a call leaves unwritten is not what the one before it wrote.
void forget(operands& o) {
  for (la::index h = 0; h != o.shape.heads; ++h)
    for (la::index i = 0; i != o.shape.queries; ++i)
      for (la::index d = 0; d != o.out.view().dim; ++d) o.out.at(h, i, d) = std::numeric_limits<float>::quiet_NaN();
  std::fill(o.lse.begin(), o.lse.end(), std::numeric_limits<float>::quiet_NaN());
}

/// One instantiation of every call for all tests here.
template <class S, class Keys>
void attend(operands& o, S const& kv, Keys const& keys, la::kernel::any_executor const& exec) {
  forget(o);
  la::attend(exec, o.q.view(), kv, keys, o.out.view(),
             {.lse = la::dense_view<float>(o.lse.data(), o.shape.heads, o.shape.queries)});
}
template <class S, class Keys>
void attend(operands& o, S const& kv, Keys const& keys) {
  la::serial const here;
  attend(o, kv, keys, la::kernel::any_executor(here));
}

/// Out, gaps included, and lse.
std::vector<float> result_of(operands const& o) {
  auto all = o.out.values();
  all.insert(all.end(), o.lse.begin(), o.lse.end());
  return all;
}

/// The largest difference, where NaN and -inf have to meet their like.
double apart(std::vector<float> const& a, std::vector<float> const& b) {
  double most = a.size() == b.size() ? 0 : 1;
  for (std::size_t n = 0; n != a.size() && n != b.size(); ++n)
    if (!(std::isnan(a[n]) && std::isnan(b[n])) && a[n] != b[n])
      most = lacuna_test::worse(most, std::fabs(static_cast<double>(a[n]) - static_cast<double>(b[n])));
  return most;
}

template <class T>
la::heads_view<T> tokens_of(la::heads_view<T> all, la::index first, la::index count) {
  all.data += first * all.token_stride;
  all.tokens = count;
  return all;
}

/// A sink, a window and columns; keys are not all seen.
pattern some_keys() { return pattern(at::causal{} & (at::sink{3} | at::window{60} | at::columns({40, 41, 90}))); }

}  // namespace

TEST_CASE("attend, equalities: chunks behind cached keys are the whole, bit for bit where rows are many") {
  operands o({150, 160, 4, 2}, 24, 40, true);
  auto const seen = some_keys();
  attend(o, o.kv(), seen);
  auto const whole = result_of(o);
  for (la::index const chunk : {1, 7, 20, 64}) {
    forget(o);
    for (la::index first = 0; first < 150; first += chunk) {
      auto const n = std::min(chunk, 150 - first), keys = first + n + 10;
      la::dense<float> lse(4, n);
      la::attend(tokens_of(o.q.view(), first, n),
                 at::dense_kv<float>(tokens_of(o.k.read(), 0, keys), tokens_of(o.v.read(), 0, keys)), seen,
                 tokens_of(o.out.view(), first, n), {.lse = lse});
      for (la::index h = 0; h != 4; ++h)
        for (la::index i = 0; i != n; ++i) o.lse[static_cast<std::size_t>(h * 150 + first + i)] = lse(h, i);
    }
    CAPTURE(chunk);
    CHECK(apart(result_of(o), whole) <= (chunk * 2 > 16 && 150 % chunk * 2 > 16 ? 0 : 4e-6));
  }
}

TEST_CASE("attend, equalities: plans without a key in common, merged, are their union") {
  auto const queries = GENERATE(la::index{1}, la::index{40});
  operands o({queries, 300, 8, 2}, 33, 20, false);
  auto const both = random_plan(o.r, o.shape, 16, {.density = 0.6, .longest = 30, .partial = true, .tokens = true});
  written_plan one = both, two = both;
  for (auto* part : {&one, &two}) {
    part->runs.clear();
    part->tokens.clear();
    part->run_offsets = part->token_offsets = {0};
  }
  for (la::index row = 0; row + 1 != std::ssize(both.run_offsets); ++row) {
    bool const whole = row % 3 == 0;  // of some tiles one part sees nothing
    for (auto const& run : both.view().runs_of(row)) (whole || o.r.chance(0.5) ? one : two).runs.push_back(run);
    for (auto const token : both.view().tokens_of(row)) (whole || o.r.chance(0.5) ? one : two).tokens.push_back(token);
    one.end_row();
    two.end_row();
  }
  attend(o, o.kv(), both);
  auto const expected = result_of(o);
  heads<float> rest(8, queries, 20, true, 1);
  la::dense<float> rest_lse(8, queries);
  la::attend(o.q.view(), o.kv(), two, rest.view(), {.lse = rest_lse});
  attend(o, o.kv(), one);
  la::merge(o.out.view(), la::dense_view<float>(o.lse.data(), 8, queries), rest.read(), rest_lse);
  CHECK(apart(result_of(o), expected) <= 4e-6);
}

TEST_CASE("attend, equalities: keys in another order, told so by their positions, are keys in order") {
  auto const queries = GENERATE(la::index{1}, la::index{5}, la::index{100});
  operands o({queries, 300, 4, 2}, 40, 24, true);
  std::vector<std::int32_t> ids;
  for (std::int32_t t = 0; t != 300; ++t) ids.push_back((t * 77 + 5) % 300);
  auto const seen = some_keys();
  attend(o, o.kv(), seen);
  auto const expected = result_of(o);
  attend(o, at::permuted_kv(o.kv(), ids), pattern(at::renumbered(seen, ids)));
  CHECK(apart(result_of(o), expected) <= 4e-6);
}

namespace {

/// Copies the tokens of `from` to the pages that the table names.
void fill_pages(la::heads_view<float const> from, at::paged_view<float> const& to,
                std::span<std::int32_t const> table) {
  for (la::index h = 0; h != from.heads; ++h)
    for (la::index t = 0; t != from.tokens; ++t)
      for (la::index d = 0; d != from.dim; ++d)
        to.row(table[static_cast<std::size_t>(t / to.block)], h, t % to.block)[d] = from.row(h, t)[d];
}

at::paged_view<float const> read_only(at::paged_view<float> const& v) {
  return {v.data, v.blocks, v.heads, v.block, v.dim, v.block_stride, v.head_stride, v.token_stride};
}

}  // namespace

TEST_CASE("attend, equalities: pages of every order, and an old part before a new one, give the bits of one array") {
  auto const queries = GENERATE(la::index{1}, la::index{30});
  constexpr la::index dim = 24, page = 16, pages = 20, size = pages * 2 * page * dim;
  operands o({queries, 300, 8, 2}, dim, dim, true);
  auto const plan = random_plan(o.r, o.shape, 32, {.density = 0.8, .longest = 50, .partial = true, .tokens = true});
  attend(o, o.kv(), plan);
  auto const expected = result_of(o);
  std::vector<std::int32_t> table;
  for (int b = 0; b != 19; ++b) table.push_back((b * 7 + 3) % static_cast<int>(pages));
  std::vector<float> pool(2 * size, std::numeric_limits<float>::quiet_NaN());
  auto* const at = pool.data();
  auto const check = [&](char const* layout, at::paged_view<float> const& k, at::paged_view<float> const& v) {
    fill_pages(o.k.read(), k, table);
    fill_pages(o.v.read(), v, table);
    CAPTURE(layout, queries);
    attend(o, at::paged_kv<float>(read_only(k), read_only(v), table, 300), plan);
    CHECK(same_bits(result_of(o), expected));
    // The first 100 tokens in pages, the others where they were.
    at::concat_kv const both(at::paged_kv<float>(read_only(k), read_only(v), table, 100),
                             at::dense_kv<float>(tokens_of(o.k.read(), 100, 200), tokens_of(o.v.read(), 100, 200)));
    attend(o, both, plan);
    CHECK(same_bits(result_of(o), expected));
  };
  using view = at::paged_view<float>;
  // vLLM has had (2, blocks, heads, block, dim), (blocks, heads, 2 block, dim), (blocks, heads, block, 2 dim), (2,
  // blocks, block, heads, dim) and (blocks, 2, block, heads, dim).
  check("all keys, then all values", view::packed(at, pages, 2, page, dim),
        view::packed(at + size, pages, 2, page, dim));
  check("keys and values of a head and block", {at, pages, 2, page, dim, 4 * page * dim, 2 * page * dim, dim},
        {at + page * dim, pages, 2, page, dim, 4 * page * dim, 2 * page * dim, dim});
  check("key and value of a token", {at, pages, 2, page, dim, 4 * page * dim, 2 * page * dim, 2 * dim},
        {at + dim, pages, 2, page, dim, 4 * page * dim, 2 * page * dim, 2 * dim});
  check("tokens before heads", {at, pages, 2, page, dim, 2 * page * dim, dim, 2 * dim},
        {at + size, pages, 2, page, dim, 2 * page * dim, dim, 2 * dim});
  check("keys, then values of a block, tokens before heads", {at, pages, 2, page, dim, 4 * page * dim, dim, 2 * dim},
        {at + 2 * page * dim, pages, 2, page, dim, 4 * page * dim, dim, 2 * dim});
}

TEST_CASE("attend, equalities: a pattern asked on the way, the same bits for every executor") {
  auto const queries = GENERATE(la::index{1}, la::index{4}, la::index{150});
  operands o({queries, 700, 8, 2}, 40, 24, true);
  auto const seen = pattern(at::causal{} & (at::sink{5} | at::window{400}));
  attend(o, o.kv(), seen);
  auto const expected = result_of(o);
  lacuna_test::executors const executors;
  for (auto const& [name, exec] : executors.all()) {
    attend(o, o.kv(), seen, la::kernel::any_executor(exec));
    CAPTURE(name, queries);
    CHECK(same_bits(result_of(o), expected));
  }
}

TEST_CASE("attend, equalities: heads that chose keys of their own attend as they would alone") {
  auto const tile = GENERATE(la::index{1}, la::index{3});
  operands o({3, 200, 32, 1}, 40, 24, true);
  auto const plan = random_plan(o.r, o.shape, tile, {.density = 0.4, .longest = 20, .tokens = true, .slots = 32});
  attend(o, o.kv(), plan);
  CHECK(o.error_of(plan) == "");
  for (la::index const h : {0, 13, 31}) {
    written_plan one = plan;
    one.shape.heads = 1;
    one.slot_of_head = {static_cast<std::int32_t>(h)};
    auto q = o.q.read();
    q.data += h * q.head_stride;
    q.heads = 1;
    heads<float> out(1, 3, 24, true);
    la::attend(q, o.kv(), one, out.view());
    la::index wrong = 0;
    for (la::index i = 0; i != 3; ++i)
      for (la::index c = 0; c != 24; ++c) wrong += out.at(0, i, c) != o.out.at(h, i, c);
    CAPTURE(tile, h);
    CHECK(wrong == 0);
  }
}

TEST_CASE("attend, equalities: all operands between guard pages") {
  auto const queries = GENERATE(la::index{1}, la::index{3}, la::index{40});
  la::index const dk = 33, dv = 20, keys = 150;
  operands o({queries, keys, 8, 2}, dk, dv, false);
  auto const plan = random_plan(o.r, o.shape, 32, {.density = 0.7, .longest = 40, .partial = true, .tokens = true});
  attend(o, o.kv(), plan);
  for (auto const where : lacuna_test::both_placements) {
    auto const copy = [&](heads<float>& from, lacuna_test::guarded<float>& to) {
      auto const v = from.read();
      la::heads_view<float> const view{to.data(), v.heads, v.tokens, v.dim, v.tokens * v.dim, v.dim};
      for (la::index h = 0; h != v.heads; ++h)
        for (la::index t = 0; t != v.tokens; ++t)
          for (la::index d = 0; d != v.dim; ++d) view.row(h, t)[d] = v.row(h, t)[d];
      to.make_read_only();
      return la::heads_view<float const>(view);
    };
    lacuna_test::guarded<float> q(8 * queries * dk, where), k(2 * keys * dk, where), v(2 * keys * dv, where);
    lacuna_test::guarded<float> out(8 * queries * dv, where), lse(8 * queries, where);
    la::heads_view<float> const to{out.data(), 8, queries, dv, queries * dv, dv};
    la::attend(copy(o.q, q), at::dense_kv<float>(copy(o.k, k), copy(o.v, v)), plan, to,
               {.lse = la::dense_view<float>(lse.data(), 8, queries)});
    CHECK(out.intact());
    CHECK(lse.intact());
    la::index wrong = 0;
    for (la::index h = 0; h != 8; ++h)
      for (la::index i = 0; i != queries; ++i) {
        wrong += lse[h * queries + i] != o.lse[static_cast<std::size_t>(h * queries + i)];
        for (la::index c = 0; c != dv; ++c) wrong += to.row(h, i)[c] != o.out.at(h, i, c);
      }
    CHECK(wrong == 0);
  }
}

TEST_CASE("attend, equalities: logits from -10000 to 10000 within twice the error of plain loops") {
  auto const queries = GENERATE(la::index{1}, la::index{66});
  for (double const size : {30.0, 2500.0}) {  // of queries: logits are some 4 times as large at most
    operands o({queries, 300, 4, 2}, 16, 16, true, 1, size);
    auto const plan = random_plan(o.r, o.shape, 64, {.density = 0.7, .longest = 40, .partial = true, .tokens = true});
    attend(o, o.kv(), plan);
    CAPTURE(queries, size);
    CHECK(o.error_of(plan) == "");
  }
}

}  // namespace tests_of_attend_equalities
