// SPDX-License-Identifier: MIT
//
// Optimal brain surgery as it is defined: every step with the inverse of what is left, by elimination, in long double.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>

#include "support/random.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace lacuna_test {

using real = long double;
using real_matrix = std::vector<std::vector<real>>;

/// Gauss and Jordan, with the largest pivot.
[[nodiscard]] inline real_matrix inverse_of(real_matrix a) {
  auto const n = a.size();
  real_matrix inverse(n, std::vector<real>(n));
  for (std::size_t i = 0; i != n; ++i) inverse[i][i] = 1;
  for (std::size_t k = 0; k != n; ++k) {
    std::size_t best = k;
    for (std::size_t i = k; i != n; ++i)
      if (a[i][k] * a[i][k] > a[best][k] * a[best][k]) best = i;
    std::swap(a[k], a[best]);
    std::swap(inverse[k], inverse[best]);
    real const pivot = a[k][k];
    for (std::size_t j = 0; j != n; ++j) {
      a[k][j] /= pivot;
      inverse[k][j] /= pivot;
    }
    for (std::size_t i = 0; i != n; ++i) {
      real const factor = a[i][k];
      if (i == k || factor == 0) continue;
      for (std::size_t j = 0; j != n; ++j) {
        a[i][j] -= factor * a[k][j];
        inverse[i][j] -= factor * inverse[k][j];
      }
    }
  }
  return inverse;
}

/// The part of a matrix in the rows and columns that are listed.
[[nodiscard]] inline real_matrix part_of(lacuna::dense<double> const& h, std::vector<lacuna::index> const& places) {
  real_matrix part(places.size(), std::vector<real>(places.size()));
  for (std::size_t i = 0; i != places.size(); ++i)
    for (std::size_t j = 0; j != places.size(); ++j) part[i][j] = h(places[i], places[j]);
  return part;
}

[[nodiscard]] inline std::vector<lacuna::index> places_from(lacuna::index first, lacuna::index last) {
  std::vector<lacuna::index> places;
  for (; first < last; ++first) places.push_back(first);
  return places;
}

/// 1/2 tr(D H D^T).
template <class A, class B>
[[nodiscard]] double loss_of(A const& before, B const& after, lacuna::dense<double> const& h) {
  real sum = 0;
  for (lacuna::index i = 0; i != h.rows(); ++i)
    for (lacuna::index j = 0; j != h.rows(); ++j)
      for (lacuna::index r = 0; r != before.rows(); ++r)
        sum +=
            (static_cast<real>(after(r, i)) - before(r, i)) * h(i, j) * (static_cast<real>(after(r, j)) - before(r, j));
  return static_cast<double>(sum / 2);
}

/// X^T X of random activations, of which neighbours are alike and some are large.
[[nodiscard]] inline lacuna::dense<double> random_hessian(random& r, lacuna::index inputs, lacuna::index tokens) {
  lacuna::dense<double> x(tokens, inputs), h(inputs, inputs);
  for (lacuna::index t = 0; t != tokens; ++t)
    for (lacuna::index j = 0; j != inputs; ++j)
      x(t, j) = (j % 7 == 3 ? 6 : 1) * r.normal() + (j == 0 ? 0 : 0.7 * x(t, j - 1));
  for (lacuna::index i = 0; i != inputs; ++i)
    for (lacuna::index j = 0; j != inputs; ++j)
      for (lacuna::index t = 0; t != tokens; ++t) h(i, j) += x(t, i) * x(t, j);
  return h;
}

template <class T>
[[nodiscard]] lacuna::dense<T> random_weights(random& r, lacuna::index rows, lacuna::index cols) {
  lacuna::dense<T> w(rows, cols);
  for (lacuna::index k = 0; k != rows * cols; ++k) w.data()[k] = T(static_cast<float>(r.normal()));
  return w;
}

}  // namespace lacuna_test
