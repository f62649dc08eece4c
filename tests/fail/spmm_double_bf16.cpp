// SPDX-License-Identifier: MIT
// expect: the types of A and X do not multiply
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

int main() {
  auto const a = lacuna::pack<lacuna::csr<lacuna::bf16>>(lacuna::dense<float>(2, 3));
#if defined(LACUNA_MUST_FAIL)
  lacuna::dense<double> const x(3, 4);
#else
  lacuna::dense<float> const x(3, 4);
#endif
  lacuna::dense<float> y(2, 4);
  lacuna::spmm(a, x, y);
}
