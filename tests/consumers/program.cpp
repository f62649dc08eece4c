// SPDX-License-Identifier: MIT
//
// What a consumer compiles while README.md shows no program of its own.
#include <lacuna/core/config.hpp>

int main() { return LACUNA_VERSION_MAJOR; }
