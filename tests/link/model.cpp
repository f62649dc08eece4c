// SPDX-License-Identifier: MIT
//
// Compiled twice into one program, in two modes whose algorithms have different symbols: data that one copy made are
// handed to the other. What stood in the inline namespace of a mode would be another type there, and not link.
#include "model.hpp"

#include <lacuna/io/safetensors.hpp>
#include <lacuna/io/safetensors_writer.hpp>

namespace la = lacuna;

la::csr<float> LACUNA_LINK_NAME(la::csr<float> const& a, la::safetensors_writer& out) {
  out.add("values", a.view().values());
  return a;
}

float LACUNA_LINK_NAME(la::safetensors const& model) {
  float sum = 0;
  for (auto const value : model.vector<float>("values")) sum += value;
  return sum + static_cast<float>(model.tensors().size());
}

#if defined(LACUNA_LINK_MAIN)
int main() {
  la::dense<float> w(2, 3);
  w(0, 1) = 2;
  w(1, 2) = 5;
  la::safetensors_writer out;
  auto const a = model_other(la::pack<la::csr<float>>(w), out);
  auto const bytes = out.format();
  la::safetensors const model = la::parse_safetensors(bytes);
  return a.stored() == 2 && model_other(model) == 8 && model_main(model) == 8 ? 0 : 1;
}
#endif
