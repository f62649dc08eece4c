// SPDX-License-Identifier: MIT
// expect: integers need the epilogue requantize
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include <cstdint>

int main() {
  auto const a = lacuna::pack<lacuna::csr<std::int8_t>>(lacuna::dense<std::int8_t>(2, 3));
  lacuna::dense<std::int8_t> const x(3, 4);
  lacuna::dense<std::int8_t> y(2, 4);
#if defined(LACUNA_MUST_FAIL)
  lacuna::spmm(a, x, y);
#else
  lacuna::spmm(a, x, y, lacuna::requantize<std::int8_t>(0.5f));
#endif
}
