// SPDX-License-Identifier: MIT
//
// How well pack chooses the strip height and the tile of panels: its choice beside all fixed ones.
#include <lacuna/format/panel.hpp>
#include <lacuna/interop/eigen.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "layers.hpp"
#include "operands.hpp"
#include "pruned_layers.hpp"

#include <memory>
#include <string>
#include <utility>

namespace lacuna_compare {
namespace {

std::string choice_name(lacuna::panel<float> const& a) {
  return std::to_string(a.strip_height()) + "x" + std::to_string(a.tile());
}

void add_panel(operands& all, matrix const& w, lacuna::mask const& keep, matrix const& exact,
               lacuna::pack_options const& options) {
  auto const a = std::make_shared<lacuna::panel<float>>(lacuna::pack<lacuna::panel<float>>(w, keep, options));
  contestant c;
  c.name = options.strip_height == 0 ? "pack" : choice_name(*a);
  c.kernel = choice_name(*a);
  c.run = [a, &all] { lacuna::spmm(all.executor(), *a, all.x(), all.y()); };
  c.useful = all.work(keep.count());
  c.weight_bytes = static_cast<double>(a->bytes());
  c.other_bytes = all.io_bytes();
  c.sparsity = keep.sparsity();
  all.add(std::move(c), exact);
}

}  // namespace

void compare_panel_choices(settings const& s, recorder& out) {
  for_each_pruned_layer(s, [&](pruned_layer const& layer) {
    for (auto const n : s.tokens) {
      operands all(layer.describe(s, "panel", n), s, out);
      auto const exact = exact_product(lacuna_peers::dense_of(layer.w, layer.keep), all.x());
      add_panel(all, layer.w, layer.keep, exact, {.tokens = n});
      for (lacuna::index const height : {2, 4, 8})
        for (lacuna::index const tile : {64, 128, 256, 512})
          add_panel(all, layer.w, layer.keep, exact, {.tokens = n, .strip_height = height, .tile = tile});
      all.run();
    }
  });
}

}  // namespace lacuna_compare
