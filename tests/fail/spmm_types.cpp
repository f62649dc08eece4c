// SPDX-License-Identifier: MIT
// expect: the types of A and X do not multiply
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include <cstdint>

int main() {
  auto const a = lacuna::pack<lacuna::csr<float>>(lacuna::dense<float>(2, 3));
  lacuna::dense<float> y(2, 4);
#if defined(LACUNA_MUST_FAIL)
  lacuna::spmm(a, lacuna::dense<std::int8_t>(3, 4), y);
#else
  lacuna::spmm(a, lacuna::dense<float>(3, 4), y);
#endif
}
