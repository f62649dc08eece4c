// SPDX-License-Identifier: MIT
#include "attention_case.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <support/worse.hpp>

namespace lacuna_compare {
namespace at = lacuna::attention;

drawn_plan::drawn_plan(at::shape shape, lacuna::index tile_queries)
    : shape_(shape), tile_(tile_queries), slots_(static_cast<std::size_t>(shape.heads), 0) {}

void drawn_plan::add_row(std::vector<at::run> const& runs, std::vector<std::int32_t> const& tokens) {
  auto const row = static_cast<lacuna::index>(run_offsets_.size()) - 1;
  auto const queries = std::min(tile_, shape_.queries - row * tile_);
  auto keys = static_cast<lacuna::index>(tokens.size());
  for (auto const& r : runs) keys += r.count;
  pairs_ += static_cast<double>(keys * queries * shape_.heads);
  runs_.insert(runs_.end(), runs.begin(), runs.end());
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  run_offsets_.push_back(static_cast<lacuna::index>(runs_.size()));
  token_offsets_.push_back(static_cast<lacuna::index>(tokens_.size()));
}

at::plan_view drawn_plan::view() const {
  at::plan_view p;
  p.shape = shape_;
  p.tile_queries = tile_;
  p.slot_of_head = slots_;
  p.run_offsets = run_offsets_;
  p.runs = runs_;
  p.token_offsets = token_offsets_;
  p.tokens = tokens_;
  return p;
}

double drawn_plan::density() const {
  return pairs_ / (static_cast<double>(shape_.queries) * static_cast<double>(shape_.keys * shape_.heads));
}

std::vector<lacuna::index> keys_in(at::plan_view const& plan, lacuna::index head, lacuna::index query) {
  std::vector<lacuna::index> keys;
  auto const row = plan.row(head, query / plan.tile_queries);
  for (auto const& r : plan.runs_of(row))
    for (lacuna::index j = 0; j != r.count; ++j) keys.push_back(r.first + j);
  for (auto const j : plan.tokens_of(row)) keys.push_back(j);
  return keys;
}

namespace {

/// A share of the numbers below n, at least one of them, ascending.
std::vector<std::int32_t> draw(lacuna::index n, double density, lacuna_test::random& r) {
  std::vector<std::int32_t> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  auto const count = std::max<lacuna::index>(1, std::llround(static_cast<double>(n) * density));
  for (lacuna::index i = 0; i != count; ++i)
    std::swap(all[static_cast<std::size_t>(i)], all[static_cast<std::size_t>(i + r.below(n - i))]);
  all.resize(static_cast<std::size_t>(count));
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

drawn_plan random_blocks(at::shape shape, lacuna::index queries, lacuna::index keys, double density) {
  drawn_plan plan(shape, queries);
  lacuna_test::random r(7);
  for (lacuna::index q = 0; q < shape.queries; q += queries) {
    std::vector<at::run> runs;
    for (lacuna::index const block : draw((shape.keys + keys - 1) / keys, density, r)) {
      auto const first = block * keys;
      runs.push_back({static_cast<std::int32_t>(first), static_cast<std::int32_t>(std::min(keys, shape.keys - first))});
    }
    plan.add_row(runs, {});
  }
  return plan;
}

drawn_plan random_keys(at::shape shape, double density) {
  drawn_plan plan(shape, 64);
  lacuna_test::random r(8);
  for (lacuna::index q = 0; q < shape.queries; q += 64) plan.add_row({}, draw(shape.keys, density, r));
  return plan;
}

double attention_error(lacuna::heads_view<float const> q, lacuna::heads_view<float const> k,
                       lacuna::heads_view<float const> v, lacuna::heads_view<float const> out,
                       seen_keys const& keys_of) {
  double worst = 0;
  lacuna_test::random r(9);
  for (lacuna::index h = 0; h != q.heads; ++h)
    for (lacuna::index sample = 0; sample != std::min<lacuna::index>(3, q.tokens); ++sample) {
      auto const i = r.below(q.tokens);
      auto const keys = keys_of(h, i);
      auto const kv = h * k.heads / q.heads;
      std::vector<double> weight;
      for (auto const j : keys) {
        double dot = 0;
        for (lacuna::index d = 0; d != q.dim; ++d) dot += double{q.row(h, i)[d]} * double{k.row(kv, j)[d]};
        weight.push_back(dot / std::sqrt(static_cast<double>(q.dim)));
      }
      double const top = keys.empty() ? 0 : *std::max_element(weight.begin(), weight.end());
      double mass = 0;
      for (auto& w : weight) mass += w = std::exp(w - top);
      for (lacuna::index d = 0; d != v.dim; ++d) {
        double sum = 0;
        for (std::size_t n = 0; n != keys.size(); ++n) sum += weight[n] * double{v.row(kv, keys[n])[d]};
        worst = lacuna_test::worse(worst, std::fabs((mass == 0 ? 0 : sum / mass) - double{out.row(h, i)[d]}));
      }
    }
  return worst;
}

}  // namespace lacuna_compare
