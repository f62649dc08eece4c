// SPDX-License-Identifier: MIT
//
// The criteria of gradients: what removing a weight does to the loss, expanded around the weight.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/concepts.hpp>

#include <utility>

namespace lacuna::detail {

template <dense_matrix M>
using const_view_of = decltype(view_of(std::declval<M const&>()));

template <class G>
LACUNA_INLINE void require_same_shape(G const& g, weights_shape const& w, char const* name, char const* what) {
  if (g.rows() != w.rows || g.cols() != w.cols)
    fail<shape_error>(name, ": W is ", w.rows, "x", w.cols, ", ", what, " is ", g.rows(), "x", g.cols());
}

/// A gradient, borrowed, and what it makes of a weight.
template <scalar T, order Order>
class gradient_of_weights {
 public:
  template <dense_matrix G>
  LACUNA_INLINE explicit gradient_of_weights(G const& gradient) : g_(view_of(gradient)) {}

 protected:
  LACUNA_INLINE void require_shape(weights_shape const& w, char const* name) const {
    require_same_shape(g_, w, name, "the gradient");
  }
  /// The change of the loss to first order when weight w goes, but for its sign.
  [[nodiscard]] LACUNA_INLINE double change(float w, index i, index j) const noexcept {
    return static_cast<double>(g_(i, j)) * static_cast<double>(w);
  }

 private:
  dense_view<T const, Order> g_;
};

}  // namespace lacuna::detail

namespace lacuna {

/// Scores a weight by |g w|, g the derivative of the loss by w: how much the loss changes to first order when the
/// weight goes. Summed over a row or a head it is what structured methods use. G has the shape of W, either order, any
/// floating type, and is borrowed. Source: M. Mozer, P. Smolensky, "Skeletonization", NIPS 1988; P. Molchanov et al.,
/// "Pruning Convolutional Neural Networks for Resource Efficient Inference", ICLR 2017.
template <scalar T, order Order>
class first_order : detail::gradient_of_weights<T, Order> {
 public:
  using detail::gradient_of_weights<T, Order>::gradient_of_weights;
  /// Checks that the gradient has the shape of w.
  template <weights W>
  LACUNA_INLINE void prepare(W const& w) const {
    this->require_shape(detail::shape_of(w), "first_order");
  }
  [[nodiscard]] LACUNA_INLINE float operator()(float w, index i, index j) const noexcept {
    double const change = this->change(w, i, j);
    return static_cast<float>(change < 0 ? -change : change);
  }
};
template <dense_matrix G>
first_order(G const&)
    -> first_order<typename detail::const_view_of<G>::value_type, detail::const_view_of<G>::memory_order>;

/// Scores a weight by (g w)^2. Element by element the masks are those of first_order, but for what squaring rounds or
/// underflows; sums over blocks, rows and heads weigh single large terms more. Source: P. Molchanov et al., "Importance
/// Estimation for Neural Network Pruning", CVPR 2019; with gradients of low-rank adapters it is LoRAPrune's.
template <scalar T, order Order>
class first_order_squared : detail::gradient_of_weights<T, Order> {
 public:
  using detail::gradient_of_weights<T, Order>::gradient_of_weights;
  /// Checks that the gradient has the shape of w.
  template <weights W>
  LACUNA_INLINE void prepare(W const& w) const {
    this->require_shape(detail::shape_of(w), "first_order_squared");
  }
  [[nodiscard]] LACUNA_INLINE float operator()(float w, index i, index j) const noexcept {
    double const change = this->change(w, i, j);
    return static_cast<float>(change * change);
  }
};
template <dense_matrix G>
first_order_squared(G const&)
    -> first_order_squared<typename detail::const_view_of<G>::value_type, detail::const_view_of<G>::memory_order>;

/// Scores a weight by g d + h d^2 / 2 for the step d = -w that removes it: h w^2 / 2 - g w, the change of the loss to
/// second order, h being its second derivative by w (the diagonal of a Hessian, or the Fisher information in its
/// place). It is signed: what lowers the loss by going goes first. Where g is 0, at a minimum, this is the saliency of
/// Y. LeCun, J. Denker, S. Solla, "Optimal Brain Damage", NIPS 1989. G and H have the shape of W and are borrowed.
template <scalar T, order GOrder, scalar U, order HOrder>
class taylor {
 public:
  template <dense_matrix G, dense_matrix H>
  LACUNA_INLINE taylor(G const& gradient, H const& curvature) : g_(view_of(gradient)), h_(view_of(curvature)) {}
  /// Checks that both derivatives have the shape of w.
  template <weights W>
  LACUNA_INLINE void prepare(W const& w) const {
    detail::require_same_shape(g_, detail::shape_of(w), "taylor", "the gradient");
    detail::require_same_shape(h_, detail::shape_of(w), "taylor", "the curvature");
  }
  [[nodiscard]] LACUNA_INLINE float operator()(float w, index i, index j) const noexcept {
    double const step = -static_cast<double>(w);
    return static_cast<float>((static_cast<double>(g_(i, j)) + static_cast<double>(h_(i, j)) * step / 2) * step);
  }

 private:
  dense_view<T const, GOrder> g_;
  dense_view<U const, HOrder> h_;
};
template <dense_matrix G, dense_matrix H>
taylor(G const&, H const&)
    -> taylor<typename detail::const_view_of<G>::value_type, detail::const_view_of<G>::memory_order,
              typename detail::const_view_of<H>::value_type, detail::const_view_of<H>::memory_order>;

}  // namespace lacuna
