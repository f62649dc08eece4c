// SPDX-License-Identifier: MIT
//
// What a bias and an activation add to a product.
#include "goals.hpp"

#include <cmath>
#include <vector>

namespace lacuna_compare {

void goal_epilogue(settings const& s, recorder& out) {
  auto const d = goal_case(s, "epilogue", 128);
  auto const w = random_values(d.rows, d.cols, 1);
  std::vector<float> const bias(static_cast<std::size_t>(d.rows), 0.25f);
  for_each_typical<float>(s, [&](auto tag) {
    using entry = typename decltype(tag)::type;
    operands all(d, s, out);
    goal_weights<entry> const a(w, d.sparsity, all.x());
    auto const& f = *a.packed;
    matrix const biased = (a.exact.array() + 0.25f).matrix();
    auto plain = a.named(entry::name + std::string(" plain"), all);
    plain.run = [&] { lacuna::spmm(f, all.x(), all.y()); };
    all.add(std::move(plain), a.exact);
    auto relu = a.named(entry::name + std::string(" bias, relu"), all);
    relu.run = [&] { lacuna::spmm(f, all.x(), all.y(), lacuna::bias(bias) | lacuna::relu); };
    all.add(std::move(relu), biased.cwiseMax(0.0f));
    auto gelu = a.named(entry::name + std::string(" bias, gelu"), all);
    gelu.run = [&] { lacuna::spmm(f, all.x(), all.y(), lacuna::bias(bias) | lacuna::gelu); };
    all.add(std::move(gelu), biased.unaryExpr([](float v) { return v * std::erfc(-v / std::sqrt(2.0f)) / 2; }));
    all.run();
  });
}

}  // namespace lacuna_compare
