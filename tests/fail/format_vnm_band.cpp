// SPDX-License-Identifier: MIT
// expect: lacuna: vnm<T, V, Keep, M> needs 1 <= V <= 16
#include <lacuna/format/vnm.hpp>

#if defined(LACUNA_MUST_FAIL)
using format = lacuna::vnm<float, 17, 2, 4>;
#else
using format = lacuna::vnm<float, 16, 2, 4>;
#endif

lacuna::index stored(format const& a) { return a.stored(); }
