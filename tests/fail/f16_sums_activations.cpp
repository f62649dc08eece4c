// SPDX-License-Identifier: MIT
// expect: f16_sums.A. takes X of f16
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

int main() {
#if defined(LACUNA_MUST_FAIL)
  using type = float;
#else
  using type = lacuna::f16;
#endif
  auto const a = lacuna::pack<lacuna::csr<lacuna::f16>>(lacuna::dense<lacuna::f16>(2, 3));
  lacuna::dense<type> y(2, 4);
  lacuna::spmm(lacuna::f16_sums(a), lacuna::dense<type>(3, 4), y);
}
