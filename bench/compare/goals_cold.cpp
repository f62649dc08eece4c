// SPDX-License-Identifier: MIT
//
// One token, weights from behind the caches of the core, in 32 and in 16 bits: beside dense products and beside a loop
// that reads as many bytes as dense weights of float have and does nothing else. Half its time is what dense
// weights of bf16 take at that rate.
#include "../limits.hpp"
#include "goals.hpp"
#include "pack_format.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna_compare {
namespace {

void add_read(operands& all, lacuna::index size) {
  contestant c;
  c.name = "read";
  c.who = role::other;
  auto const pitch = (size + 15) / 16 * 16;  // whole lines: it loads aligned registers
  c.weight_bytes = 4.0 * static_cast<double>(size);
  c.copies = std::max(1.0, std::ceil(all.cold_bytes() / c.weight_bytes));
  auto const copies = static_cast<lacuna::index>(c.copies);
  auto const data = std::make_shared<lacuna::buffer<float>>(pitch * copies);
  c.run = [data, size, pitch, copies, turn = lacuna::index{0}]() mutable {
    lacuna_bench::read_once(data->data() + turn * pitch, size);
    turn = (turn + 1) % copies;
  };
  all.admit(std::move(c));
}

/// A case of its own, so that no more weights than need be fight for the cache that cores share.
template <class F, class Pattern>
void compare_packed(settings const& s, recorder& out, matrix const& w, std::string const& name,
                    Pattern const& pattern) {
  if (!settings::takes(s.formats, name)) return;
  auto d = goal_case(s, "cold", 1);
  d.cold = true;
  auto const keep = lacuna::prune(w, lacuna::magnitude{}, pattern);
  d.sparsity = keep.sparsity();
  operands all(d, s, out);
  matrix rounded(w.rows(), w.cols());  // to the type of the format
  lacuna::to_dense(lacuna::pack<F>(w, keep), rounded);
  format f;
  f.pack = pack_copies<F>;
  all.add(f, w, keep, exact_product(rounded, all.x()), name);
  all.add_dense_peers(w);
  add_read(all, w.size());
  all.run();
}

}  // namespace

void compare_cold(settings const& s, recorder& out) {
  using lacuna::bf16;
  using lacuna::unstructured;
  auto const w = random_values(s.shapes.at(0).rows, s.shapes.at(0).cols, 1);
  compare_packed<lacuna::tiled_sell<float>>(s, out, w, "tiled_sell 0.8", unstructured{.sparsity = 0.8});
  compare_packed<lacuna::tiled_sell<float>>(s, out, w, "tiled_sell 0.9", unstructured{.sparsity = 0.9});
  compare_packed<lacuna::tiled_sell<float>>(s, out, w, "tiled_sell 0.95", unstructured{.sparsity = 0.95});
  compare_packed<lacuna::tiled_sell<bf16>>(s, out, w, "tiled_sell bf16 0.8", unstructured{.sparsity = 0.8});
  compare_packed<lacuna::bitmap<float>>(s, out, w, "bitmap 0.5", unstructured{.sparsity = 0.5});
  compare_packed<lacuna::bitmap<bf16>>(s, out, w, "bitmap bf16 0.5", unstructured{.sparsity = 0.5});
  compare_packed<lacuna::nm<float, 2, 4>>(s, out, w, "nm 2:4", lacuna::n_of_m<2, 4>{});
}

}  // namespace lacuna_compare
