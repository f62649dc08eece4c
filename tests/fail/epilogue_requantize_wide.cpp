// SPDX-License-Identifier: MIT
// expect: requantize yields integers of 8 or 16 bits
#include <lacuna/kernel/epilogue.hpp>

#include <cstdint>

int main() {
#if defined(LACUNA_MUST_FAIL)
  static_cast<void>(lacuna::requantize<std::int32_t>(0.5f));
#else
  static_cast<void>(lacuna::requantize<std::int16_t>(0.5f));
#endif
}
