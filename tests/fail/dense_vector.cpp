// SPDX-License-Identifier: MIT
// expect: constraints not satisfied|no matching function
#include <lacuna/core/dense.hpp>

#include <vector>

int main() {
  std::vector<float> values(6);
#if defined(LACUNA_MUST_FAIL)
  static_cast<void>(lacuna::view_of(values));
#else
  static_cast<void>(lacuna::view_of(lacuna::dense_view(values.data(), 2, 3)));
#endif
}
