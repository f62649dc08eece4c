// SPDX-License-Identifier: MIT
// expect: only floating-point activations are selected by magnitude
#include <lacuna/active.hpp>

#include <cstdint>
#include <vector>

int main() {
#if defined(LACUNA_MUST_FAIL)
  std::vector<std::int8_t> const x(4);
#else
  std::vector<float> const x(4);
#endif
  return static_cast<int>(lacuna::select_active(x, 1.0).stored());
}
