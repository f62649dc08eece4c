// SPDX-License-Identifier: MIT
// expect: lse is written to; it is a vector of float or double
// expect: lse is written to; it is a matrix of float or double
#include <lacuna/attend.hpp>

#include <span>

#if defined(LACUNA_MUST_FAIL)
using vector = std::span<float const>;
using matrix = lacuna::dense<float> const;
#else
using vector = std::span<float>;
using matrix = lacuna::dense<float>;
#endif

void run(lacuna::dense<float> const& q, lacuna::dense<float> const& k, lacuna::dense<float> const& v,
         lacuna::dense<float>& out, vector lse) {
  lacuna::attend(q, k, v, lacuna::attention::causal{}, out, {.lse = lse});
}

lacuna::attend_options of_heads(matrix& lse) { return {.lse = lse}; }
