// SPDX-License-Identifier: MIT
//
// Weights kept in 16 bits beside weights kept in 32, X and Y in float.
#include "goals.hpp"

namespace lacuna_compare {
namespace {

template <class T>
void add_type(settings const& s, operands& all, matrix const& w, double sparsity, std::string_view format,
              char const* type) {
  for_each_typical<T>(s, [&](auto tag) {
    using entry = typename decltype(tag)::type;
    if (entry::name != format) return;
    auto const a = std::make_shared<goal_weights<entry>>(w, sparsity, all.x());
    auto c = a->named(entry::name + std::string(" ") + type, all);
    using kernels = lacuna::kernel_of<typename entry::format, float, lacuna::order::row_major>;
    c.kernel = all.x().cols() == 1 ? kernels::spmv : kernels::spmm;
    c.run = [a, &all] { lacuna::spmm(*a->packed, all.x(), all.y()); };
    all.add(std::move(c), a->exact);
  });
}

}  // namespace

void goal_types(settings const& s, recorder& out) {
  for (lacuna::index const n : {1, 32, 128, 512}) {
    auto const d = goal_case(s, "types", n);
    auto const w = random_values(d.rows, d.cols, 1);
    for_each_typical<float>(s, [&](auto tag) {
      std::string_view const name = decltype(tag)::type::name;
      operands all(d, s, out);
      add_type<float>(s, all, w, d.sparsity, name, "f32");
      add_type<lacuna::bf16>(s, all, w, d.sparsity, name, "bf16");
      add_type<lacuna::f16>(s, all, w, d.sparsity, name, "f16");
      all.run();
    });
  }
}

}  // namespace lacuna_compare
