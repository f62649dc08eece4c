// SPDX-License-Identifier: MIT
// expect: zero_point with float sums of rows works on grouped_int4 times int8 or uint8
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/quant/row_sums.hpp>
#include <lacuna/spmm.hpp>

#include <cstdint>

int main() {
  auto const a = lacuna::pack<lacuna::grouped_int4<16>>(lacuna::dense<float>(2, 16));
  auto const sums = lacuna::row_sums(a);
  lacuna::dense<std::uint8_t> const x(16, 4);
  lacuna::dense<float> y(2, 4);
#if defined(LACUNA_MUST_FAIL)
  lacuna::spmm(a, x, y, lacuna::scale(0.5f) | lacuna::zero_point(3, sums));
#else
  lacuna::spmm(a, x, y, lacuna::zero_point(3, sums) | lacuna::scale(0.5f));
#endif
}
