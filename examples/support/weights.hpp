// SPDX-License-Identifier: MIT
//
// A layer to prune: made up, or read from a file; and activations to feed it.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/interop/eigen.hpp>
#include <lacuna/io/mtx.hpp>
#include <lacuna/io/npy.hpp>
#include <lacuna/io/smtx.hpp>
#include <lacuna/pack.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>

namespace demo {

using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Student's t with four degrees of freedom: a few weights are far larger than the rest, as in trained layers. Scaled
/// so that outputs are about as large as inputs.
[[nodiscard]] inline matrix heavy_tailed_weights(lacuna::index rows, lacuna::index cols, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::student_t_distribution<float> draw(4.0f);
  auto const scale = 1.0f / std::sqrt(2.0f * static_cast<float>(cols));  // the variance of the draws is 2
  return matrix::NullaryExpr(rows, cols, [&] { return scale * draw(engine); });
}

/// Activations, tokens x inputs, with what makes pruning by magnitude alone go wrong in real models: inputs that move
/// together (16 hidden factors and some noise), and one input in 64 that is ten times larger than the others. `seed`
/// makes other tokens of the same layer: the factors' loadings and the large inputs stay.
[[nodiscard]] inline matrix correlated_activations(lacuna::index tokens, lacuna::index inputs, std::uint64_t seed) {
  constexpr lacuna::index factors = 16;
  std::normal_distribution<float> normal;
  auto const draw = [&](lacuna::index rows, lacuna::index cols, std::uint64_t s) {
    std::mt19937_64 engine(s);
    return matrix(matrix::NullaryExpr(rows, cols, [&] { return normal(engine); }));
  };
  matrix x = draw(tokens, factors, seed) * draw(factors, inputs, 1) * (1 / std::sqrt(static_cast<float>(factors))) +
             0.5f * draw(tokens, inputs, seed + 1);
  std::mt19937_64 engine(2);
  for (lacuna::index j = 0; j != inputs; ++j)
    if (engine() % 64 == 0) x.col(j) *= 10.0f;
  return x;
}

/// Throws unless a dense copy of rows x cols floats is a reasonable thing to ask of this machine: the comparison needs
/// one, however sparse the file is.
inline void require_dense_size(std::string const& path, lacuna::index rows, lacuna::index cols) {
  if (rows == 0 || cols == 0) throw std::runtime_error(path + ": " + "the matrix is empty");
  if (static_cast<double>(rows) * static_cast<double>(cols) > 0x1p28)
    throw std::runtime_error(path + ": " + std::to_string(rows) + "x" + std::to_string(cols) +
                             " is too large to be set beside a dense matrix");
}

/// Reads a dense matrix as NumPy stores it. Throws with the file and the reason if that fails.
[[nodiscard]] inline matrix read_matrix(std::string const& path) {
  auto const m = lacuna::read_npy<float>(path);
  require_dense_size(path, m.rows(), m.cols());
  matrix const result = Eigen::Map<matrix const>(m.data(), m.rows(), m.cols());
  if (!result.allFinite()) throw std::runtime_error(path + ": holds values that are not finite");
  return result;
}

/// Reads a pruned layer: a pattern with heavy-tailed values, or a NumPy or Matrix Market file with its own. Throws with
/// the file, the place and the reason if that fails.
[[nodiscard]] inline matrix read_weights(std::string const& path) {
  auto const ends_in = [&](std::string const& end) {
    return path.size() > end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0;
  };
  if (ends_in(".smtx")) {
    auto const keep = lacuna::read_smtx(path);
    require_dense_size(path, keep.rows(), keep.cols());
    matrix w = heavy_tailed_weights(keep.rows(), keep.cols(), 3);
    for (lacuna::index i = 0; i != w.rows(); ++i)
      for (lacuna::index j = 0; j != w.cols(); ++j)
        if (!keep(i, j)) w(i, j) = 0.0f;
    return w;
  }
  if (ends_in(".npy")) return read_matrix(path);
  if (!ends_in(".mtx")) throw std::runtime_error(path + ": expected a name that ends in .npy, .mtx or .smtx");
  auto const sparse = lacuna::read_mtx<float>(path);
  require_dense_size(path, sparse.rows(), sparse.cols());
  matrix w(sparse.rows(), sparse.cols());
  lacuna::to_dense(sparse, w);
  if (!w.allFinite()) throw std::runtime_error(path + ": holds values that are not finite");
  return w;
}

/// True where a weight is not zero.
[[nodiscard]] inline lacuna::mask nonzeros_of(matrix const& w) {
  lacuna::mask keep(w.rows(), w.cols());
  for (lacuna::index i = 0; i != w.rows(); ++i)
    for (lacuna::index j = 0; j != w.cols(); ++j) keep.set(i, j, w(i, j) != 0.0f);
  return keep;
}

}  // namespace demo
