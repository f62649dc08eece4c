// SPDX-License-Identifier: MIT
//
// One query of 32 heads over 8 heads of keys and values: the bytes of what it attends to are what it waits for.
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/policy.hpp>
#include <lacuna/attention/select/choosers.hpp>
#include <lacuna/attention/select/minmax.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/select.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/prefetch.hpp>

#include "../limits.hpp"
#include "attention_case.hpp"
#include "layers.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace lacuna_compare {
namespace {

namespace at = lacuna::attention;

constexpr lacuna::index query_heads = 32, kv_heads = 8, dim = 128;

/// Reads rows of whole cache lines in their order, and asks for each a tile of keys and values ahead, into L2; on Zen
/// 24 rows ahead, into L1: of those that are asked for into L2 half never come where rows stand apart.
void read_rows(std::vector<char const*> const& rows, lacuna::index bytes) {
  using arch = lacuna::simd::default_arch;
  using batch = lacuna::simd::batch<float, arch>;
  constexpr auto width = static_cast<lacuna::index>(batch::size * sizeof(float));
  constexpr bool near = lacuna::simd::reads_in_order<arch>;
  constexpr std::size_t ahead = near ? 24 : 96;
  batch sum[4] = {batch(0.0f), batch(0.0f), batch(0.0f), batch(0.0f)};
  for (std::size_t j = 0; j != rows.size(); ++j) {
    auto const* const soon = rows[std::min(j + ahead, rows.size() - 1)];
    for (lacuna::index b = 0; b != bytes; b += 64) {
      if constexpr (near)
        lacuna::simd::prefetch_ahead<64>(soon, b);
      else
        lacuna::simd::prefetch_far_ahead<64>(soon, b);
    }
    for (lacuna::index b = 0; b < bytes; b += 4 * width)
      for (int i = 0; i != 4; ++i)
        sum[i] = sum[i] + batch::load_unaligned(reinterpret_cast<float const*>(rows[j] + b + i * width));
  }
  for (auto const& s : sum) {
    typename batch::register_type r = s;
    lacuna_bench::hide(r);
  }
}

struct decode {
  lacuna::index length;
  heads<float> q, k, v;
  std::shared_ptr<heads<float>> out;
  at::shape shape;
  case_description d;
  std::vector<contestant> all;
  recorder& to;

  decode(lacuna::index n, std::string part, recorder& out_to)
      : length(n),
        q(query_heads, 1, dim, 1),
        k(kv_heads, n, dim, 2),
        v(kv_heads, n, dim, 3),
        out(std::make_shared<heads<float>>(query_heads, 1, dim)),
        shape{1, n, query_heads, kv_heads},
        to(out_to) {
    d.part = std::move(part);
    d.layer = std::to_string(n) + " keys";
    d.rows = n;
    d.cols = dim;
    d.tokens = n;
  }

