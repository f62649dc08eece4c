// SPDX-License-Identifier: MIT
// expect: sddmm overwrites the values of S
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/sddmm.hpp>

int main() {
#if defined(LACUNA_MUST_FAIL)
  auto const s = lacuna::pack<lacuna::csr<float>>(lacuna::dense<float>(2, 3));
#else
  auto s = lacuna::pack<lacuna::csr<float>>(lacuna::dense<float>(2, 3));
#endif
  lacuna::sddmm(s, lacuna::dense<float>(2, 4), lacuna::dense<float>(4, 3));
}
