// SPDX-License-Identifier: MIT
//
// Training a sparse layer: y = relu(W x + b), where W keeps the pattern that pruning gave it. The forward product, the
// gradient with respect to the input and the gradient with respect to the weights are three sparse products; here they
// are checked against finite differences, and then used to fit the layer to a teacher by gradient descent: with single
// weights in CSR and in a bitmap, and with blocks of 4x2.
#include <lacuna/lacuna.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

namespace la = lacuna;
using matrix = la::dense<double>;  // tokens x features, as frameworks keep them

template <class Weights>
struct layer {
  Weights w;  // outputs x inputs, in any format
  std::vector<double> b;
};

template <class Weights>
struct gradients {
  Weights w;  // a value for each slot of the layer's w, and for nothing else
  std::vector<double> b;
  matrix x;
};

template <class Weights>
static matrix forward(layer<Weights> const& f, matrix const& x) {
  matrix y(x.rows(), f.w.rows());
  la::linear(x, f.w, y, la::bias(f.b) | la::relu);  // Y = relu(X W^T + b)
  return y;
}

// Given the layer's input x, its output y, and the gradient dy of a loss with respect to y.
template <class Weights>
static gradients<Weights> backward(layer<Weights> const& f, matrix const& x, matrix const& y, matrix const& dy) {
  matrix dz = dy;  // through relu: where y is 0, nothing passes
  for (la::index t = 0; t != y.rows(); ++t)
    for (la::index o = 0; o != y.cols(); ++o)
      if (y(t, o) == 0) dz(t, o) = 0;

  gradients<Weights> g{f.w, std::vector<double>(f.b.size()), matrix(x.rows(), x.cols())};
  la::linear(dz, la::transposed(f.w), g.x);     // dX = dZ W: no transpose is made
  la::sddmm(g.w, la::transpose(dz.view()), x);  // dW = dZ^T X, at the slots of W only
  for (la::index t = 0; t != dz.rows(); ++t)
    for (la::index o = 0; o != dz.cols(); ++o) g.b[static_cast<std::size_t>(o)] += dz(t, o);
  return g;
}

// Half the mean squared distance from the target, over tokens, and its gradient.
static double loss(matrix const& y, matrix const& target, matrix* dy = nullptr) {
  double sum = 0;
  auto const tokens = static_cast<double>(y.rows());
  for (la::index t = 0; t != y.rows(); ++t)
    for (la::index o = 0; o != y.cols(); ++o) {
      auto const off = y(t, o) - target(t, o);
      sum += off * off / (2 * tokens);
      if (dy != nullptr) (*dy)(t, o) = off / tokens;
    }
  return sum;
}

// How far a gradient is from (loss(v + h) - loss(v - h)) / 2h, for one number v of the layer or its input.
template <class Weights>
static double gap(layer<Weights> const& f, matrix const& x, matrix const& target, double& v, double gradient) {
  constexpr double h = 1e-6;
  auto const kept = v;
  v = kept + h;
  auto const above = loss(forward(f, x), target);
  v = kept - h;
  auto const below = loss(forward(f, x), target);
  v = kept;
  auto const off = std::fabs((above - below) / (2 * h) - gradient);
  return std::isnan(off) ? HUGE_VAL : off;
}

static std::mt19937 random_bits(1);

static matrix filled(matrix m, double size) {
  std::normal_distribution<double> normal(0, size);
  for (la::index i = 0; i != m.rows() * m.cols(); ++i) m.data()[i] = normal(random_bits);
  return m;
}

// The greatest distance of any gradient (weight, bias, input) from finite differences.
template <class Weights>
static double worst_gap(layer<Weights> f, matrix x, matrix const& target) {
  auto const y = forward(f, x);
  matrix dy(y.rows(), y.cols());
  loss(y, target, &dy);
  auto const g = backward(f, x, y, dy);
  double worst = 0;
  for (std::size_t s = 0; s != f.w.values().size(); ++s)
    worst = std::max(worst, gap(f, x, target, f.w.values()[s], g.w.values()[s]));
  for (std::size_t o = 0; o != f.b.size(); ++o) worst = std::max(worst, gap(f, x, target, f.b[o], g.b[o]));
  for (la::index i = 0; i != x.rows() * x.cols(); ++i)
    worst = std::max(worst, gap(f, x, target, x.data()[i], g.x.data()[i]));
  return worst;
}

// Checks the gradients of a layer whose weights are of that format, and trains it. Returns whether all went well.
template <class Weights, class Pattern>
static bool train(char const* format, Pattern const& pattern) {
  constexpr la::index tokens = 64, inputs = 40, outputs = 24;
  auto const x = filled(matrix(tokens, inputs), 1);
  auto const dense = filled(matrix(outputs, inputs), 0.5);
  auto const keep = la::prune(dense, la::magnitude{}, pattern);

  // The teacher keeps the same fifth of the weights as the layer that has to learn from it; the layer starts elsewhere.
  layer<Weights> const teacher{la::pack<Weights>(dense, keep), std::vector<double>(outputs, 0.1)};
  layer<Weights> f{la::pack<Weights>(filled(matrix(outputs, inputs), 0.5), keep), std::vector<double>(outputs)};
  auto const target = forward(teacher, x);
  auto const worst = worst_gap(f, x, target);
  std::printf("%-6s %td weights of %td, gradients within %.1e of finite differences; loss", format, f.w.stored(),
              inputs * outputs, worst);

  // Gradient descent: the values move, the pattern stays.
  double const before = loss(forward(f, x), target);
  double now = before;
  matrix dy(tokens, outputs);
  for (int step = 0; step <= 200; ++step) {
    auto const y = forward(f, x);
    now = loss(y, target, &dy);
    if (step % 50 == 0) std::printf(" %.6f", now);
    auto const g = backward(f, x, y, dy);
    for (std::size_t s = 0; s != f.w.values().size(); ++s) f.w.values()[s] -= 0.5 * g.w.values()[s];
    for (std::size_t o = 0; o != f.b.size(); ++o) f.b[o] -= 0.5 * g.b[o];
  }
  std::printf("\n");
  return worst < 1e-7 && now < before / 100;
}

int main() {
  bool fine = train<la::csr<double>>("csr", la::unstructured{.sparsity = 0.8});
  fine &= train<la::bitmap<double>>("bitmap", la::unstructured{.sparsity = 0.8});
  fine &= train<la::bsr<double, 4, 2>>("bsr", la::blocks<4, 2>{.sparsity = 0.8});
  return fine ? 0 : 1;
}
