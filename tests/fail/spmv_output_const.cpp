// SPDX-License-Identifier: MIT
// expect: Y is read-only
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include <span>
#include <vector>

int main() {
  auto const a = lacuna::pack<lacuna::csr<float>>(lacuna::dense<float>(2, 3));
  std::vector<float> const x(3);
  std::vector<float> y(2);
#if defined(LACUNA_MUST_FAIL)
  lacuna::spmv(a, x, std::span<float const>(y));
#else
  lacuna::spmv(a, x, std::span<float>(y));
#endif
}
