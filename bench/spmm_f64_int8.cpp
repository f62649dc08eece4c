// SPDX-License-Identifier: MIT
//
// Products of many tokens with weights of double and int8.
#include "product.hpp"

#include <cstdint>

namespace lacuna_bench {

void register_spmm_f64_int8(options const& o) {
  auto const list = list_for_types(o);
  register_products<double>(o, list);
  register_products<std::int8_t>(o, list);
}

}  // namespace lacuna_bench
