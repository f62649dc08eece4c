// SPDX-License-Identifier: MIT
//
// Lists of active inputs, and the oracle's operand for them.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/format/sparse_vector.hpp>

#include "support/random.hpp"

#include <cstdint>
#include <vector>

namespace lacuna_test {

/// A list of each element of `size` with probability `share`, none of them in the first and last `margin` places.
template <class S>
[[nodiscard]] lacuna::sparse_vector<S> random_list(random& r, lacuna::index size, double share,
                                                   lacuna::index margin = 0) {
  std::vector<std::uint32_t> places;
  std::vector<S> numbers;
  for (lacuna::index j = margin; j < size - margin; ++j) {
    if (!r.chance(share)) continue;
    places.push_back(static_cast<std::uint32_t>(j));
    numbers.push_back(random_value<S>(r));
  }
  return lacuna::sparse_vector<S>(size, places, numbers);
}

/// All elements of a sparse vector, as a matrix of one column.
template <class S>
[[nodiscard]] lacuna::dense<S> whole(lacuna::sparse_vector<S> const& x) {
  lacuna::dense<S> all(x.size(), 1);
  for (lacuna::index s = 0; s != x.stored(); ++s)
    all(static_cast<lacuna::index>(x.indices().data()[s]), 0) = x.values().data()[s];
  return all;
}

/// The columns of a dense W opposite a list, as an oracle's operand: nothing else of W exists for it.
template <class View, class S>
struct active_columns {
  using value_type = typename View::value_type;
  View w;
  lacuna::sparse_vector<S> const& x;

  [[nodiscard]] lacuna::index rows() const noexcept { return w.rows(); }
  [[nodiscard]] lacuna::index cols() const noexcept { return w.cols(); }
  template <class F>
  void visit_row(lacuna::index i, F&& f) const {
    for (auto const j : x.indices()) f(static_cast<lacuna::index>(j), w(i, static_cast<lacuna::index>(j)));
  }
};
template <class View, class S>
active_columns(View, lacuna::sparse_vector<S> const&) -> active_columns<View, S>;

}  // namespace lacuna_test
