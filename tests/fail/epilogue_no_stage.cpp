// SPDX-License-Identifier: MIT
// expect: no match for .*operator\||invalid operands to binary expression
#include <lacuna/kernel/epilogue.hpp>

int main() {
#if defined(LACUNA_MUST_FAIL)
  static_cast<void>(lacuna::relu | 2.0f);
#else
  static_cast<void>(lacuna::relu | lacuna::scale(2.0f));
#endif
}
