// SPDX-License-Identifier: MIT
// expect: lacuna: out is read-only
#include <lacuna/attend.hpp>

#if defined(LACUNA_MUST_FAIL)
using result = lacuna::dense<float> const;
#else
using result = lacuna::dense<float>;
#endif

void run(lacuna::dense<float> const& q, lacuna::dense<float> const& k, lacuna::dense<float> const& v, result& out) {
  lacuna::attend(q, k, v, lacuna::attention::causal{}, out);
}
