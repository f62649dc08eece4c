// SPDX-License-Identifier: MIT
#include "layers.hpp"

#include <lacuna/interop/eigen.hpp>

#include "../layer.hpp"
#include "operands.hpp"
#include "pruned_layers.hpp"

#include <cstddef>
#include <cstdio>
#include <string>

namespace lacuna_compare {
namespace {

std::string text_of(double sparsity) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", sparsity);
  return text;
}

/// With --cold one token finds its weights behind the caches.
case_description cold_if_asked(settings const& s, case_description d) {
  d.cold = s.cold && d.tokens == 1;
  return d;
}

/// One layer of unstructured weights, in all formats, for each count of tokens.
void compare_layer(settings const& s, recorder& out, std::string const& part, pruned_layer const& layer) {
  auto const kept = lacuna_peers::dense_of(layer.w, layer.keep);
  for (auto const n : s.tokens) {
    operands all(cold_if_asked(s, layer.describe(s, part, n)), s, out);
    auto const exact = exact_product(kept, all.x());
    for (auto const& f : unstructured_formats())
      if (settings::takes(s.formats, f.name)) all.add(f, layer.w, layer.keep, exact, f.name);
    all.add_dense_peers(layer.w);
    all.add_sparse_peers(layer.w, layer.keep, exact);
    all.run();
  }
}

}  // namespace

void compare_layers(settings const& s, recorder& out) {
  for_each_pruned_layer(s, [&](pruned_layer const& layer) { compare_layer(s, out, "layers", layer); });
}

void compare_sizes(settings const& s, recorder& out) {
  for (lacuna::index size = 256; size <= 8192; size *= 2)
    for (double const sparsity : s.sparsities) {
      auto const name = std::to_string(size) + "x" + std::to_string(size) + "/" + text_of(sparsity);
      if (!settings::takes(s.match, name)) continue;
      pruned_layer layer{name, random_values(size, size, 1), lacuna::mask(size, size)};
      // Uniform: what magnitude pruning of independent weights gives, without the time to sort them.
      lacuna_test::random r(3);
      for (lacuna::index i = 0; i != size; ++i)
        for (lacuna::index j = 0; j != size; ++j) layer.keep.set(i, j, !r.chance(sparsity));
      compare_layer(s, out, "sizes", layer);
    }
}

void compare_structured(settings const& s, recorder& out) {
  for (auto const& size : s.shapes) {
    auto const w = random_values(size.rows, size.cols, 1);
    for (auto const n : s.tokens) {
      auto const shape_text = std::to_string(size.rows) + "x" + std::to_string(size.cols);
      if (!settings::takes(s.match, shape_text)) continue;
      operands all(cold_if_asked(s, describe(s, "structured", shape_text, w, n)), s, out);
      for (auto const& f : structured_formats()) {
        if (!settings::takes(s.formats, f.name)) continue;
        for (std::size_t i = 0; i != (f.any_sparsity ? s.sparsities.size() : 1); ++i) {
          auto const keep = f.prune(w, s.sparsities[i]);
          auto const exact = exact_product(lacuna_peers::dense_of(w, keep), all.x());
          all.add(f, w, keep, exact, f.any_sparsity ? f.name + " " + text_of(s.sparsities[i]) : f.name);
        }
      }
      all.add_dense_peers(w);
      all.run();
    }
  }
}

}  // namespace lacuna_compare
