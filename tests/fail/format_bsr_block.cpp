// SPDX-License-Identifier: MIT
// expect: lacuna: bsr<T, R, C> has blocks of at least one row and one column
#include <lacuna/format/bsr.hpp>

#if defined(LACUNA_MUST_FAIL)
using format = lacuna::bsr<float, 4, 0>;
#else
using format = lacuna::bsr<float, 4, 1>;
#endif

lacuna::index stored(format const& a) { return a.stored(); }
