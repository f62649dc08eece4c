// SPDX-License-Identifier: MIT
// expect: lacuna: grouped_int4<G> has groups of an even number of inputs
#include <lacuna/format/grouped_int4.hpp>

#if defined(LACUNA_MUST_FAIL)
using format = lacuna::grouped_int4<15>;
#else
using format = lacuna::grouped_int4<16>;
#endif

lacuna::index stored(format const& a) { return a.stored(); }
