// SPDX-License-Identifier: MIT
//
// Products of one token, where the weights' bytes are what is waited for: warm, the same layer again and again, and
// cold, layers in turn that add up to 64 MB, so that no private cache holds them.
#include "product.hpp"

#include <algorithm>

namespace lacuna_bench {

void register_spmv(options const& o) {
  if (std::find(o.tokens.begin(), o.tokens.end(), 1) == o.tokens.end()) return;
  auto const layers = sources(o);
  register_float_products(o, {"spmv", layers, 1, "/warm"});
  register_float_products(o, {"spmv", layers, 1, "/cold", beyond_caches});
}

}  // namespace lacuna_bench
