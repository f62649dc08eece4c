// SPDX-License-Identifier: MIT
// expect: has a member `prepare` that does not take this matrix
#include <lacuna/prune.hpp>

/// Its prepare takes double only: for another matrix it must not be left out in silence.
struct doubles_only {
  void prepare(lacuna::dense<double> const&) {}
  float operator()(float w, lacuna::index, lacuna::index) const { return w; }
};

lacuna::mask keep(lacuna::dense<double> const& w) { return lacuna::prune(w, doubles_only{}, lacuna::unstructured{}); }

#if defined(LACUNA_MUST_FAIL)
lacuna::mask keep(lacuna::dense<float> const& w) { return lacuna::prune(w, doubles_only{}, lacuna::unstructured{}); }
#endif
