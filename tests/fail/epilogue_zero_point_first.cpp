// SPDX-License-Identifier: MIT
// expect: zero_point works on the int32 sums of an int8 product: it has to be the first stage
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/quant/row_sums.hpp>
#include <lacuna/spmm.hpp>

#include <cstdint>

int main() {
  auto const a = lacuna::pack<lacuna::csr<std::int8_t>>(lacuna::dense<std::int8_t>(2, 3));
  auto const sums = lacuna::row_sums(a);
  lacuna::dense<std::uint8_t> const x(3, 4);
  lacuna::dense<float> y(2, 4);
#if defined(LACUNA_MUST_FAIL)
  lacuna::spmm(a, x, y, lacuna::scale(0.5f) | lacuna::zero_point(3, sums));
#else
  lacuna::spmm(a, x, y, lacuna::zero_point(3, sums) | lacuna::scale(0.5f));
#endif
}
