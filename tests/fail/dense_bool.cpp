// SPDX-License-Identifier: MIT
// expect: constraints not satisfied|constraint failure
#include <lacuna/core/dense.hpp>

int main() {
#if defined(LACUNA_MUST_FAIL)
  lacuna::dense<bool> const m(2, 3);
#else
  lacuna::dense<float> const m(2, 3);
#endif
  static_cast<void>(m);
}
