// SPDX-License-Identifier: MIT
// expect: pack the transpose of A
#include <lacuna/active.hpp>
#include <lacuna/pack.hpp>

#include <vector>

int main() {
  auto const a = lacuna::pack<lacuna::csr<float>>(lacuna::dense<float>(4, 4));
  lacuna::sparse_vector<float> const x(4);
  std::vector<float> y(4);
#if defined(LACUNA_MUST_FAIL)
  lacuna::spmv(a, x, y);
#else
  lacuna::spmv(lacuna::transposed(a), x, y);
#endif
}
