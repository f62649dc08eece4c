// SPDX-License-Identifier: MIT
// expect: lacuna: nm<T, Keep, M> needs 1 <= Keep <= M <= 32
#include <lacuna/format/nm.hpp>

#if defined(LACUNA_MUST_FAIL)
using format = lacuna::nm<float, 1, 33>;
#else
using format = lacuna::nm<float, 1, 32>;
#endif

lacuna::index stored(format const& a) { return a.stored(); }
