// SPDX-License-Identifier: MIT
//
// A layer with what is known of its inputs: what criteria and updates of weights are computed from.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/interop/eigen.hpp>
#include <lacuna/prune/column_moments.hpp>
#include <lacuna/prune/column_norms.hpp>
#include <lacuna/reconstruct/gram.hpp>
#include <lacuna/reconstruct/reconstruction_loss.hpp>

#include "weights.hpp"

#include <Eigen/Core>

#include <cstdint>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

namespace demo {

/// Statistics of some tokens.
struct token_statistics {
  lacuna::column_norms norms;
  lacuna::column_moments moments;
  lacuna::dense<double> h;  // X^T X

  token_statistics(lacuna::threads& pool, matrix const& x)
      : norms(pool, x), moments(pool, x), h(lacuna::gram<float>(pool, x).matrix(pool)) {}

  /// |after X^T + bias - before X^T|^2. An empty bias is none.
  template <class W>
  [[nodiscard]] double squared_error(lacuna::threads& pool, matrix const& before, W const& after,
                                     lacuna::buffer<float> const& bias) const {
    double sum = 2 * lacuna::reconstruction_loss(pool, before, after, h);
    auto const tokens = static_cast<double>(moments.tokens());
    for (lacuna::index i = 0; i != bias.size(); ++i) {
      double mean_change = 0;  // of the output, times tokens
      for (lacuna::index j = 0; j != before.cols(); ++j)
        mean_change += (static_cast<double>(after(i, j)) - static_cast<double>(before(i, j))) * moments.sum(j);
      auto const b = static_cast<double>(bias[i]);
      sum += 2 * b * mean_change + tokens * b * b;
    }
    return sum > 0 ? sum : 0;
  }
};

/// Weights, tokens to calibrate with, others to judge by, and the derivative of a loss, if there is one.
struct calibrated_layer {
  matrix w;
  token_statistics calibration, held_out;
  std::optional<matrix> gradient;
};

/// Activations, tokens x inputs, with large and correlated inputs, each with a mean of its own as behind a bias.
[[nodiscard]] inline matrix shifted_activations(lacuna::index tokens, lacuna::index inputs, std::uint64_t seed) {
  matrix x = correlated_activations(tokens, inputs, seed);
  std::mt19937_64 engine(3);
  std::normal_distribution<float> normal(0.0f, 0.3f);
  for (lacuna::index j = 0; j != inputs; ++j) x.col(j).array() += normal(engine);
  return x;
}

/// A made-up layer: heavy-tailed weights, and the gradient of half the squared distance from what a layer nearby would
/// put out.
[[nodiscard]] inline calibrated_layer made_up_layer(lacuna::threads& pool, lacuna::index rows, lacuna::index cols,
                                                    lacuna::index tokens) {
  calibrated_layer layer{heavy_tailed_weights(rows, cols, 1),
                         token_statistics(pool, shifted_activations(tokens, cols, 100)),
                         token_statistics(pool, shifted_activations(tokens, cols, 200)),
                         {}};
  Eigen::MatrixXd const off = 0.1 * heavy_tailed_weights(rows, cols, 2).cast<double>();
  Eigen::Map<Eigen::MatrixXd const> const h(layer.calibration.h.data(), cols, cols);
  Eigen::MatrixXd const gradient = off * h;
  layer.gradient = gradient.cast<float>();
  return layer;
}

/// A layer from .npy files: weights (outputs x inputs), activations (tokens x inputs), of which the last fifth is held
/// out, and the gradient (outputs x inputs) if its path is not empty. Throws, with the file, if they don't fit.
[[nodiscard]] inline calibrated_layer read_layer(lacuna::threads& pool, std::string const& weights,
                                                 std::string const& activations, std::string const& gradient) {
  auto const shape_of = [](std::string const& path, matrix const& m) {
    return path + " is " + std::to_string(m.rows()) + "x" + std::to_string(m.cols());
  };
  matrix w = read_matrix(weights);
  matrix const x = read_matrix(activations);
  if (x.cols() != w.cols())
    throw std::runtime_error(shape_of(weights, w) + ", outputs x inputs, and " + shape_of(activations, x) +
                             ", tokens x inputs: their inputs differ");
  if (x.rows() < 5) throw std::runtime_error(shape_of(activations, x) + ", tokens x inputs: expected 5 tokens or more");
  std::optional<matrix> g;
  if (!gradient.empty()) {
    g = read_matrix(gradient);
    if (g->rows() != w.rows() || g->cols() != w.cols())
      throw std::runtime_error(shape_of(weights, w) + ", and " + shape_of(gradient, *g) +
                               ": a gradient has the shape of the weights");
  }
  lacuna::index const held_out = x.rows() / 5;
  matrix const seen = x.topRows(x.rows() - held_out);
  matrix const other = x.bottomRows(held_out);
  return {std::move(w), token_statistics(pool, seen), token_statistics(pool, other), std::move(g)};
}

}  // namespace demo
