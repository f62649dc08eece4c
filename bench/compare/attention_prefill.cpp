// SPDX-License-Identifier: MIT
//
// One head of attention, all queries at once: dense, under patterns, and in plans of blocks and of single keys; beside
// two products of OpenBLAS with a softmax between them.
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/policy.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/threads.hpp>

#include "../peers/openblas.hpp"
#include "../processor_time.hpp"
#include "attention_case.hpp"
#include "layers.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

namespace lacuna_compare {
namespace {

namespace at = lacuna::attention;

/// What one contest is about: one head of queries, keys and values.
struct prefill {
  lacuna::index length, dim;
  heads<float> q, k, v;
  std::shared_ptr<heads<float>> out;
  at::shape shape;
  case_description d;
  std::vector<contestant> all;
  recorder& to;

  prefill(lacuna::index n, lacuna::index width, std::string part, recorder& out_to)
      : length(n),
        dim(width),
        q(1, n, width, 1),
        k(1, n, width, 2),
        v(1, n, width, 3),
        out(std::make_shared<heads<float>>(1, n, width)),
        shape{n, n, 1, 1},
        to(out_to) {
    d.part = std::move(part);
    d.layer = std::to_string(n) + "x" + std::to_string(width);
    d.rows = n;
    d.cols = width;
    d.tokens = n;
  }

  /// Runs it, and lets it take part if what it wrote is right.
  void add(std::string const& name, double pairs, std::function<void()> run, seen_keys const& keys_of) {
    add(name, pairs, std::move(run), keys_of, q, k, v);
  }
  /// The same for other queries, keys and values.
  void add(std::string const& name, double pairs, std::function<void()> run, seen_keys const& keys_of,
           heads<float> const& queries, heads<float> const& keys, heads<float> const& values) {
    contestant c;
    c.name = name;
    c.useful = 4 * pairs * static_cast<double>(dim);
    c.other_bytes = 4 * q.bytes();
    c.sparsity = 1 - pairs / (static_cast<double>(length) * static_cast<double>(length));
    c.run = std::move(run);
    out->spoil();
    double const begin = lacuna_bench::processor_seconds();
    c.run();
    c.first = lacuna_bench::processor_seconds() - begin;
    double const error =
        attention_error(queries.view(), keys.view(), values.view(), std::as_const(*out).view(), keys_of);
    if (!(error <= attention_tolerance)) return to.fail(d, name, error);
    all.push_back(std::move(c));
  }
  void add(std::string const& name, std::shared_ptr<drawn_plan const> plan) {
    add(
        name, plan->pairs(),
        [this, plan] {
          lacuna::attend(lacuna::serial{}, q.view(), at::dense_kv<float>(k.view(), v.view()), plan->view(),
                         out->view());
        },
        [plan](lacuna::index h, lacuna::index i) { return keys_in(plan->view(), h, i); });
  }
  template <at::pattern P>
  void add(std::string const& name, P const& pattern) {
    double pairs = 0;
    for (lacuna::index i = 0; i != length; ++i)
      for (lacuna::index j = 0; j < length; j += 64)
        pairs += std::popcount(at::allowed_word(pattern, i, j, std::min<lacuna::index>(64, length - j)));
    add(
        name, pairs,
        [this, pattern] {
          lacuna::attend(lacuna::serial{}, q.view(), at::dense_kv<float>(k.view(), v.view()), pattern, out->view());
        },
        [this, pattern](lacuna::index, lacuna::index i) {
          std::vector<lacuna::index> keys;
          for (lacuna::index j = 0; j != length; ++j)
            if (at::allows(pattern, i, j)) keys.push_back(j);
          return keys;
        });
  }
  void finish(settings const& s) {
    to.add(d, run_in_turn(std::move(all), s.rounds, d.threads == 1 ? clock_kind::processor : clock_kind::wall));
  }
};

std::vector<lacuna::index> every_key(lacuna::index n) {
  std::vector<lacuna::index> keys(static_cast<std::size_t>(n));
  std::iota(keys.begin(), keys.end(), lacuna::index{0});
  return keys;
}

#if LACUNA_HAS_OPENBLAS
/// 256 queries at a time, so that their logits stay in the L2 cache up to 2048 keys and near it beyond. In one thread,
/// as all others here.
void add_openblas(prefill& p) {
  lacuna_peers::set_openblas_threads(1);
  auto const logits = std::make_shared<Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
      std::min<lacuna::index>(256, p.length), p.length);
  auto const run = [&p, logits] {
    auto const n = p.length, dim = p.dim;
    auto const scale = 1 / std::sqrt(static_cast<float>(dim));
    auto const *const q = p.q.view().data, *const k = p.k.view().data, *const v = p.v.view().data;
    for (lacuna::index i = 0; i < n; i += 256) {
      auto const rows = std::min<lacuna::index>(256, n - i);
      auto const m = static_cast<blasint>(rows), keys = static_cast<blasint>(n), width = static_cast<blasint>(dim);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, keys, width, scale, q + i * dim, width, k, width, 0,
                  logits->data(), keys);
      auto* const out = p.out->view().row(0, i);
      Eigen::Map<Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> block(out, rows, dim);
      Eigen::VectorXf mass(rows);
      for (lacuna::index r = 0; r != rows; ++r) {
        auto row = logits->row(r).array();
        row = (row - row.maxCoeff()).exp();
        mass[r] = 1 / row.sum();
      }
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, width, keys, 1, logits->data(), keys, v, width, 0, out,
                  width);
      block.array().colwise() *= mass.array();
    }
  };
  auto const n = static_cast<double>(p.length);
  p.add("OpenBLAS + softmax", n * n, run, [&p](lacuna::index, lacuna::index) { return every_key(p.length); });
  if (!p.all.empty() && p.all.back().name == "OpenBLAS + softmax") p.all.back().who = role::dense;
}
#endif

