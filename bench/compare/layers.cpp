// SPDX-License-Identifier: MIT
#include "layers.hpp"

#include <lacuna/interop/eigen.hpp>

#include "../layer.hpp"
#include "operands.hpp"

#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

namespace lacuna_compare {
namespace {

using lacuna_bench::shape;

case_description describe(settings const& s, std::string part, std::string layer, shape size, lacuna::index n) {
  case_description d;
  d.part = std::move(part);
  d.layer = std::move(layer);
  d.rows = size.rows;
  d.cols = size.cols;
  d.tokens = n;
  d.threads = s.threads;
  d.cold = s.cold && n == 1;
  return d;
}

std::string text_of(double sparsity) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", sparsity);
  return text;
}

/// One layer of unstructured weights, in all formats, for each count of tokens.
void compare_layer(settings const& s, recorder& out, std::string const& part, std::string const& name, matrix const& w,
                   lacuna::mask const& keep) {
  auto const kept = lacuna_peers::dense_of(w, keep);
  for (auto const n : s.tokens) {
    auto d = describe(s, part, name, {w.rows(), w.cols()}, n);
    d.sparsity = 1 - static_cast<double>(keep.count()) / static_cast<double>(w.size());
    operands all(d, s, out);
    auto const exact = exact_product(kept, all.x());
    for (auto const& f : unstructured_formats())
      if (settings::takes(s.formats, f.name)) all.add(f, w, keep, exact, f.name);
    all.add_dense_peers(w);
    all.add_sparse_peers(w, keep, exact);
    all.run();
  }
}

}  // namespace

void compare_layers(settings const& s, recorder& out) {
  matrix w;
  for (auto const& source : lacuna_bench::sources(s)) {
    if (!settings::takes(s.match, source.name)) continue;
    auto const size = lacuna_bench::size_of(source);
    if (w.rows() != size.rows || w.cols() != size.cols) w = random_values(size.rows, size.cols, 1);
    auto const keep = source.file.empty()
                          ? lacuna::prune(w, lacuna::magnitude{}, lacuna::unstructured{.sparsity = source.sparsity})
                          : lacuna_bench::pattern_of(source);
    compare_layer(s, out, "layers", source.name, w, keep);
  }
}

void compare_sizes(settings const& s, recorder& out) {
  for (lacuna::index size = 256; size <= 8192; size *= 2)
    for (double const sparsity : s.sparsities) {
      auto const name = std::to_string(size) + "x" + std::to_string(size) + "/" + text_of(sparsity);
      if (!settings::takes(s.match, name)) continue;
      auto const w = random_values(size, size, 1);
      // Uniform: what magnitude pruning of independent weights gives, without the time to sort them.
      lacuna::mask keep(size, size);
      lacuna_test::random r(3);
      for (lacuna::index i = 0; i != size; ++i)
        for (lacuna::index j = 0; j != size; ++j) keep.set(i, j, !r.chance(sparsity));
      compare_layer(s, out, "sizes", name, w, keep);
    }
}

void compare_structured(settings const& s, recorder& out) {
  for (auto const& size : s.shapes) {
    auto const w = random_values(size.rows, size.cols, 1);
    for (auto const n : s.tokens) {
      auto const shape_text = std::to_string(size.rows) + "x" + std::to_string(size.cols);
      if (!settings::takes(s.match, shape_text)) continue;
      operands all(describe(s, "structured", shape_text, size, n), s, out);
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
