// SPDX-License-Identifier: MIT
// expect: lacuna: out is read-only
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>

#if defined(LACUNA_MUST_FAIL)
using out = lacuna::dense_view<float const>;
#else
using out = lacuna::dense_view<float>;
#endif

void run(lacuna::csr<float> const& a, out y) { lacuna::to_dense(a, y); }
