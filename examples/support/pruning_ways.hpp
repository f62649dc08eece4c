// SPDX-License-Identifier: MIT
//
// Criteria, patterns and updates by name: what prune_report combines.
#pragma once

#include <lacuna/lacuna.hpp>
#include <lacuna/reconstruct.hpp>

#include "calibrated_layer.hpp"
#include "stopwatch.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace demo {

using score_matrix = lacuna::dense<float>;
using new_weights = lacuna::reconstructed<float>;

struct named_criterion {
  std::string name;
  std::function<score_matrix(lacuna::threads&, calibrated_layer const&)> scores;
};

/// Every criterion of single weights; those of gradients only where there is one.
[[nodiscard]] inline std::vector<named_criterion> every_criterion(bool has_gradient) {
  using lacuna::scores;
  using pool = lacuna::threads;
  using layer = calibrated_layer;
  std::vector<named_criterion> all{
      {"magnitude", [](pool& p, layer const& l) { return scores(p, l.w, lacuna::magnitude{}); }},
      {"random", [](pool& p, layer const& l) { return scores(p, l.w, lacuna::random{}); }},
      {"wanda", [](pool& p, layer const& l) { return scores(p, l.w, lacuna::wanda{l.calibration.norms}); }},
      {"relative", [](pool& p, layer const& l) { return scores(p, l.w, lacuna::relative_importance{}); }},
      {"ria", [](pool& p, layer const& l) { return scores(p, l.w, lacuna::ria{l.calibration.norms}); }},
      {"fluctuation",
       [](pool& p, layer const& l) { return scores(p, l.w, lacuna::fluctuation{l.calibration.moments}); }},
      {"obs", [](pool& p, layer const& l) {
         auto const diagonal = lacuna::inverse_diagonal(p, l.calibration.h, {.adaptive_damping = true});
         if (!diagonal.ok()) throw std::runtime_error("obs: X^T X is not positive definite, however damped");
         return scores(p, l.w, lacuna::obs_saliency{diagonal.values});
       }}};
  if (!has_gradient) return all;
  all.push_back({"first", [](pool& p, layer const& l) { return scores(p, l.w, lacuna::first_order(*l.gradient)); }});
  all.push_back(
      {"squared", [](pool& p, layer const& l) { return scores(p, l.w, lacuna::first_order_squared(*l.gradient)); }});
  all.push_back({"taylor", [](pool& p, layer const& l) {
                   matrix curvature(l.w.rows(), l.w.cols());  // of the squared error of an output
                   for (lacuna::index j = 0; j != l.w.cols(); ++j)
                     curvature.col(j).setConstant(static_cast<float>(l.calibration.h(j, j)));
                   return scores(p, l.w, lacuna::taylor(*l.gradient, curvature));
                 }});
  return all;
}

struct packed_cost {
  double bytes, microseconds;
};

/// A pattern at its sparsity, and the format that its masks are packed into.
struct named_pattern {
  std::string name;
  double sparsity;
  lacuna::index swaps_in;  // the group that dsnot may swap in; 0: a row; -1: it would break the pattern
  std::function<lacuna::mask(lacuna::threads&, score_matrix const&)> select;
  std::function<new_weights(lacuna::threads&, calibrated_layer const&)> sparsegpt;
  std::function<packed_cost(lacuna::threads&, new_weights const&, lacuna::index tokens, double budget)> pack;
};

template <class Format>
[[nodiscard]] packed_cost cost_of(lacuna::threads& pool, new_weights const& pruned, lacuna::index tokens,
                                  double budget) {
  auto const packed = lacuna::pack<Format>(pruned.weights, pruned.keep, {.tokens = tokens});
  matrix const x = matrix::Ones(packed.cols(), tokens);
  matrix y(packed.rows(), tokens);
  auto const seconds = time_in_turn({[&] { lacuna::spmm(pool, packed, x, y); }}, budget);
  return {static_cast<double>(packed.bytes()), 1e6 * seconds[0]};
}

