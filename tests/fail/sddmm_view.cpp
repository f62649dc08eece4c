// SPDX-License-Identifier: MIT
// expect: sddmm overwrites the values of S
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/sddmm.hpp>

int main() {
  auto owner = lacuna::pack<lacuna::csr<float>>(lacuna::dense<float>(2, 3));
#if defined(LACUNA_MUST_FAIL)
  auto s = owner.view();
#else
  auto& s = owner;
#endif
  lacuna::sddmm(s, lacuna::dense<float>(2, 4), lacuna::dense<float>(4, 3));
}
