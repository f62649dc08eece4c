// SPDX-License-Identifier: MIT
// expect: sddmm takes floating-point matrices
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/sddmm.hpp>

#include <cstdint>

int main() {
#if defined(LACUNA_MUST_FAIL)
  using number = std::int8_t;
#else
  using number = float;
#endif
  auto s = lacuna::pack<lacuna::csr<number>>(lacuna::dense<number>(2, 3));
  lacuna::sddmm(s, lacuna::dense<number>(2, 4), lacuna::dense<number>(4, 3));
}
