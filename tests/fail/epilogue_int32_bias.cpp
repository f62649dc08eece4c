// SPDX-License-Identifier: MIT
// expect: integers need the epilogue requantize
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include <cstdint>
#include <vector>

int main() {
  auto const a = lacuna::pack<lacuna::csr<std::int8_t>>(lacuna::dense<std::int8_t>(2, 3));
  lacuna::dense<std::int8_t> const x(3, 4);
  std::vector<float> const b(2);
#if defined(LACUNA_MUST_FAIL)
  lacuna::dense<std::int32_t> y(2, 4);
#else
  lacuna::dense<float> y(2, 4);
#endif
  lacuna::spmm(a, x, y, lacuna::bias(b));
}
