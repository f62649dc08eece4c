// SPDX-License-Identifier: MIT
// expect: attend takes floating-point matrices
#include <lacuna/attend.hpp>

#include <cstdint>

#if defined(LACUNA_MUST_FAIL)
using element = std::int8_t;
#else
using element = float;
#endif

void run(lacuna::dense<element> const& q, lacuna::dense<element> const& k, lacuna::dense<float> const& v,
         lacuna::dense<float>& out) {
  lacuna::attend(q, k, v, lacuna::attention::all{}, out);
}
