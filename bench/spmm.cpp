// SPDX-License-Identifier: MIT
//
// Products of many tokens: every format in float at every sparsity. The other types are in files of their own, because
// each takes as long to compile as this one.
#include "product.hpp"

#include <algorithm>

namespace lacuna_bench {

void register_float_products(options const& o, product_list const& list) { register_products<float>(o, list); }

product_list list_for_types(options o) {
  o.sparsities = {0.8};
  return {"spmm", sources(o), *std::max_element(o.tokens.begin(), o.tokens.end()), ""};
}

void register_spmm(options const& o) {
  for (auto const n : o.tokens)
    if (n != 1) register_float_products(o, {"spmm", sources(o), n, ""});
}

}  // namespace lacuna_bench