  /// `pairs` over all query heads; T: of keys and values.
  template <class T>
  contestant named(std::string name, double pairs) const {
    contestant c;
    c.name = std::move(name);
    c.useful = 4 * pairs * static_cast<double>(dim);
    c.weight_bytes = 2 * pairs * kv_heads / query_heads * static_cast<double>(dim) * sizeof(T);
    c.sparsity = 1 - pairs / (static_cast<double>(length) * query_heads);
    return c;
  }
  void admit(contestant c, seen_keys const& keys_of, heads<float> const& keys, heads<float> const& values) {
    admit(std::move(c), keys_of, q, keys, values);
  }
  void admit(contestant c, seen_keys const& keys_of, heads<float> const& queries, heads<float> const& keys,
             heads<float> const& values) {
    out->spoil();
    c.run();
    double const error =
        attention_error(queries.view(), keys.view(), values.view(), std::as_const(*out).view(), keys_of);
    if (!(error <= attention_tolerance)) return to.fail(d, c.name, error);
    all.push_back(std::move(c));
  }
  template <class T>
  void add_all(std::string const& name, std::shared_ptr<heads<T> const> keys, std::shared_ptr<heads<T> const> values) {
    auto c = named<T>(name, static_cast<double>(length) * query_heads);
    c.run = [this, keys, values] {
      lacuna::attend(lacuna::serial{}, q.view(), at::dense_kv<T>(keys->view(), values->view()), at::all{}, out->view());
    };
    admit(
        std::move(c), [this](lacuna::index, lacuna::index) { return every(); }, heads<float>(*keys),
        heads<float>(*values));
  }
  template <class T>
  void add_narrow(std::string const& name) {
    auto const keys = std::make_shared<heads<T> const>(k), values = std::make_shared<heads<T> const>(v);
    add_all<T>(name, keys, values);
    add_reads("only read: " + name, keys, values, every());
  }
  void add(std::string const& name, std::shared_ptr<drawn_plan const> plan) {
    auto c = named<float>(name, plan->pairs());
    c.run = [this, plan] {
      lacuna::attend(lacuna::serial{}, q.view(), at::dense_kv<float>(k.view(), v.view()), plan->view(), out->view());
    };
    admit(std::move(c), [plan](lacuna::index h, lacuna::index i) { return keys_in(plan->view(), h, i); }, k, v);
  }
  /// A sixteenth of the keys by bounds of their pages, the choice counted: of the bytes that are read too.
  void add_quest() {
    auto const pages = std::make_shared<at::minmax const>(k.view(), 64);
    auto const choose = [this, pages] {
      return lacuna::select(lacuna::serial{}, q.view(), *pages, at::top_k{std::max<lacuna::index>(1, length / 64 / 16)},
                            shape, at::none{}, at::causal{}, {.share_group = true});
    };
    auto const chosen = std::make_shared<decltype(choose())>(choose());
    auto c = named<float>("Quest, 1/16", static_cast<double>(length) / 16 * query_heads);
    c.weight_bytes += static_cast<double>(length / 64) * 2 * kv_heads * dim * sizeof(float);
    c.run = [this, choose] {
      lacuna::attend(lacuna::serial{}, q.view(), at::dense_kv<float>(k.view(), v.view()), choose(), out->view());
    };
    admit(std::move(c), [chosen](lacuna::index h, lacuna::index i) { return keys_in(chosen->view(), h, i); }, k, v);
  }
  /// What the machine needs to read all keys and values.
  void add_stream() {
    contestant c;
    c.name = "stream";
    c.who = role::other;
    c.weight_bytes = k.bytes() + v.bytes();
    c.run = [this] {
      lacuna_bench::read_once(k.view().data, k.view().heads * length * dim);
      lacuna_bench::read_once(v.view().data, v.view().heads * length * dim);
    };
    all.push_back(std::move(c));
  }
  /// What it takes to read nothing but the rows that `all` or a plan attends to, key by key.
  template <class T>
  void add_reads(std::string name, std::shared_ptr<heads<T> const> keys, std::shared_ptr<heads<T> const> values,
                 std::vector<lacuna::index> const& ids) {
    auto const rows = std::make_shared<std::vector<char const*>>();
    for (lacuna::index h = 0; h != kv_heads; ++h)
      for (auto const id : ids)
        for (auto const& from : {keys->view(), values->view()})
          rows->push_back(reinterpret_cast<char const*>(from.row(h, id)));
    contestant c;
    c.name = std::move(name);
    c.who = role::other;
    c.weight_bytes = static_cast<double>(rows->size()) * dim * sizeof(T);
    c.run = [rows, keys, values] { read_rows(*rows, dim * static_cast<lacuna::index>(sizeof(T))); };
    all.push_back(std::move(c));
  }
  void add_reads(std::string name, drawn_plan const& plan) {
    using borrowed = std::shared_ptr<heads<float> const>;
    add_reads(std::move(name), borrowed(borrowed(), &k), borrowed(borrowed(), &v), keys_in(plan.view(), 0, 0));
  }
  /// Every head points at the first quarter of the keys: the others weigh 1e-9 and less.
  void add_skipped() {
    auto const pointed = std::make_shared<heads<float>>(q);
    auto const bumped = std::make_shared<heads<float>>(k);
    auto const bump = 5 * std::pow(static_cast<float>(dim), 0.25f);  // its square, scaled, is 25
    for (lacuna::index h = 0; h != query_heads; ++h) pointed->view().row(h, 0)[0] = bump;
    for (lacuna::index h = 0; h != kv_heads; ++h)
      for (lacuna::index j = 0; j != length; ++j) bumped->view().row(h, j)[0] = j < length / 4 ? bump : 0;
    auto const add = [&](std::string const& name, auto policy) {
      auto c = named<float>(name, static_cast<double>(length) * query_heads);
      c.run = [this, pointed, bumped, policy] {
        lacuna::attend(lacuna::serial{}, pointed->view(), at::dense_kv<float>(bumped->view(), v.view()), at::all{},
                       out->view(), {}, policy);
      };
      admit(std::move(c), [this](lacuna::index, lacuna::index) { return every(); }, *pointed, *bumped, v);
    };
    add("exact, three quarters negligible", at::exact{});
    add("skip_below 1e-6", at::skip_below{1e-6});
  }
  [[nodiscard]] std::vector<lacuna::index> every() const {
    std::vector<lacuna::index> keys(static_cast<std::size_t>(length));
    std::iota(keys.begin(), keys.end(), lacuna::index{0});
    return keys;
  }
};

}  // namespace

void compare_decode(settings const& s, recorder& out) {
  for (auto const length : s.tokens) {
    decode p(length, "decode", out);
    p.add_stream();
    using borrowed = std::shared_ptr<heads<float> const>;  // the memory that `stream` reads
    p.add_all<float>("all", borrowed(borrowed(), &p.k), borrowed(borrowed(), &p.v));
    p.add_narrow<lacuna::bf16>("all bf16");
    p.add_narrow<lacuna::f16>("all f16");
    p.add_reads("only read: all", borrowed(borrowed(), &p.k), borrowed(borrowed(), &p.v), p.every());
    auto const add = [&](std::string const& name, drawn_plan const& plan) {
      p.add(name, std::make_shared<drawn_plan const>(plan));
      p.add_reads("only read: " + name, plan);
    };
    add("pages of 64, 1/4", random_blocks(p.shape, 64, 64, 1.0 / 4));
    add("pages of 64, 1/16", random_blocks(p.shape, 64, 64, 1.0 / 16));
    add("keys, 1/16", random_keys(p.shape, 1.0 / 16));
    p.add_quest();
    p.add_skipped();
    out.add(p.d, run_in_turn(std::move(p.all), s.rounds, clock_kind::processor));
  }
}

void compare_decode_threads(settings const& s, recorder& out) {
  lacuna::threads pool(2);
  for (auto const length : s.tokens) {
    decode p(length, "decode-threads", out);
    p.d.threads = 2;
    auto const add = [&](std::string const& name, auto& exec) {
      auto c = p.named<float>(name, static_cast<double>(length) * query_heads);
      c.run = [&p, &exec] {
        lacuna::attend(exec, p.q.view(), at::dense_kv<float>(p.k.view(), p.v.view()), at::all{}, p.out->view());
      };
      p.admit(std::move(c), [&p](lacuna::index, lacuna::index) { return p.every(); }, p.k, p.v);
    };
    lacuna::serial alone;
    add("all, 2 threads", pool);
    add("all, 1 thread", alone);
    out.add(p.d, run_in_turn(std::move(p.all), s.rounds, clock_kind::wall));
  }
}

}  // namespace lacuna_compare
