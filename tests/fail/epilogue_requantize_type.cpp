// SPDX-License-Identifier: MIT
// expect: requantize to Y's type as the last stage
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include <cstdint>

int main() {
  auto const a = lacuna::pack<lacuna::csr<std::int8_t>>(lacuna::dense<std::int8_t>(2, 3));
  lacuna::dense<std::int8_t> const x(3, 4);
#if defined(LACUNA_MUST_FAIL)
  lacuna::dense<std::uint8_t> y(2, 4);
#else
  lacuna::dense<std::int8_t> y(2, 4);
#endif
  lacuna::spmm(a, x, y, lacuna::requantize<std::int8_t>(0.5f));
}