template <class Format, class Pattern>
[[nodiscard]] named_pattern named(std::string name, double sparsity, lacuna::index swaps_in, Pattern pattern) {
  return {std::move(name),
          sparsity,
          swaps_in,
          [=](lacuna::threads& pool, score_matrix const& scores) { return lacuna::select(pool, scores, pattern); },
          [=](lacuna::threads& pool, calibrated_layer const& l) {
            return lacuna::sparsegpt(pool, l.w, l.calibration.h, pattern, {.adaptive_damping = true});
          },
          cost_of<Format>};
}

[[nodiscard]] inline std::vector<named_pattern> every_pattern() {
  using namespace lacuna;
  std::vector<named_pattern> all;
  for (int const percent : {50, 60, 70, 80}) {
    double const s = percent / 100.0;
    auto const at = [&](char const* name) { return name + (" " + std::to_string(percent)) + "%"; };
    all.push_back(named<panel<float>>(at("row"), s, 0, unstructured{.sparsity = s}));
    all.push_back(named<panel<float>>(at("whole"), s, 0, unstructured{.sparsity = s, .scope = scope::whole}));
    all.push_back(named<bsr<float, 16, 1>>(at("16x1"), s, -1, blocks<16, 1>{.sparsity = s}));
    all.push_back(named<bsr<float, 16, 1>>(at("columns"), s, -1, columns{.sparsity = s}));
  }
  all.push_back(named<nm<float, 2, 4>>("2:4", 0.5, 4, n_of_m<2, 4>{}));
  all.push_back(named<nm<float, 4, 8>>("4:8", 0.5, 8, n_of_m<4, 8>{}));
  all.push_back(named<nm<float, 1, 4>>("1:4", 0.75, 4, n_of_m<1, 4>{}));
  all.push_back(named<vnm<float, 4, 2, 4>>("4x2:4", 0.5, -1, v_n_of_m<4, 2, 4>{}));
  all.push_back(named<nm<float, 2, 4>>("2:4both", 0.5, -1, transposable<2, 4>{}));
  return all;
}

/// What is done to the weights once a mask is chosen.
struct named_update {
  std::string name;
  bool swaps = false;  // changes the mask
  bool adds_bias = false;
  std::function<new_weights(lacuna::threads&, calibrated_layer const&, named_pattern const&, lacuna::mask const&)> run;
};

/// W with zeros where the mask drops.
[[nodiscard]] inline new_weights zeroed(matrix const& w, lacuna::mask keep) {
  new_weights r{lacuna::dense<float>(w.rows(), w.cols()), std::move(keep), 0.0, {}};
  for (lacuna::index i = 0; i != w.rows(); ++i)
    for (lacuna::index j = 0; j != w.cols(); ++j)
      if (r.keep(i, j)) r.weights(i, j) = w(i, j);
  return r;
}

[[nodiscard]] inline std::vector<named_update> every_update() {
  using pool = lacuna::threads;
  using layer = calibrated_layer;
  using pattern = named_pattern;
  using mask = lacuna::mask;
  auto const none = [](pool&, layer const& l, pattern const&, mask const& keep) { return zeroed(l.w, keep); };
  return {{"none", false, false, none},
          {"bias", false, true, none},
          {"dsnot", true, false,
           [](pool& p, layer const& l, pattern const& on, mask const& keep) {
             return lacuna::dsnot(p, l.w, keep, l.calibration.moments, {.group = on.swaps_in});
           }},
          {"sweep", false, false,
           [](pool& p, layer const& l, pattern const&, mask const& keep) {
             return lacuna::sparsegpt(p, l.w, l.calibration.h, keep, {.adaptive_damping = true});
           }},
          {"refit", false, false, [](pool& p, layer const& l, pattern const&, mask const& keep) {
             return lacuna::refit(p, l.w, l.calibration.h, keep, {.adaptive_damping = true});
           }}};
}

}  // namespace demo
