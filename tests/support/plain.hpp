// SPDX-License-Identifier: MIT
//
// A matrix of any format as one type, so that what does not depend on the format is compiled once.
#pragma once

#include <lacuna/core/config.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace lacuna_test {

/// The slots of a matrix as plain lists.
template <class T>
class plain {
 public:
  using value_type = T;

  plain(lacuna::index rows, lacuna::index cols) : cols_(cols), rows_(static_cast<std::size_t>(rows)) {}
  void add(lacuna::index i, lacuna::index j, T value) { rows_[static_cast<std::size_t>(i)].emplace_back(j, value); }
  [[nodiscard]] lacuna::index rows() const noexcept { return static_cast<lacuna::index>(rows_.size()); }
  [[nodiscard]] lacuna::index cols() const noexcept { return cols_; }
  template <class F>
  void visit_row(lacuna::index i, F&& f) const {
    for (auto const& [j, value] : rows_[static_cast<std::size_t>(i)]) f(j, value);
  }
  [[nodiscard]] plain transposed() const {
    plain t(cols_, rows());
    for (lacuna::index i = 0; i != rows(); ++i) visit_row(i, [&](lacuna::index j, T value) { t.add(j, i, value); });
    return t;
  }

 private:
  lacuna::index cols_;
  std::vector<std::vector<std::pair<lacuna::index, T>>> rows_;
};

/// The slots of a matrix of any format.
template <class A>
[[nodiscard]] plain<typename A::value_type> plain_of(A const& a) {
  plain<typename A::value_type> slots(a.rows(), a.cols());
  for (lacuna::index i = 0; i != a.rows(); ++i)
    a.visit_row(i, [&](lacuna::index j, auto value) { slots.add(i, j, value); });
  return slots;
}

}  // namespace lacuna_test
