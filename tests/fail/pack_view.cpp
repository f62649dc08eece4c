// SPDX-License-Identifier: MIT
// expect: sparse_format
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>

#if defined(LACUNA_MUST_FAIL)
using format = lacuna::csr_view<float>;  // a view can't own what pack makes
#else
using format = lacuna::csr<float>;
#endif

lacuna::index run(lacuna::dense<float> const& w) { return lacuna::pack<format>(w).stored(); }
