// SPDX-License-Identifier: MIT
// expect: the types of A and X do not multiply
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include <cstdint>

int main() {
  auto const a = lacuna::pack<lacuna::grouped_int4<16>>(lacuna::dense<float>(2, 16));
  lacuna::dense<float> y(16, 4);
#if defined(LACUNA_MUST_FAIL)
  lacuna::spmm(lacuna::transposed(a), lacuna::dense<std::int8_t>(2, 4), y);
#else
  lacuna::spmm(lacuna::transposed(a), lacuna::dense<float>(2, 4), y);
#endif
}
