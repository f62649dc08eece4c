// SPDX-License-Identifier: MIT
// expect: Y is read-only
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

int main() {
  auto const a = lacuna::pack<lacuna::csr<float>>(lacuna::dense<float>(2, 3));
  lacuna::dense<float> const x(3, 4);
#if defined(LACUNA_MUST_FAIL)
  lacuna::dense<float> const y(2, 4);
#else
  lacuna::dense<float> y(2, 4);
#endif
  lacuna::spmm(a, x, y);
}
