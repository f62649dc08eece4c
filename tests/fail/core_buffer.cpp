// SPDX-License-Identifier: MIT
// expect: lacuna: a buffer holds plain values
#include <lacuna/core/buffer.hpp>

#include <string>

#if defined(LACUNA_MUST_FAIL)
using value = std::string;
#else
using value = char;
#endif

int main() { return static_cast<int>(lacuna::buffer<value>().size()); }
