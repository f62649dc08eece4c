// SPDX-License-Identifier: MIT
#include "pruned_layers.hpp"

#include <lacuna/interop/eigen.hpp>
#include <lacuna/prune.hpp>

#include "../layer.hpp"

#include <utility>

namespace lacuna_compare {

case_description describe(settings const& s, std::string part, std::string layer, matrix const& w, lacuna::index n) {
  case_description d;
  d.part = std::move(part);
  d.layer = std::move(layer);
  d.rows = w.rows();
  d.cols = w.cols();
  d.tokens = n;
  d.threads = s.threads;
  return d;
}

case_description pruned_layer::describe(settings const& s, std::string part, lacuna::index n) const {
  auto d = lacuna_compare::describe(s, std::move(part), name, w, n);
  d.sparsity = keep.sparsity();
  return d;
}

void for_each_pruned_layer(settings const& s, std::function<void(pruned_layer const&)> const& f) {
  pruned_layer layer;
  for (auto const& source : lacuna_bench::sources(s)) {
    if (!settings::takes(s.match, source.name)) continue;
    auto const size = lacuna_bench::size_of(source);
    if (layer.w.rows() != size.rows || layer.w.cols() != size.cols) layer.w = random_values(size.rows, size.cols, 1);
    layer.name = source.name;
    layer.keep = source.file.empty()
                     ? lacuna::prune(layer.w, lacuna::magnitude{}, lacuna::unstructured{.sparsity = source.sparsity})
                     : lacuna_bench::pattern_of(source);
    f(layer);
  }
}

}  // namespace lacuna_compare
