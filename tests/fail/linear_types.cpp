// SPDX-License-Identifier: MIT
// expect: the types of A and X do not multiply
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

int main() {
  auto const a = lacuna::pack<lacuna::csr<double>>(lacuna::dense<double>(2, 3));
  lacuna::dense<double> y(4, 2);
#if defined(LACUNA_MUST_FAIL)
  lacuna::linear(lacuna::dense<float>(4, 3), a, y);
#else
  lacuna::linear(lacuna::dense<double>(4, 3), a, y);
#endif
}
