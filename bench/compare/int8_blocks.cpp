// SPDX-License-Identifier: MIT
#include "int8_case.hpp"

namespace lacuna_compare {
namespace {

template <int R, int C>
void add_blocks(int8_case& all, matrix const& w, double sparsity, bool requantized = false) {
  all.add<lacuna::bsr<std::int8_t, R, C>>("bsr " + std::to_string(R) + "x" + std::to_string(C), w,
                                          lacuna::blocks<R, C>{.sparsity = sparsity}, requantized);
}

}  // namespace

void add_int8_blocks(int8_case& all, matrix const& w, double sparsity) {
  add_blocks<32, 4>(all, w, sparsity, true);
  add_blocks<16, 4>(all, w, sparsity);
  add_blocks<4, 4>(all, w, sparsity);
  add_blocks<16, 1>(all, w, sparsity);
  add_blocks<8, 1>(all, w, sparsity);
  add_blocks<4, 1>(all, w, sparsity);
}

}  // namespace lacuna_compare
