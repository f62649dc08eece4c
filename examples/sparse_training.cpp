// SPDX-License-Identifier: MIT
//
// Training a sparse layer: y = relu(W x + b), where W keeps the pattern that pruning gave it. The forward product, the
// gradient with respect to the input and the gradient with respect to the weights are three sparse products; here they
// are checked against finite differences, and then used to fit the layer to a teacher by gradient descent.
#include <lacuna/lacuna.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

namespace la = lacuna;
using matrix = la::dense<double>;  // tokens x features, as frameworks keep them

struct layer {
  la::csr<double> w;  // outputs x inputs
  std::vector<double> b;
};

struct gradients {
  la::csr<double> w;  // a value for each slot of the layer's w, and for nothing else
  std::vector<double> b;
  matrix x;
};

static matrix forward(layer const& f, matrix const& x) {
  matrix y(x.rows(), f.w.rows());
  la::linear(x, f.w, y, la::bias(f.b) | la::relu);  // Y = relu(X W^T + b)
  return y;
}

// Given the layer's input x, its output y, and the gradient dy of a loss with respect to y.
static gradients backward(layer const& f, matrix const& x, matrix const& y, matrix const& dy) {
  matrix dz = dy;  // through relu: where y is 0, nothing passes
  for (la::index t = 0; t != y.rows(); ++t)
    for (la::index o = 0; o != y.cols(); ++o)
      if (y(t, o) == 0) dz(t, o) = 0;

  gradients g{f.w, std::vector<double>(f.b.size()), matrix(x.rows(), x.cols())};
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
static double gap(layer const& f, matrix const& x, matrix const& target, double& v, double gradient) {
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

int main() {
  constexpr la::index tokens = 64, inputs = 40, outputs = 24;
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  auto const fill = [&](matrix m, double size) {
    for (la::index i = 0; i != m.rows() * m.cols(); ++i) m.data()[i] = size * normal(random);
    return m;
  };
  auto x = fill(matrix(tokens, inputs), 1);
  auto const dense = fill(matrix(outputs, inputs), 0.5);
  auto const keep = la::prune(dense, la::magnitude{}, la::unstructured{.sparsity = 0.8});

  // The teacher keeps the same fifth of the weights as the layer that has to learn from it; the layer starts elsewhere.
  layer const teacher{la::pack<la::csr<double>>(dense, keep), std::vector<double>(outputs, 0.1)};
  layer f{la::pack<la::csr<double>>(fill(matrix(outputs, inputs), 0.5), keep), std::vector<double>(outputs)};
  auto const target = forward(teacher, x);

  // Every weight, bias and input against finite differences.
  auto y = forward(f, x);
  matrix dy(tokens, outputs);
  loss(y, target, &dy);
  auto g = backward(f, x, y, dy);
  double worst = 0;
  for (std::size_t s = 0; s != f.w.values().size(); ++s)
    worst = std::max(worst, gap(f, x, target, f.w.values()[s], g.w.values()[s]));
  for (std::size_t o = 0; o != f.b.size(); ++o) worst = std::max(worst, gap(f, x, target, f.b[o], g.b[o]));
  for (la::index i = 0; i != tokens * inputs; ++i)
    worst = std::max(worst, gap(f, x, target, x.data()[i], g.x.data()[i]));
  std::printf("%td weights of %td, %td biases, %td inputs: gradients are within %.1e of finite differences\n",
              f.w.stored(), inputs * outputs, outputs, tokens * inputs, worst);

  // Gradient descent: the values move, the pattern stays.
  double const before = loss(y, target);
  for (int step = 0; step <= 200; ++step) {
    y = forward(f, x);
    double const now = loss(y, target, &dy);
    if (step % 50 == 0) std::printf("step %3d: loss %.6f\n", step, now);
    g = backward(f, x, y, dy);
    for (std::size_t s = 0; s != f.w.values().size(); ++s) f.w.values()[s] -= 0.5 * g.w.values()[s];
    for (std::size_t o = 0; o != f.b.size(); ++o) f.b[o] -= 0.5 * g.b[o];
  }
  return worst < 1e-7 && loss(y, target) < before / 100 ? 0 : 1;
}
