// SPDX-License-Identifier: MIT
// expect: needs OpenMP: compile with -fopenmp
#include <lacuna/core/executor.hpp>

#if defined(LACUNA_MUST_FAIL)
#include <lacuna/interop/openmp.hpp>
#endif

int main() { return static_cast<int>(lacuna::serial::concurrency()) - 1; }