/// Keys and values of T.
template <class T>
void add_narrow(prefill& p, std::string const& name) {
  auto const k = std::make_shared<heads<T> const>(p.k);
  auto const v = std::make_shared<heads<T> const>(p.v);
  auto const n = static_cast<double>(p.length);
  p.add(
      name, n * n,
      [&p, k, v] {
        lacuna::attend(lacuna::serial{}, p.q.view(), at::dense_kv<T>(k->view(), v->view()), at::all{}, p.out->view());
      },
      [&p](lacuna::index, lacuna::index) { return every_key(p.length); }, p.q, heads<float>(*k), heads<float>(*v));
}

/// Every query points at the first quarter of the blocks of 64 keys: tiles of the others weigh 1e-9 and less.
void add_skipped(prefill& p) {
  auto const q = std::make_shared<heads<float>>(p.q);
  auto const k = std::make_shared<heads<float>>(p.k);
  auto const bump = 5 * std::pow(static_cast<float>(p.dim), 0.25f);  // its square, scaled, is 25
  for (lacuna::index i = 0; i != p.length; ++i) q->view().row(0, i)[0] = bump;
  for (lacuna::index j = 0; j != p.length; ++j) k->view().row(0, j)[0] = j < p.length / 4 ? bump : 0;
  auto const n = static_cast<double>(p.length);
  auto const add = [&](std::string const& name, auto policy) {
    auto const run = [&p, q, k, policy] {
      lacuna::attend(lacuna::serial{}, q->view(), at::dense_kv<float>(k->view(), p.v.view()), at::all{}, p.out->view(),
                     {}, policy);
    };
    p.add(name, n * n, run, [&p](lacuna::index, lacuna::index) { return every_key(p.length); }, *q, *k, p.v);
  };
  add("exact, three quarters negligible", at::exact{});
  add("skip_below 0", at::skip_below{0});
  add("skip_below 1e-6", at::skip_below{1e-6});
}

/// How `density` is named.
std::string share(double density) {
  std::string text = std::to_string(density);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

}  // namespace

void compare_attention(settings const& s, recorder& out) {
  for (lacuna::index const dim : {64, 128})
    for (auto const length : s.tokens) {
      prefill p(length, dim, "attention", out);
      p.add("all", at::all{});
      p.add("causal", at::causal{});
      p.add("sink and window", at::causal{} & (at::sink{64} | at::window{length / 8 + 1, 0}));
      for (double const density : {0.5, 0.25, 0.125, 0.0625, 0.03125}) {
        p.add("64x64 " + share(density), std::make_shared<drawn_plan const>(random_blocks(p.shape, 64, 64, density)));
        p.add("32x16 " + share(density), std::make_shared<drawn_plan const>(random_blocks(p.shape, 32, 16, density)));
        p.add("keys " + share(density), std::make_shared<drawn_plan const>(random_keys(p.shape, density)));
      }
      add_narrow<lacuna::bf16>(p, "all bf16");
      add_narrow<lacuna::f16>(p, "all f16");
      add_skipped(p);
#if LACUNA_HAS_OPENBLAS
      add_openblas(p);
#endif
      p.finish(s);
    }
}

void compare_attention_lengths(settings const& s, recorder& out) {
  for (auto const length : s.tokens) {
    prefill p(length, 128, "attention-lengths", out);
    if (length <= 65536) p.add("all", at::all{});
    p.add("causal", at::causal{});
    p.add("sink 64, window 1024", at::causal{} & (at::sink{64} | at::window{1024, 0}));
    p.finish(s);
  }
}

void compare_attention_threads(settings const& s, recorder& out) {
  lacuna::threads pool(2);
  for (auto const length : s.tokens) {
    prefill p(length, 128, "attention-threads", out);
    p.d.threads = 2;
    auto const n = static_cast<double>(length);
    auto const every = [&](lacuna::index, lacuna::index) { return every_key(length); };
    auto const kv = at::dense_kv<float>(p.k.view(), p.v.view());
    p.add("all, 2 threads", n * n, [&] { lacuna::attend(pool, p.q.view(), kv, at::all{}, p.out->view()); }, every);
    p.add(
        "all, 1 thread", n * n, [&] { lacuna::attend(lacuna::serial{}, p.q.view(), kv, at::all{}, p.out->view()); },
        every);
    p.finish(s);
  }
}

}  // namespace lacuna_compare
