// SPDX-License-Identifier: MIT
// expect: no matching function for call to .*spmm
// expect: no matching function for call to [^;]*linear
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include <vector>

int main() {
  auto const a = lacuna::pack<lacuna::csr<float>>(lacuna::dense<float>(2, 3));
  std::vector<float> const x(3);
  std::vector<float> y(2);
#if defined(LACUNA_MUST_FAIL)
  lacuna::spmm(a, x, y);
  lacuna::linear(x, a, y);
#else
  lacuna::spmv(a, x, y);
#endif
}
