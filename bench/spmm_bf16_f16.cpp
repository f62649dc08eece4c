// SPDX-License-Identifier: MIT
//
// Products of many tokens with weights of bf16 and f16.
#include <lacuna/core/scalar.hpp>

#include "product.hpp"

namespace lacuna_bench {

void register_spmm_bf16_f16(options const& o) {
  auto const list = list_for_types(o);
  register_products<lacuna::bf16>(o, list);
  register_products<lacuna::f16>(o, list);
}

}  // namespace lacuna_bench
