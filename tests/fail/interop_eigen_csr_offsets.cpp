// SPDX-License-Identifier: MIT
// expect: Eigen wants column indices and offsets of one type
#include <lacuna/interop/eigen.hpp>

#include <cstdint>

#if defined(LACUNA_MUST_FAIL)
using matrix = lacuna::csr<float, std::uint16_t, std::uint32_t>;
#else
using matrix = lacuna::csr<float, std::uint16_t>;
#endif

int main() {
  matrix const a;
  return static_cast<int>(lacuna::as_eigen(a).rows());
}
